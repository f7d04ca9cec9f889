// What is waited for, and how long still.
import { seconds } from "../durations.js";
import { shown } from "./page.js";

setInterval(() => {
  for (const counter of document.querySelectorAll("[data-until]")) {
    const left = (Date.parse(counter.dataset.until) - Date.now()) / 1000;
    counter.textContent = left > 0 && !shown.paused ? seconds(left, 1) : "";
  }
}, 100);
