// The socket of a run goes on where the page is; a row that is already there is replaced, so nothing is lost or doubled.
import { pokeAll } from "../connection/poke.js";
import { afterPress, isPressed } from "../connection/press.js";
import { hasEnded } from "../connection/sockets.js";
import { heard, showChip } from "./chip.js";
import { grown } from "./growing.js";
import { changed, isOver, shown, present, run } from "./page.js";

let away = false;
let timer = 0;

const connect = (url) => {
  const here = new URL(url);
  here.searchParams.set("after", String(present()));
  heard.socket = new WebSocket(here.href, []);
  return heard.socket;
};

// After a while what is replayed has come; a little later the number is of no interest.
const isBack = () => {
  away = false;
  setTimeout(() => {
    heard.replayed = 0;
    showChip();
  }, 4000);
};

const count = (html) => (html.match(/<li\s+id="e-\d+"/g) || []).length;

// What is under the pointer stays there; a finger's press leaves a hover behind that means nothing.
const isInHand = () => matchMedia("(hover: hover)").matches && document.querySelector(".scrub:hover");

/** Keep the end in sight only for readers who are at the end already. */
const follow = () => {
  const next = document.getElementById("next");
  if (!next || isInHand()) return;
  const { bottom } = next.getBoundingClientRect();
  if (bottom <= innerHeight || bottom >= innerHeight + 260) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scrollBy({ top: bottom - innerHeight + 24, behavior: still ? "auto" : "smooth" });
};

// What is still to come makes way for what comes, and is there again when that is over.
const QUIET_MS = 400;
let quiet = 0;
const stream = () => {
  const lanes = document.getElementById("lanes").closest(".lanes");
  lanes.classList.add("streams");
  clearTimeout(quiet);
  quiet = setTimeout(() => afterPress(() => lanes.classList.remove("streams")), QUIET_MS);
};

const drawn = new WeakMap(); // a row, and how it came: one that comes again as it was is left alone

/** The same event, drawn anew: who has opened it reads on. */
const replace = (there, row) => {
  const isOpen = there.querySelector("details").open;
  const inHand = there.contains(document.activeElement) ? document.activeElement : null;
  const read = there.querySelector(".inspect.whole");
  if (read) row.querySelector(".inspect").replaceWith(read);
  there.replaceWith(row);
  if (isOpen) row.querySelector("details").open = true;
  if (inHand) (inHand.isConnected ? inHand : row.querySelector("summary")).focus({ preventScroll: true });
};

// Behind live the picture never jumps: only a counter says that there is more.
const miss = (message) => {
  shown.waiting?.push(message);
  shown.missed += count(message);
  changed();
};

// What comes while the pointer is down is shown when it is up.
const late = [];
const showLate = () => {
  for (const message of late.splice(0)) {
    if (shown.paused) miss(message);
    else htmx.swap(document.body, message, { swapStyle: "none" });
  }
  htmx.trigger(document.body, "htmx:wsAfterMessage");
};

const on = (name, act) => document.body.addEventListener(name, act);

const start = () => {
  htmx.createWebSocket = connect; // htmx asks for one here each time it connects
  on("htmx:wsOpen", () => {
    if (away) {
      heard.replayed = 0;
      clearTimeout(timer);
      timer = setTimeout(isBack, 1500);
    }
    showChip();
  });
  on("htmx:wsClose", (event) => {
    if (!isOver() && !hasEnded(event.detail.event)) away = true;
    showChip();
  });
  on("htmx:wsBeforeMessage", (event) => {
    const { message } = event.detail;
    if (away) heard.replayed += count(message);
    if (!shown.paused && !isPressed()) return;
    event.preventDefault();
    if (shown.paused) miss(message);
    else if (late.push(message) === 1) afterPress(showLate);
  });
  on("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id !== "lanes") return;
    stream();
    for (const row of [...event.detail.fragment.children]) {
      const there = document.getElementById(row.id);
      const html = row.outerHTML;
      if (there && drawn.get(there) === html) {
        row.remove();
        continue;
      }
      drawn.set(row, html);
      if (there) replace(there, row);
      else row.classList.add("fresh");
    }
  });
  on("htmx:wsAfterMessage", () => {
    if (shown.paused) return;
    grown();
    follow();
    pokeAll();
  });
};

if (run) start();
