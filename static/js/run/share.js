// The share menu: its links go where the picture stands, and it closes as menus do.
import { closes } from "../menus.js";

const menu = document.querySelector("details.share");

const stepOf = () => new URLSearchParams(location.search).get("step");
const atStep = (url) => {
  const there = new URL(url, location.href);
  if (stepOf()) there.searchParams.set("step", stepOf());
  else there.searchParams.delete("step");
  return there.href;
};

const start = () => {
  const link = document.getElementById("permalink");
  const copy = menu.querySelector("[data-copy-link]");
  const said = menu.querySelector("[data-at-step]");
  const word = copy.textContent;
  copy.hidden = false;

  const follow = () => {
    link.value = atStep(link.value);
    for (const one of menu.querySelectorAll("a[data-follows]")) one.href = atStep(one.href);
    said.hidden = !stepOf();
    said.textContent = stepOf() ? said.dataset.say.replace("#", stepOf()) : "";
  };
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    follow();
    copy.textContent = word;
  });
  copy.addEventListener("click", async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
    } catch {
      document.execCommand("copy"); // no secure context
    }
    copy.textContent = copy.dataset.done;
  });
  closes(menu);
};

if (menu) start();
