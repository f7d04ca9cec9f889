// Sockets and questions that repeat themselves: what htmx tells of them, and when they try again.
import { showLine } from "./chip.js";
import { line } from "./line.js";

const dropped = new WeakSet(); // given up by the page
const RECONNECTED_BY_HTMX = [1006, 1011, 1012, 1013];
const ENDED = [1000, 4400, 4404];

// A server that hears our farewell may answer it with 1000 too: what was given up here is not what was ended there.
export const hasEnded = ({ code, target }) => ENDED.includes(code) && !dropped.has(target);

const on = (name, act) =>
  document.addEventListener(name, (event) => {
    act(event);
    showLine();
  });

on("htmx:wsOpen", (event) => line.sockets.set(event.target, event.detail.event.target));
on("htmx:wsClose", (event) => {
  const closed = event.detail.event;
  if (hasEnded(closed)) {
    line.sockets.delete(event.target);
    return;
  }
  line.sockets.set(event.target, null);
  if (!RECONNECTED_BY_HTMX.includes(closed.code)) {
    setTimeout(() => event.detail.socketWrapper.reconnect(), htmx.config.wsReconnectDelay(1));
  }
});

// A socket whose network is gone may seem open for a minute: close it, and catch up over the next one.
addEventListener("offline", () => {
  for (const socket of line.sockets.values()) {
    if (socket) {
      dropped.add(socket);
      socket.close(4000);
    }
  }
});

const repeats = (event) => (event.detail.elt.getAttribute("hx-trigger") || "").includes("every");
const gone = (event) => !event.detail.xhr?.status || [502, 503, 504].includes(event.detail.xhr.status); // not: one part is broken
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  on(name, (event) => {
    if (repeats(event) && gone(event)) line.failed = true;
  });
}
on("htmx:afterOnLoad", (event) => {
  if (repeats(event)) line.failed = line.waits = false;
});

// What refreshes itself waits while the focus is in it: a swap would take the focus away.
on("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (!elt.hasAttribute("hx-get") || !target.contains(document.activeElement)) return;
  event.preventDefault();
  line.waits = true;
});
document.addEventListener("focusout", () => {
  if (!line.waits) return;
  line.waits = false;
  showLine();
});

if (window.htmx) {
  htmx.config.wsReconnectDelay = (tries) => {
    const wait = Math.min(8000, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
    line.retryAt = Date.now() + wait;
    return wait;
  };
}
