// The chip of a run: live, reconnecting, replayed, paused, finished, offline.
import { line } from "../connection/line.js";
import { setOffline } from "../connection/forms.js";
import { isOver, shown, run, whenChanged } from "./page.js";

const chip = document.getElementById("conn");

/** The run's own socket, and how many events were replayed after it was away. */
export const heard = { socket: null, replayed: 0 };

const say = (text, on, off) => {
  if (chip.textContent !== text) chip.textContent = text;
  chip.classList.toggle("on", on);
  chip.classList.toggle("off", off);
  if (off !== line.off) setOffline(off);
};

const saySocket = (words) => {
  if (heard.socket?.readyState === WebSocket.OPEN) {
    say(heard.replayed ? words.replayed.replace("#", heard.replayed) : words.live, true, false);
    return;
  }
  const left = Math.max(0, Math.ceil((line.retryAt - Date.now()) / 1000));
  say(left ? `${words.re} (${left} s)` : `${words.re}…`, false, true);
};

export const showChip = () => {
  const words = chip.dataset;
  if (!navigator.onLine) say(words.offline, false, true);
  else if (shown.paused) say(words.paused, false, false);
  else if (isOver()) say(words.over, false, false);
  else if (document.querySelector("#view[hx-get]")) {
    say(line.failed ? `${words.re}…` : words.live, !line.failed, line.failed);
  } else if (document.getElementById("socket")) saySocket(words);
};

if (run) {
  whenChanged(showChip);
  setInterval(showChip, 500);
  addEventListener("offline", showChip);
  addEventListener("online", showChip);
}
