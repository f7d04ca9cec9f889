// What is to be decided has its room beside the picture. Until the reader acts that stays as high as it is: what is more
// lies over what is below, and what is done leaves its space. A hand that comes there finds all of it side by side, or
// it would press what lies above where it wants to go.
import { hasActed, whenActing } from "./acted.js";

const room = document.getElementById("act-room");

const keep = () => {
  if (hasActed() || room.classList.contains("kept")) return;
  room.style.height = `${room.offsetHeight}px`;
  room.classList.add("kept");
};

const release = () => {
  room.style.height = "";
  room.classList.remove("kept");
};

if (room) {
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.parentElement.closest("#act-room")) keep();
  });
  whenActing(release);
  room.addEventListener("pointerover", release);
}
