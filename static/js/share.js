// The share menu: its links go where the picture stands, and it closes as menus do.
"use strict";
(() => {
  const menu = document.querySelector("details.share");
  if (!menu) return;
  const link = document.getElementById("permalink");
  const copy = menu.querySelector("[data-copy-link]");
  const said = menu.querySelector("[data-at-step]");
  const word = copy.textContent;
  copy.hidden = false;

  const follow = () => {
    const step = new URLSearchParams(location.search).get("step");
    const at = (url) => {
      const there = new URL(url, location.href);
      there.search = step ? `?step=${step}` : "";
      return there.href;
    };
    link.value = at(link.value);
    for (const one of menu.querySelectorAll("a[data-follows]")) one.href = at(one.href);
    said.hidden = !step;
    said.textContent = step ? said.dataset.say.replace("#", step) : "";
  };
  menu.addEventListener("toggle", () => {
    if (menu.open) {
      follow();
      copy.textContent = word;
    }
  });
  copy.addEventListener("click", async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
    } catch {
      document.execCommand("copy");
    } // no secure context
    copy.textContent = copy.dataset.done;
  });
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
