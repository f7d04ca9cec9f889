// While a run waits and no worker listens, the page says which.
import { isOver, shown, run } from "./page.js";

const EVERY_MS = 4000;
const notice = document.getElementById("workers");

const missing = async () => {
  const health = await (await fetch("/readyz")).json();
  return Object.entries(health.roles || {})
    .filter(([role, one]) => role.startsWith("worker") && !one.ok)
    .map(([role]) => role);
};

const look = async () => {
  const forPerson = document.querySelector("#act:not(.none)");
  if (isOver() || shown.paused || forPerson) {
    notice.hidden = true;
    return;
  }
  try {
    const gone = await missing();
    notice.textContent = notice.dataset.say.replace("#", gone.join(", "));
    notice.hidden = !gone.length;
  } catch {
    notice.hidden = true;
  }
};

if (run) setInterval(look, EVERY_MS);
