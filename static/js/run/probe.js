// What another session reads: asked when the button is pressed, and again and again while something is held or in doubt.
import { shown, state } from "./page.js";

const EVERY_MS = 1500;
const KEPT = 12; // earlier answers
const OPEN = ["in_doubt", "committing"];
const panel = document.getElementById("probe");

/** While this holds, the answer may change by itself. */
const isOpen = () => Boolean(document.querySelector("#act .held")) || OPEN.includes(state().dataset.status);

const titleOf = (finding) => {
  const said = document.createElement("span");
  said.className = finding.className;
  said.append(...finding.querySelector("b").cloneNode(true).childNodes);
  return said;
};

const start = () => {
  const form = panel.querySelector("form");
  const log = document.getElementById("probe-log");
  const room = panel.querySelector(".room"); // htmx copies the attributes of what it swaps, and a style may not be set so
  const heard = document.getElementById("probe-heard");
  let due = false; // a request is under way
  let was = false;
  let before = null; // the answer that makes way

  const ask = () => {
    due = true;
    htmx.trigger(form, "ask");
  };
  // What was read before stays on the page, with its time.
  const keep = (line) => {
    const item = document.createElement("li");
    item.append(...line.childNodes);
    log.prepend(item);
    while (log.children.length > KEPT) log.lastElementChild.remove();
  };

  form.addEventListener("submit", () => {
    due = true;
    panel.open = true;
  });
  panel.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    before = { digest: target.dataset.digest, line: target.querySelector(".line") };
    room.style.minHeight = `${room.offsetHeight}px`; // an answer that is shorter moves nothing below it
  });
  panel.addEventListener("htmx:afterSettle", () => {
    const now = document.getElementById("probe-now");
    if (before.line && before.digest !== now.dataset.digest) keep(before.line);
    before.line = null;
    heard.replaceChildren(...[...now.querySelectorAll(".findings li")].map(titleOf));
    due = false;
  });
  setInterval(() => {
    const is = isOpen() && !shown.paused;
    panel.querySelector("[data-live-note]").hidden = !is;
    if (!document.hidden && (is || was || due)) ask(); // once more when it is over
    was = is;
  }, EVERY_MS);
  if (isOpen()) document.addEventListener("DOMContentLoaded", ask); // htmx listens by then
};

if (panel) start();
