// One cursor over all runs: rows are hidden here, the table and the heads at that moment come from the server.
import "../connection/messages.js";
import { showLine } from "../connection/chip.js";
import { line } from "../connection/line.js";
import { duration } from "../durations.js";
import { Player, button, everyFrame, showTime } from "../player/player.js";

const race = document.getElementById("race");
const ASK_EVERY_MS = 250;

const outcome = () => document.getElementById("outcome");
const total = () => Number(outcome().dataset.total);
const isLive = () => Boolean(outcome().dataset.live);
const wide = matchMedia("(min-width: 640px)");

const start = () => {
  const { page, frame, query } = race.dataset;
  let here = "at" in race.dataset ? Number(race.dataset.at) : null; // null: as far as they are
  let asked = 0;
  let fetched = 0;
  let later = 0;
  const address = () => `${page}?${query}&t=${here}`;

  // --- what is shown ------------------------------------------------------------------------------------------------
  const showCursor = (now) => {
    const x = `${(100 * Math.min(now, total())) / total()}%`;
    for (const cursor of race.querySelectorAll(".cursor")) {
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
    }
  };
  const showRows = (box) => {
    let last = null;
    for (const row of box.querySelectorAll(".row[data-ms]")) {
      row.hidden = here !== null && Number(row.dataset.ms) > here;
      row.classList.remove("here");
      if (!row.hidden) last = row;
    }
    if (here !== null && last) last.classList.add("here");
    // What happened last is in sight in every picture; the page itself stays where it is.
    if (last && (here !== null || isLive()) && !box.matches(":focus-within, :hover")) {
      box.scrollTop = last.offsetTop + last.offsetHeight - box.clientHeight + (wide.matches ? 30 : 8);
    }
  };
  const show = () => {
    const now = here ?? total();
    document.getElementById("at").textContent = duration(now);
    showTime(now, total(), duration(now));
    line.paused = here !== null;
    line.over = !isLive();
    showLine();
    button("live").setAttribute("aria-current", String(here === null));
    showCursor(now);
    for (const box of race.querySelectorAll(".board .box")) showRows(box);
  };

  // --- what the server knows of that moment -------------------------------------------------------------------------
  const ask = async () => {
    asked += 1;
    const turn = asked;
    fetched = Date.now();
    const answer = await fetch(`${frame}?${query}&t=${here}`);
    if (!answer.ok || turn !== asked || here === null) return; // the reader has moved on meanwhile
    htmx.swap(document.body, await answer.text(), { swapStyle: "none" });
    show();
  };
  const soon = () => {
    clearTimeout(later);
    later = setTimeout(ask, Math.max(0, fetched + ASK_EVERY_MS - Date.now()));
  };

  // --- going there --------------------------------------------------------------------------------------------------
  const go = (ms, quiet = false) => {
    here = Math.min(Math.max(0, Math.round(ms)), total());
    if (!quiet) history.replaceState(null, "", address());
    show();
    soon();
  };
  const times = () => [...race.querySelectorAll(".board .row[data-ms]")].map((row) => Number(row.dataset.ms));
  let exact = 0; // while it plays: less than a millisecond may be gone from frame to frame
  const player = new Player({
    acts: {
      first: () => go(0),
      back: () => go(Math.max(0, ...times().filter((ms) => ms < (here ?? total())))),
      on: () => {
        if (here !== null) go(Math.min(total(), ...times().filter((ms) => ms > here)));
      },
      live: () => location.assign(`${page}?${query}`), // a page of the past has no clock of its own: a reload
    },
    slide: go,
    begin: () => {
      if (here === null || here >= total()) go(0, true);
      exact = here;
    },
    clock: everyFrame,
    tick: (ms) => {
      exact += ms;
      go(exact, true);
      if (here >= total()) player.stop();
    },
    stopped: () => {
      if (here !== null) history.replaceState(null, "", address());
    },
  });
  race.addEventListener("click", (event) => {
    const axis = event.target.closest("svg.time"); // a click on the axis puts the cursor there
    if (!axis) return;
    const box = axis.getBoundingClientRect();
    player.stop();
    go((total() * (event.clientX - box.left)) / box.width);
  });

  // --- behind the end nothing moves by itself: what is new waits until one goes back to All -------------------------
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "live" && here !== null) event.preventDefault();
  });
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target } = event.detail;
    if (here !== null && target.id.startsWith("rows-")) event.detail.shouldSwap = false;
    if (target.id === "outcome" && target.contains(document.activeElement) && isLive()) event.detail.shouldSwap = false;
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "live") return; // the last part of an answer
    if (!isLive()) button("live").textContent = button("live").dataset.all;
    show();
  });
  show();
};

if (race) start();
