// What is waited for, and how long still.
import { moment } from "./page.js";

setInterval(() => {
  for (const counter of document.querySelectorAll("[data-until]")) {
    const left = (Date.parse(counter.dataset.until) - Date.now()) / 1000;
    counter.textContent = left > 0 && !moment.paused ? `${left.toFixed(1)} s` : "";
  }
}, 100);
