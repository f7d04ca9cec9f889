// A desk's page renews itself; what somebody has opened stays open, and a button says that it was pressed.
"use strict";
(() => {
  document.body.addEventListener("htmx:wsAfterMessage", () => htmx.trigger(document.body, "poke"));
  const open = new Set([...document.querySelectorAll("details[data-keep][open]")].map((one) => one.dataset.keep));
  document.addEventListener(
    "toggle",
    (event) => {
      const { keep } = event.target.dataset;
      if (keep && event.target.isConnected) open[event.target.open ? "add" : "delete"](keep);
    },
    true,
  );
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const one of document.querySelectorAll("details[data-keep]")) if (open.has(one.dataset.keep)) one.open = true;
  });
})();
