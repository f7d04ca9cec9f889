// What is still to come: a message over the socket names the steps that are left instead of drawing them all again.
import { run } from "./page.js";

const take = (left) => {
  const names = new Set(left.dataset.left.split(" "));
  for (const ghost of document.querySelectorAll("#next > [data-ghost]")) {
    if (!names.has(ghost.dataset.ghost)) ghost.remove();
  }
};

if (run) {
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "left") take(document.getElementById("left"));
  });
}
