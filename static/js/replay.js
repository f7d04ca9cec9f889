// A replay without a server. All states are in the page already; here they are only shown and hidden.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const replay = document.getElementById("replay");
  if (!replay) return;
  const { around, parts, steps } = JSON.parse(document.getElementById("frames").textContent);
  const byId = (id) => document.getElementById(id);
  const at = byId("at"),
    slider = byId("slider"),
    speed = byId("speed"),
    caption = byId("caption");
  const button = (name) => replay.querySelector(`[data-go="${name}"]`);
  const rows = [...byId("lanes").children];
  const end = steps.length;
  const asked = Number(new URLSearchParams(location.search).get("step"));
  let here = asked >= 1 ? Math.min(Math.trunc(asked), end) : null; // null: all of it
  let player = 0;
  slider.hidden = speed.hidden = button("play").hidden = false;

  const put = (name, html) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html; // drawn and escaped by the templates of the lab
    byId(name).replaceWith(fresh.content);
  };
  const show = () => {
    const now = here ?? end;
    at.textContent = slider.value = now;
    slider.setAttribute("aria-valuetext", `${now} / ${end}`);
    button("all").setAttribute("aria-pressed", String(here === null));
    button("on").toggleAttribute("aria-disabled", now >= end);
    if (end) around.forEach((name, place) => put(name, parts[steps[now - 1][place]]));
    let row = null;
    for (const one of rows) {
      one.hidden = Number(one.dataset.seq) > now;
      const marked = here !== null && Number(one.dataset.seq) === here;
      one.classList.toggle("at-step", marked);
      if (marked) row = one;
    }
    caption.hidden = !row;
    caption.textContent = row ? row.querySelector(".tale").textContent : "";
    byId("announce").textContent = row && !player ? row.querySelector("summary").getAttribute("aria-label") : "";
    return row;
  };
  const go = (step) => {
    here = step === null ? null : Math.min(Math.max(1, step), end);
    try {
      history.replaceState(null, "", here === null ? location.pathname : `?step=${here}`);
    } catch {
      /* some files have no history */
    }
    show()?.scrollIntoView({ block: "nearest" });
  };
  const stop = () => {
    clearInterval(player);
    player = 0;
    button("play").textContent = button("play").dataset.play;
  };
  const play = () => {
    if (player) {
      stop();
      return;
    }
    if ((here ?? end) >= end) go(1);
    button("play").textContent = button("play").dataset.pause;
    player = setInterval(() => {
      if (here >= end) stop();
      else go(here + 1);
    }, Number(speed.value));
  };
  const acts = {
    first: () => go(1),
    back: () => go((here ?? end) - 1),
    on: () => go((here ?? end) + 1),
    last: () => go(end),
    all: () => go(null),
    play,
  };
  const act = (name) => {
    if (name !== "play") stop();
    acts[name]();
  };
  for (const name of Object.keys(acts)) {
    button(name).addEventListener("click", (event) => {
      event.preventDefault();
      act(name);
    });
  }
  speed.addEventListener("change", () => {
    if (player) {
      stop();
      play();
    }
  });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });

  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "all", " ": "play" };
  document.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return; // there it presses
    event.preventDefault();
    act(name);
  });
  replay.addEventListener("click", (event) => {
    const there = event.target.closest('a[href^="?step="]:not([data-go])');
    if (there) {
      event.preventDefault();
      stop();
      go(Number(new URLSearchParams(there.search).get("step")));
      return;
    }
    // A link to another row is of no use while that row is hidden.
    const link = event.target.closest('a[href^="#e-"]');
    const row = link && byId(link.hash.slice(1));
    if (row?.hidden) go(Number(row.dataset.seq));
  });
  show();
});
