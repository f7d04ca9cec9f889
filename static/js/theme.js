// Light or dark, as chosen before; runs in the head so that the page never flashes. Without a choice, the system's.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted"); // what a script lays out waits for it (static/css/run/strip.css)
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    /* private mode: nothing is remembered */
  }
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try {
        localStorage.setItem("theme", root.dataset.theme);
      } catch {
        /* as above */
      }
    });
  });
})();
