// Back and forward through a run. Rows are hidden here; the state at that step comes from the server, which folds the log.
"use strict";
(() => {
  const run = document.getElementById("run");
  if (!run) return;
  const live = window.distviz;
  const at = document.getElementById("at"), of = document.getElementById("of"), more = document.getElementById("more");
  const slider = document.getElementById("slider"), speed = document.getElementById("speed");
  const button = (name) => document.querySelector(`[data-go="${name}"]`);
  const caption = document.getElementById("caption");
  const rows = () => [...document.querySelectorAll("#lanes > .row")];
  const present = () => Number(rows().at(-1)?.dataset.seq || 0);
  const end = () => Math.max(Number(run.dataset.last), present() + live.missed);
  let here = "step" in run.dataset ? Number(run.dataset.step) : null; // null: live
  let player = 0, asked = 0;
  slider.hidden = speed.hidden = button("play").hidden = false;

  const show = () => {
    const now = here ?? present();
    at.textContent = now;
    of.textContent = end();
    slider.max = end();
    slider.value = now;
    button("live").setAttribute("aria-pressed", String(here === null));
    button("on").toggleAttribute("aria-disabled", now >= end());
    more.hidden = !live.missed;
    more.textContent = live.missed ? `+${live.missed}` : "";
    for (const row of rows()) row.hidden = here !== null && Number(row.dataset.seq) > here;
    const row = here === null ? null : rows().find((one) => Number(one.dataset.seq) === here);
    if (row || here === null) {
      caption.hidden = !row;
      caption.textContent = row ? row.querySelector(".tale").textContent : "";
    }
    for (const one of rows()) one.classList.toggle("at-step", one === row);
    live.tell();
  };
  live.more = show;
  live.moved = show;

  const url = (query) => `${run.dataset.base}frame/?${query}`;
  const fetchInto = async (query) => {
    const turn = ++asked;
    const answer = await fetch(url(query));
    if (!answer.ok || turn !== asked) return; // somebody has scrubbed on meanwhile
    htmx.swap(document.body, await answer.text(), { swapStyle: "none" });
  };

  const go = async (step) => {
    here = Math.min(Math.max(1, step), end());
    live.paused = true;
    history.replaceState(null, "", `?step=${here}`);
    show();
    const known = present();
    await fetchInto(here > known ? `after=${known}&step=${here}` : `step=${here}`);
    if (here > known) live.missed = Math.max(0, live.missed - (present() - known));
    show();
    rows().find((row) => Number(row.dataset.seq) === here)?.scrollIntoView({ block: "nearest" });
  };

  const stop = () => { clearInterval(player); player = 0; button("play").textContent = button("play").dataset.play; };
  const play = () => {
    if (player) return stop();
    if ((here ?? end()) >= end()) go(1);
    button("play").textContent = button("play").dataset.pause;
    player = setInterval(() => { if (here === null || here >= end()) stop(); else go(here + 1); }, Number(speed.value));
    return undefined;
  };
  speed.addEventListener("change", () => { if (player) { stop(); play(); } });

  const goLive = async () => {
    stop();
    const socket = document.getElementById("socket");
    if (!socket && !document.body.classList.contains("is-over")) { location.assign(run.dataset.base); return; } // a permalink has no socket yet
    here = null;
    history.replaceState(null, "", run.dataset.base);
    await fetchInto(`after=${present()}`);
    live.paused = false;
    live.missed = 0;
    live.after();
    show();
  };

  const acts = {
    first: () => { stop(); go(1); },
    back: () => { stop(); go((here ?? present()) - 1); },
    on: () => { stop(); if (here !== null) go(here + 1); },
    last: () => { stop(); go(end()); },
    play,
    live: goLive,
  };
  for (const [name, act] of Object.entries(acts)) {
    button(name).addEventListener("click", (event) => { event.preventDefault(); act(); });
  }
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="?step="]:not([data-go])');
    if (link) { event.preventDefault(); stop(); go(Number(new URLSearchParams(link.search).get("step"))); }
  });

  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "live", " ": "play" };
  document.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return; // there it presses
    event.preventDefault();
    acts[name]();
  });
  show();

  // "Watch it break" comes here to see the run from its beginning, slowly, once it is over.
  if (new URLSearchParams(location.search).has("play")) {
    speed.value = "2000";
    let tries = 0;
    const begin = setInterval(() => {
      if (document.getElementById("state").dataset.finished || ++tries > 16) {
        clearInterval(begin);
        if (here === null) { go(1); play(); }
      }
    }, 250);
  }
})();
