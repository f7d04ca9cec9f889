// Back and forward through a run. Rows are hidden here; the state at a step comes from the server, which folds the log.
"use strict";
(() => {
  const run = document.getElementById("run");
  if (!run) return;
  const live = window.distviz;
  const at = document.getElementById("at"),
    of = document.getElementById("of"),
    more = document.getElementById("more");
  const slider = document.getElementById("slider"),
    speed = document.getElementById("speed");
  const button = (name) => document.querySelector(`[data-go="${name}"]`);
  const caption = document.getElementById("caption");
  const lanes = document.getElementById("lanes"); // absent in the other views: there the server draws what is shown
  const view = run.dataset.view;
  const row = (seq) => lanes?.children[seq - 1]; // numbers have no gaps
  const present = () =>
    lanes ? Number(lanes.lastElementChild?.dataset.seq || 0) : Number(document.getElementById("state").dataset.last);
  const end = () => Math.max(Number(run.dataset.last), lanes ? present() + live.missed : 0);
  const keep = (to) => {
    if (!("embedded" in run.dataset)) history.replaceState(null, "", to);
  }; // a run shown on another page leaves its address alone
  const address = (step, other = view) => {
    const query = new URLSearchParams(other ? { view: other } : {});
    if (step !== null) query.set("step", step);
    return `${run.dataset.base}${query.size ? `?${query}` : ""}`;
  };
  let here = "step" in run.dataset ? Number(run.dataset.step) : null; // null: live
  let player = 0,
    marked = null,
    shownTo = lanes ? lanes.children.length : 0;
  slider.hidden = speed.hidden = button("play").hidden = false;
  live.here = () => here;

  const show = () => {
    const now = here ?? (lanes ? present() : end());
    at.textContent = now;
    of.textContent = end();
    slider.max = end();
    slider.value = now;
    slider.setAttribute("aria-valuetext", `${now} / ${end()}`);
    button("live").setAttribute("aria-current", String(here === null));
    button("on").toggleAttribute("aria-disabled", now >= end());
    button("back").toggleAttribute("aria-disabled", now <= 1);
    more.hidden = !live.missed;
    more.textContent = live.missed ? `+${live.missed}` : "";
    if (lanes) showRows(here ?? lanes.children.length);
    for (const tab of document.querySelectorAll(".tabs a")) tab.href = address(here, tab.dataset.view);
    live.tell();
  };
  // Only the rows between where we were and where we are change: a thousand rows are not touched for one step.
  const showRows = (to) => {
    const all = lanes.children;
    for (let n = Math.min(to, shownTo); n < Math.max(to, shownTo) && n < all.length; n += 1) all[n].hidden = n >= to;
    for (let n = shownTo; n < all.length; n += 1) all[n].hidden = n >= to;
    shownTo = Math.min(to, all.length);
    const next = here === null ? null : row(here);
    if (marked !== next) {
      marked?.classList.remove("at-step");
      next?.classList.add("at-step");
      marked = next;
    }
    if (next || here === null) {
      caption.hidden = !next;
      caption.textContent = next ? next.querySelector(".tale").textContent : "";
    }
    const fail = button("failure");
    if (fail?.hidden && lanes.querySelector(".fails")) fail.hidden = false;
  };
  live.more = show;
  live.moved = show;

  // One question at a time: while it is under way only the newest wish is remembered, so dragging stays smooth.
  let asking = null,
    wish = null;
  const settle = async () => {
    while (wish) {
      const query = wish;
      wish = null;
      const answer = await fetch(`${run.dataset.base}frame/?${query}${view ? `&view=${view}` : ""}`).catch(() => null);
      if (!answer?.ok || (wish && !query.includes("after="))) continue; // somebody has moved on meanwhile
      htmx.swap(document.body, await answer.text(), { swapStyle: "none" });
      show();
      live.titled();
    }
    asking = null;
  };
  const fetchInto = (query) => {
    wish = query;
    asking ??= settle();
    return asking;
  };

  const go = async (step) => {
    here = Math.min(Math.max(1, step), end());
    live.paused = true;
    keep(address(here) + location.hash);
    show();
    const known = lanes ? present() : here;
    const wanted = here;
    await fetchInto(here > known ? `after=${known}&step=${here}` : `step=${here}`);
    if (wanted > known) live.missed = Math.max(0, live.missed - (present() - known));
    show();
    if (wanted === here) row(here)?.scrollIntoView({ block: "nearest" });
  };
  const all = async () => {
    // the rows up to the end, out of sight: to look for something ahead
    if (lanes && present() < end())
      await fetchInto(`after=${present()}&step=${end()}`).then(() => fetchInto(`step=${here ?? end()}`));
    show();
  };

  const stop = () => {
    clearInterval(player);
    player = 0;
    button("play").textContent = button("play").dataset.play;
  };
  const play = () => {
    if (player) return stop();
    if ((here ?? end()) >= end()) go(1);
    button("play").textContent = button("play").dataset.pause;
    player = setInterval(() => {
      if (here === null || here >= end()) stop();
      else go(here + 1);
    }, Number(speed.value));
    return undefined;
  };
  speed.addEventListener("change", () => {
    if (player) {
      stop();
      play();
    }
  });

  const goLive = async () => {
    stop();
    const socket = document.getElementById("socket");
    if (lanes && !socket && !document.body.classList.contains("is-over")) {
      location.assign(run.dataset.base);
      return;
    } // a permalink has no socket yet
    here = null;
    keep(address(null));
    await fetchInto(lanes ? `after=${present()}` : "now=1");
    live.paused = false;
    live.missed = 0;
    live.after?.();
    show();
  };

  // A phase ends with a transaction, a message, a decision: rows say so themselves.
  const phase = async (way) => {
    stop();
    const from = here ?? present();
    if (way > 0) await all();
    const turns = (lanes ? [...lanes.querySelectorAll(".turns")] : []).map((one) => Number(one.dataset.seq));
    go((way > 0 ? turns.find((seq) => seq > from) : turns.findLast((seq) => seq < from)) ?? (way > 0 ? end() : 1));
  };
  const failure = async () => {
    stop();
    await all();
    const first = Number(
      lanes?.querySelector(".fails")?.dataset.seq || new URLSearchParams(button("failure").search).get("step"),
    );
    if (!first) return;
    await go(first);
    const found = row(first)?.querySelector("summary");
    found?.scrollIntoView({ block: "center" });
    found?.focus({ preventScroll: true });
  };

  const acts = {
    first: () => {
      stop();
      go(1);
    },
    back: () => {
      stop();
      go((here ?? present()) - 1);
    },
    on: () => {
      stop();
      if (here !== null) go(here + 1);
    },
    last: () => {
      stop();
      go(end());
    },
    failure,
    play,
    live: goLive,
  };
  for (const [name, act] of Object.entries(acts)) {
    button(name)?.addEventListener("click", (event) => {
      event.preventDefault();
      act();
    });
  }
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-step]");
    if (link && lanes && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      stop();
      go(Number(link.dataset.step));
    }
  });

  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "live", " ": "play" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable], pre[tabindex]")) return;
    if (event.shiftKey) {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      phase(event.key === "ArrowRight" ? 1 : -1);
      return;
    }
    const name = keys[event.key];
    if (!name || (event.key === " " && event.target.closest("button, summary, a"))) return; // there it presses
    event.preventDefault();
    acts[name]();
  });

  // Times since the start of the run, or since the event before.
  const clock = document.getElementById("clock");
  const since = (previous) => {
    run.classList.toggle("since-previous", previous);
    clock.setAttribute("aria-pressed", String(previous));
    try {
      localStorage.setItem("clock", previous ? "previous" : "start");
    } catch {
      /* private mode */
    }
  };
  if (clock) {
    clock.hidden = false;
    let chosen = "";
    try {
      chosen = localStorage.getItem("clock");
    } catch {
      /* private mode */
    }
    since(chosen === "previous");
    clock.addEventListener("click", () => since(!run.classList.contains("since-previous")));
  }
  show();

  // "Watch it break" comes here to see the run from its beginning, slowly, once it is over.
  if (new URLSearchParams(location.search).has("play")) {
    speed.value = "2000";
    let tries = 0;
    const begin = setInterval(() => {
      if (document.getElementById("state").dataset.finished || ++tries > 16) {
        clearInterval(begin);
        if (here === null) {
          go(1);
          play();
        }
      }
    }, 250);
  }
})();
