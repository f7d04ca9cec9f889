// Step mode: an envelope is on its arrow as long as the message waits, and the keyboard stays where it was.
import { hasOwnKeys, isModified } from "../keys/fields.js";
import { hasActed, whenActing } from "./acted.js";
import { shown, run, whenChanged } from "./page.js";

const act = () => document.getElementById("act");
let started = false;
let pressed = false; // a button that goes away with its message: the next one gets the focus

const showPast = () => document.body.classList.toggle("is-past", shown.paused);

// An envelope of the picture is what `#act` says is parked, at this moment or at the step that is replayed. One that is
// gone without the reader's doing leaves its space, so that no row moves by itself.
const show = () => {
  const parked = new Set(act().dataset.parked.split(" "));
  for (const one of document.querySelectorAll(".envelope")) {
    const isGone = !parked.has(one.dataset.mid);
    const leavesSpace = isGone && !one.hidden && started && !hasActed();
    one.classList.toggle("gone", leavesSpace);
    one.hidden = isGone && !leavesSpace;
  }
  showPast();
};

const closeUp = () => {
  for (const one of document.querySelectorAll(".envelope.gone")) one.hidden = true;
};

const focusNext = () => {
  const next = act().querySelector(".queue .primary");
  const lost =
    document.activeElement === document.body || document.activeElement?.closest(".envelope:is([hidden], .gone)");
  if (!pressed || !next || !lost) return;
  next.focus({ preventScroll: true });
  pressed = document.activeElement !== next; // while the frame is being laid in, nothing in it can have the focus
  if (pressed) setTimeout(focusNext, 50);
};

const start = () => {
  whenChanged(showPast);
  document.getElementById("operate").addEventListener("submit", (event) => {
    pressed = Boolean(event.submitter.closest(".queue, .envelope"));
  });
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id === "act" && act().contains(document.activeElement)) pressed = true;
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "act") return;
    show();
    focusNext();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "d" || isModified(event) || shown.paused || hasOwnKeys(event)) return;
    const next = act().querySelector(".queue .primary");
    if (next?.checkVisibility()) next.click(); // hidden for whom may only look
  });
  whenActing(closeUp);
  show();
  started = true;
};

if (run) start();
