// The lab: a summary of the chosen faults, and pokes for the panels.
import "../connection/messages.js";

const form = document.getElementById("withdraw");
const chosen = document.getElementById("chosen");

const checkedIn = (part) => [...part.querySelectorAll("input[name=fault]:checked")];

const tagOf = (box) => {
  const times = form.elements[`times:${box.value}`];
  const tag = document.createElement("b");
  tag.textContent = box.dataset.words + (times && times.value !== "1" ? ` ×${times.value}` : "");
  return tag;
};
const nothing = () => {
  const words = document.createElement("span");
  words.className = "muted";
  words.textContent = chosen.dataset.none;
  return words;
};

const summarise = () => {
  const boxes = checkedIn(form);
  chosen.replaceChildren(...(boxes.length ? boxes.map(tagOf) : [nothing()]));
  for (const row of form.querySelectorAll(".row.ghost")) {
    const words = checkedIn(row).map((box) => box.closest("label").textContent.trim());
    const mark = row.querySelector("[data-picked]");
    if (mark) mark.textContent = words.length ? `⚡ ${words.join(", ")}` : "";
  }
};

if (form) {
  form.addEventListener("change", summarise);
  if (checkedIn(form).length) summarise();
}
