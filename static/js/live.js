// The live run: the socket goes on where the page is, a row that is already there is replaced, and a chip tells the truth.
"use strict";
(() => {
  const run = document.getElementById("run");
  const chip = document.getElementById("conn");
  if (!run) return;
  const list = () => document.getElementById("lanes");
  const state = () => document.getElementById("state");
  // In the views that the server draws as a whole there are no rows, and the state says how far they are.
  const last = () => Number((list() ? list().lastElementChild?.dataset.seq : state().dataset.last) || 0);
  // The state may be ahead of the rows when frames are catching up: over is only what is also on the page.
  const over = () => Boolean(state().dataset.finished) && last() >= Number(state().dataset.last);
  const live = { paused: "step" in run.dataset, missed: 0 };
  window.distviz = live;

  // --- the chip ---------------------------------------------------------------------------------------------------
  let socket = null,
    away = false,
    replayed = 0,
    replayTimer = 0;
  const say = (text, on, off) => {
    if (chip.textContent !== text) chip.textContent = text;
    chip.classList.toggle("on", on);
    chip.classList.toggle("off", off);
    if (off !== line.off) line.offline(off);
  };
  const tell = () => {
    const words = chip.dataset;
    if (!navigator.onLine) return say(words.offline, false, true);
    if (live.paused) return say(words.paused, false, false);
    if (over()) return say(words.over, false, false);
    if (document.querySelector("#view[hx-get]"))
      return say(line.failed ? `${words.re}…` : words.live, !line.failed, line.failed);
    if (!document.getElementById("socket")) return undefined;
    if (!socket || socket.readyState !== WebSocket.OPEN) {
      const left = Math.max(0, Math.ceil((line.retryAt - Date.now()) / 1000));
      return say(left ? `${words.re} (${left} s)` : `${words.re}…`, false, true);
    }
    return say(replayed ? words.replayed.replace("#", replayed) : words.live, true, false);
  };
  live.tell = tell;
  setInterval(tell, 500);

  // --- the socket: htmx asks for one here each time it connects ---------------------------------------------------
  htmx.createWebSocket = (url) => {
    const here = new URL(url);
    here.searchParams.set("after", String(last()));
    socket = new WebSocket(here.href, []);
    return socket;
  };
  document.body.addEventListener("htmx:wsOpen", () => {
    if (away) {
      replayed = 0;
      clearTimeout(replayTimer);
      replayTimer = setTimeout(() => {
        away = false;
        setTimeout(() => {
          replayed = 0;
          tell();
        }, 4000);
      }, 1500);
    }
    tell();
  });
  document.body.addEventListener("htmx:wsClose", (event) => {
    if (!over() && !line.ended(event.detail.event)) away = true;
    return tell();
  });

  addEventListener("offline", tell);
  addEventListener("online", tell);

  // --- messages ---------------------------------------------------------------------------------------------------
  const count = (html) => (html.match(/<li\s+id="e-\d+"/g) || []).length;
  document.body.addEventListener("htmx:wsBeforeMessage", (event) => {
    const { message } = event.detail;
    if (away) {
      replayed += count(message);
    }
    if (!live.paused) return;
    event.preventDefault(); // behind live the picture never jumps: only a counter says that there is more
    live.missed += count(message);
    live.more();
  });
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id !== "lanes") return;
    for (const row of [...event.detail.fragment.children]) {
      const there = document.getElementById(row.id);
      if (there) there.replaceWith(row);
      else row.classList.add("fresh");
    }
  });
  // The tab says how the run is: a person has many of them open.
  const icon = document.querySelector('link[rel="icon"]');
  const titled = () => {
    const now = state().dataset;
    document.title = `${now.words} · ${run.dataset.name}`;
    const href = `${run.dataset.icons}${now.mood}.svg`;
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  };
  live.titled = titled;
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "view" && !live.paused) after(); // the other views ask for themselves
  });
  let announced = 0,
    newest = "";
  const after = () => {
    titled();
    if (list()?.children.length > 150) list().classList.add("long");
    run.dataset.last = String(Math.max(Number(run.dataset.last), last()));
    newest = list()?.lastElementChild?.querySelector("summary")?.getAttribute("aria-label") || "";
    if (over()) {
      document.body.classList.add("is-over");
      document.getElementById("live-word").textContent = document.getElementById("live-word").dataset.all;
      if (socket && !live.paused) socket.close(1000);
    }
    live.moved?.();
    tell();
  };
  const follow = () => {
    // Keep the end in sight for those who are at the end already, and for nobody else.
    const end = document.getElementById("next");
    if (!end) return;
    const bottom = end.getBoundingClientRect().bottom;
    if (bottom > innerHeight && bottom < innerHeight + 260) {
      scrollBy({
        top: bottom - innerHeight + 24,
        behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
      });
    }
  };
  live.after = after;
  document.body.addEventListener("htmx:wsAfterMessage", () => {
    if (live.paused) return;
    after();
    follow();
    htmx.trigger(document.body, "poke");
  });
  // A screen reader hears at most one sentence a second: the newest.
  setInterval(() => {
    if (newest && Date.now() - announced > 1000) {
      document.getElementById("announce").textContent = newest;
      announced = Date.now();
      newest = "";
    }
  }, 1000);

  // What is dealt with leaves its room until the person does something: the picture never jumps by itself.
  const room = document.getElementById("act-room");
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (room && event.detail.target.id === "act") room.style.minHeight = `${room.offsetHeight}px`;
  });
  for (const kind of ["click", "keyup"])
    addEventListener(kind, () => {
      if (room) room.style.minHeight = "";
    });

  // --- what is waited for -----------------------------------------------------------------------------------------
  const workers = document.getElementById("workers");
  setInterval(async () => {
    const waits = document.querySelector("#act:not(.none)");
    if (over() || live.paused || waits) {
      workers.hidden = true;
      return;
    }
    try {
      const health = await (await fetch("/readyz")).json();
      const gone = Object.entries(health.roles || {})
        .filter(([role, one]) => role.startsWith("worker") && !one.ok)
        .map(([role]) => role);
      workers.textContent = workers.dataset.say.replace("#", gone.join(", "));
      workers.hidden = !gone.length;
    } catch {
      workers.hidden = true;
    }
  }, 4000);

  // --- an operator's buttons: no reload, the answer comes over the socket --------------------------------------------
  document.getElementById("operate").addEventListener("submit", async (event) => {
    if (!socket || socket.readyState !== WebSocket.OPEN || live.paused) return; // then as any form
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    try {
      const answer = await fetch(button.formAction, {
        method: "POST",
        body: new FormData(event.target, button),
        headers: { "X-Requested-With": "fetch" },
      });
      if (!answer.ok) {
        const note = document.createElement("div");
        note.className = answer.status === 409 ? "notice warn" : "notice bad"; // 409: somebody was quicker
        note.textContent = await answer.text();
        document.getElementById("notices").replaceChildren(note);
      }
    } finally {
      setTimeout(() => {
        button.disabled = false;
      }, 800);
    }
  });
  tell();
})();
