// One cursor over all runs: rows are hidden here, the table and the heads at that moment come from the server.
"use strict";
(() => {
  document.body.addEventListener("htmx:wsAfterMessage", () => htmx.trigger(document.body, "poke"));
  const race = document.getElementById("race");
  if (!race) return;
  const { page, frame, query } = race.dataset;
  const at = document.getElementById("at"),
    slider = document.getElementById("slider"),
    speed = document.getElementById("speed");
  const button = (name) => race.querySelector(`[data-go="${name}"]`);
  const rows = () => [...race.querySelectorAll(".board .row[data-ms]")];
  const total = () => Number(document.getElementById("outcome").dataset.total);
  const live = () => Boolean(document.getElementById("outcome").dataset.live);
  let here = "at" in race.dataset ? Number(race.dataset.at) : null; // null: as far as they are
  let player = 0,
    asked = 0,
    fetched = 0,
    later = 0;
  slider.hidden = speed.hidden = button("play").hidden = false;

  const words = (ms) =>
    ms < 1000
      ? `${Math.round(ms)} ms`
      : ms < 60000
        ? `${(ms / 1000).toFixed(2)} s`
        : `${Math.floor(ms / 60000)} min ${Math.floor((ms % 60000) / 1000)} s`;
  const wide = matchMedia("(min-width: 640px)");

  const show = () => {
    const now = here ?? total();
    at.textContent = words(now);
    slider.max = total();
    slider.value = now;
    slider.setAttribute("aria-valuetext", words(now));
    line.paused = here !== null;
    line.over = !live();
    line.tell();
    button("live").setAttribute("aria-current", String(here === null));
    const x = `${(100 * Math.min(now, total())) / total()}%`;
    for (const line of race.querySelectorAll(".cursor")) {
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
    for (const box of race.querySelectorAll(".board .box")) {
      let last = null;
      for (const row of box.querySelectorAll(".row[data-ms]")) {
        row.hidden = here !== null && Number(row.dataset.ms) > here;
        row.classList.remove("here");
        if (!row.hidden) last = row;
      }
      if (here !== null && last) last.classList.add("here");
      // What happened last is in sight in every picture; the page itself stays where it is.
      if (last && (here !== null || live()) && !box.matches(":focus-within, :hover")) {
        box.scrollTop = last.offsetTop + last.offsetHeight - box.clientHeight + (wide.matches ? 30 : 8);
      }
    }
  };

  const ask = async () => {
    const turn = ++asked;
    fetched = Date.now();
    const answer = await fetch(`${frame}?${query}&t=${here}`);
    if (!answer.ok || turn !== asked || here === null) return; // somebody has moved on meanwhile
    htmx.swap(document.body, await answer.text(), { swapStyle: "none" });
    show();
  };
  const soon = () => {
    clearTimeout(later);
    const wait = Math.max(0, fetched + 250 - Date.now());
    later = setTimeout(ask, wait);
  };

  const go = (ms, quiet = false) => {
    here = Math.min(Math.max(0, Math.round(ms)), total());
    if (!quiet) history.replaceState(null, "", `${page}?${query}&t=${here}`);
    show();
    soon();
  };
  const stop = () => {
    if (!player) return;
    cancelAnimationFrame(player);
    player = 0;
    button("play").textContent = button("play").dataset.play;
    if (here !== null) history.replaceState(null, "", `${page}?${query}&t=${here}`);
  };
  const play = () => {
    if (player) return stop();
    if (here === null || here >= total()) go(0, true);
    button("play").textContent = button("play").dataset.pause;
    let before = performance.now(),
      exact = here;
    const tick = (now) => {
      exact += (now - before) * Number(speed.value);
      before = now;
      go(exact, true);
      player = requestAnimationFrame(tick);
      if (here >= total()) stop();
    };
    player = requestAnimationFrame(tick);
    return undefined;
  };
  const goLive = () => {
    // The page that was asked for at a moment has no clock of its own; it is only a reload away.
    stop();
    location.assign(`${page}?${query}`);
  };
  const step = (way) => {
    stop();
    const now = here ?? total();
    const times = rows().map((row) => Number(row.dataset.ms));
    if (way < 0) go(Math.max(0, ...times.filter((ms) => ms < now)));
    else if (here !== null) go(Math.min(total(), ...times.filter((ms) => ms > now)));
  };
  const acts = {
    first: () => {
      stop();
      go(0);
    },
    back: () => step(-1),
    on: () => step(1),
    play,
    live: goLive,
  };
  for (const [name, act] of Object.entries(acts)) {
    button(name).addEventListener("click", (event) => {
      event.preventDefault();
      act();
    });
  }
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  race.addEventListener("click", (event) => {
    // A click on the axis puts the cursor there.
    const axis = event.target.closest("svg.time");
    if (!axis) return;
    const box = axis.getBoundingClientRect();
    stop();
    go((total() * (event.clientX - box.left)) / box.width);
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

  // Behind the end nothing moves by itself: what is new waits until one goes back to All.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "live" && here !== null) event.preventDefault();
  });
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target } = event.detail;
    if (here !== null && target.id.startsWith("rows-")) event.detail.shouldSwap = false;
    if (target.id === "outcome" && target.contains(document.activeElement) && live()) event.detail.shouldSwap = false;
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "live") return; // the last part of an answer
    if (!live()) button("live").textContent = button("live").dataset.all;
    show();
  });
  show();
})();
