// Back and forward through a run.
import { Player, button, everySoOften, showTime } from "../player/player.js";
import { askFrame } from "./frames.js";
import { grown } from "./growing.js";
import { changed, end, shown, present, rowOf, rows, run, view, whenChanged } from "./page.js";
import { showRows } from "./rows.js";

// A run shown on another page leaves its address alone.
const keep = (address) => {
  if (!("embedded" in run.dataset)) history.replaceState(null, "", address);
};
const addressOf = (step, other = view) => {
  const query = new URLSearchParams(other ? { view: other } : {});
  if (step !== null) query.set("step", step);
  return `${run.dataset.base}${query.size ? `?${query}` : ""}`;
};

const show = () => {
  const now = shown.step ?? (rows() ? present() : end());
  document.getElementById("at").textContent = now;
  document.getElementById("of").textContent = end();
  showTime(now, end(), `${now} / ${end()}`);
  button("live").setAttribute("aria-current", String(shown.step === null));
  button("on").toggleAttribute("aria-disabled", now >= end());
  button("back").toggleAttribute("aria-disabled", now <= 1);
  const more = document.getElementById("more");
  more.hidden = !shown.missed;
  more.textContent = shown.missed ? `+${shown.missed}` : "";
  showRows();
  const fail = button("failure");
  if (fail?.hidden && rows()?.querySelector(".fails")) fail.hidden = false;
  for (const tab of document.querySelectorAll(".tabs a")) tab.href = addressOf(shown.step, tab.dataset.view);
};

export const go = async (step) => {
  const wanted = Math.min(Math.max(1, step), end());
  shown.step = wanted;
  shown.paused = true;
  keep(addressOf(wanted) + location.hash);
  changed();
  const known = rows() ? present() : wanted;
  await askFrame(wanted > known ? `after=${known}&step=${wanted}` : `step=${wanted}`);
  if (wanted > known) shown.missed = Math.max(0, shown.missed - (present() - known));
  changed();
  if (wanted === shown.step) rowOf(wanted)?.scrollIntoView({ block: "nearest" });
};

/** The rows up to the end, hidden: to search ahead. */
const fetchAll = async () => {
  if (rows() && present() < end()) {
    await askFrame(`after=${present()}&step=${end()}`);
    await askFrame(`step=${shown.step ?? end()}`);
  }
  changed();
};

const goLive = async () => {
  const hasSocket = Boolean(document.getElementById("socket"));
  if (rows() && !hasSocket && !document.body.classList.contains("is-over")) {
    location.assign(run.dataset.base); // a permalink has no socket yet
    return;
  }
  shown.step = null;
  keep(addressOf(null));
  shown.waiting = [];
  await askFrame(rows() ? `after=${present()}` : "now=1");
  for (const message of shown.waiting) htmx.swap(document.body, message, { swapStyle: "none" });
  shown.waiting = null;
  shown.paused = false;
  shown.missed = 0;
  grown();
};

// A phase ends with a transaction, a message, a decision: rows say so themselves.
const turns = () => (rows() ? [...rows().querySelectorAll(".turns")].map((row) => Number(row.dataset.seq)) : []);
const phaseOn = async () => {
  const from = shown.step ?? present();
  await fetchAll();
  go(turns().find((seq) => seq > from) ?? end());
};
const phaseBack = () => {
  const from = shown.step ?? present();
  go(turns().findLast((seq) => seq < from) ?? 1);
};

const failure = async () => {
  await fetchAll();
  const given = new URLSearchParams(button("failure").search).get("step");
  const first = Number(rows()?.querySelector(".fails")?.dataset.seq || given);
  if (!first) return;
  await go(first);
  const found = rowOf(first)?.querySelector("summary");
  found?.scrollIntoView({ block: "center" });
  found?.focus({ preventScroll: true });
};

const start = () => {
  const player = new Player({
    acts: {
      first: () => go(1),
      back: () => go((shown.step ?? present()) - 1),
      on: () => {
        if (shown.step !== null) go(shown.step + 1);
      },
      last: () => go(end()),
      live: goLive,
      failure,
      phaseBack,
      phaseOn,
    },
    slide: go,
    begin: () => {
      if ((shown.step ?? end()) >= end()) go(1);
    },
    clock: everySoOften,
    tick: () => {
      if (shown.step === null || shown.step >= end()) player.stop();
      else go(shown.step + 1);
    },
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-step]");
    if (!link || !rows() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.stop();
    go(Number(link.dataset.step));
  });
  whenChanged(show);
  changed();
  return player;
};

export const player = run ? start() : null;
