// The chip in the head of the page: live, reconnecting, paused or offline.
import { age } from "../durations.js";
import { setOffline } from "./forms.js";
import { line } from "./line.js";

const chip = document.getElementById("line");
const own = document.getElementById("conn"); // a run has a chip that knows more
const repeated = () => document.querySelectorAll('[hx-get][hx-trigger*="every"]');

const word = (down) => {
  const words = chip.dataset;
  if (down) return navigator.onLine ? words.re : words.offline;
  return line.waits || line.paused ? words.paused : words.live;
};

export const showLine = () => {
  if (own || !chip) return;
  const listens = !line.over && (line.sockets.size || repeated().length);
  const down = !navigator.onLine || line.failed || [...line.sockets.values()].includes(null);
  chip.hidden = !listens && !down;
  const now = word(down);
  const left = Math.max(0, Math.ceil((line.retryAt - Date.now()) / 1000));
  const [said, clock] = chip.children;
  if (said.textContent !== now) said.textContent = now;
  clock.textContent = down && navigator.onLine && left ? ` (${age(left)})` : "";
  chip.classList.toggle("on", !down && now === chip.dataset.live);
  chip.classList.toggle("off", down);
  if (down !== line.off) setOffline(down);
};

setInterval(showLine, 500);
addEventListener("online", showLine);
addEventListener("offline", showLine);
showLine();
