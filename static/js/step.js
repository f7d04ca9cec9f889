// Step mode: an envelope is on its arrow as long as the message waits, and the keyboard stays where it was.
"use strict";
(() => {
  const run = document.getElementById("run");
  const live = window.distviz;
  if (!run || !live) return;
  const act = () => document.getElementById("act");

  // An envelope of the picture is what `#act` says is parked, at this moment or at the step that is replayed.
  const show = () => {
    const waiting = new Set(act().dataset.waiting.split(" "));
    for (const one of document.querySelectorAll(".envelope")) one.hidden = !waiting.has(one.dataset.mid);
    document.body.classList.toggle("is-past", live.paused);
  };
  const tell = live.tell;
  live.tell = () => {
    document.body.classList.toggle("is-past", live.paused);
    tell();
  };

  // The button that was pressed goes away with its message: the next one gets the focus.
  let pressed = false;
  document.getElementById("operate").addEventListener("submit", (event) => {
    pressed = Boolean(event.submitter.closest(".queue, .envelope"));
  });
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id === "act" && act().contains(document.activeElement)) pressed = true;
  });
  const focus = () => {
    const next = act().querySelector(".queue .primary");
    const lost = document.activeElement === document.body || document.activeElement?.closest(".envelope[hidden]");
    if (!pressed || !next || !lost) return;
    next.focus({ preventScroll: true });
    pressed = document.activeElement !== next; // while the frame is being laid in, nothing in it can have the focus
    if (pressed) setTimeout(focus, 50);
  };
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "act") return;
    show();
    focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "d" || event.ctrlKey || event.metaKey || event.altKey || live.paused) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    act().querySelector(".queue .primary")?.click();
  });
  show();
})();
