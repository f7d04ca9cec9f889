// The menu of how the picture is looked at, and its key.
import { isModified, isWriting } from "../keys/fields.js";
import { isHelpOpen } from "../keys/help.js";
import { closes } from "../menus.js";
import { whenChanged } from "../run/page.js";
import { closePhase, folding, hideLane, refold, toggleAll } from "./folding.js";
import { keep } from "./kept.js";
import { isToScale } from "./scale.js";

const look = document.getElementById("look");

const show = () => {
  const { on, phases, closed } = folding();
  look.querySelector('[name="steps"]').checked = on;
  look.querySelector('[name="scale"]').checked = isToScale();
  for (const box of look.querySelectorAll('[name="phase"]')) {
    box.closest("label").hidden = !on || !phases.some((phase) => phase.key === box.value);
    box.checked = closed.has(box.value);
  }
};

const acts = {
  steps: toggleAll,
  scale: (box) => {
    keep("scale", box.checked ? "time" : "even");
    refold();
  },
  phase: (box) => closePhase(box.value, box.checked),
  lane: (box) => hideLane(box.value, !box.checked),
};

const start = () => {
  closes(look);
  whenChanged(show);
  look.addEventListener("change", (event) => {
    acts[event.target.name](event.target);
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "a" || isModified(event) || isWriting(event) || isHelpOpen()) return;
    toggleAll();
    show();
  });
  show();
};

if (look) start();
