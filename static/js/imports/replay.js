// A replay without a server. All states are in the page already; here they are only shown and hidden.
import { Player, button, everySoOften, showTime } from "../player/player.js";

const replay = document.getElementById("replay");

const byId = (id) => document.getElementById(id);

const put = (name, html) => {
  const fresh = document.createElement("template");
  fresh.innerHTML = html; // drawn and escaped by the templates of the lab
  byId(name).replaceWith(fresh.content);
};

const start = () => {
  const { around, parts, steps } = JSON.parse(byId("frames").textContent);
  const rows = [...byId("lanes").children];
  const end = steps.length;
  const asked = Number(new URLSearchParams(location.search).get("step"));
  let here = asked >= 1 ? Math.min(Math.trunc(asked), end) : null; // null: all of it

  const showRows = (now) => {
    let marked = null;
    for (const row of rows) {
      const seq = Number(row.dataset.seq);
      row.hidden = seq > now;
      const isHere = here !== null && seq === here;
      row.classList.toggle("at-step", isHere);
      if (isHere) marked = row;
    }
    return marked;
  };
  const show = () => {
    const now = here ?? end;
    byId("at").textContent = now;
    showTime(now, end, `${now} / ${end}`);
    button("live").setAttribute("aria-pressed", String(here === null));
    button("on").toggleAttribute("aria-disabled", now >= end);
    if (end) {
      for (const [place, name] of around.entries()) put(name, parts[steps[now - 1][place]]);
    }
    const row = showRows(now);
    byId("caption").hidden = !row;
    byId("caption").textContent = row ? row.querySelector(".tale").textContent : "";
    byId("announce").textContent = row && !player.plays ? row.querySelector("summary").getAttribute("aria-label") : "";
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

  const player = new Player({
    acts: {
      first: () => go(1),
      back: () => go((here ?? end) - 1),
      on: () => go((here ?? end) + 1),
      last: () => go(end),
      live: () => go(null),
    },
    slide: go,
    begin: () => {
      if ((here ?? end) >= end) go(1);
    },
    clock: everySoOften,
    tick: () => {
      if (here >= end) player.stop();
      else go(here + 1);
    },
  });

  replay.addEventListener("click", (event) => {
    const there = event.target.closest('a[href^="?step="]:not([data-go])');
    if (there) {
      event.preventDefault();
      player.stop();
      go(Number(new URLSearchParams(there.search).get("step")));
      return;
    }
    // A link to another row is of no use while that row is hidden.
    const link = event.target.closest('a[href^="#e-"]');
    const row = link && byId(link.hash.slice(1));
    if (row?.hidden) go(Number(row.dataset.seq));
  });
  show();
};

if (replay) start();
