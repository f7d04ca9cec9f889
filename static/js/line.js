// The line to the server, on every page: a chip that tells the truth, and forms that cannot be sent where nobody hears.
"use strict";
(() => {
  const line = { retryAt: 0, off: false, failed: false };
  window.line = line;
  const chip = document.getElementById("line");
  const own = document.getElementById("conn"); // a run has a chip that knows more
  const sockets = new Map(); // element → its socket while it is open
  const dropped = new WeakSet(); // given up by the page
  const polls = () => document.querySelectorAll('[hx-get][hx-trigger*="every"]');
  let waits = false;

  // --- buttons ------------------------------------------------------------------------------------------------------
  let focused = null;
  const posts = (button) => button.form && button.form.method === "post";
  line.offline = (off) => {
    document.body.classList.toggle("offline", off);
    line.off = off;
    if (off && !focused && document.activeElement?.matches("button")) focused = document.activeElement;
    for (const button of document.querySelectorAll("button:not([type=button])")) {
      if (off && posts(button) && !button.disabled) {
        button.disabled = true;
        button.dataset.off = "";
      }
      if (!off && "off" in button.dataset) {
        button.disabled = false;
        delete button.dataset.off;
      }
    }
    if (!off && focused) {
      if (document.activeElement === document.body && focused.isConnected) focused.focus();
      focused = null;
    }
  };

  // --- one press is one wish ------------------------------------------------------------------------------------------
  const sent = new WeakMap();
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post") return;
      const wish = `${event.submitter?.formAction} ${event.submitter?.value}`;
      if (line.off || (sent.get(form)?.wish === wish && Date.now() - sent.get(form).at < 1000)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      sent.set(form, { wish, at: Date.now() });
    },
    true,
  );
  // Back from the browser's cache the old key would find the old run: this is a new wish, so it gets a new key.
  addEventListener("pageshow", (event) => {
    if (!event.persisted || !crypto.randomUUID) return;
    for (const field of document.querySelectorAll("input[type=hidden][name=key]")) field.value = crypto.randomUUID();
  });

  // --- the chip -------------------------------------------------------------------------------------------------------
  const tell = () => {
    if (own) return;
    const listens = !line.over && (sockets.size || polls().length);
    const down = !navigator.onLine || line.failed || [...sockets.values()].includes(null);
    chip.hidden = !listens && !down;
    const words = chip.dataset,
      left = Math.max(0, Math.ceil((line.retryAt - Date.now()) / 1000));
    const word = down
      ? navigator.onLine
        ? words.re
        : words.offline
      : waits || line.paused
        ? words.paused
        : words.live;
    const [said, clock] = chip.children;
    if (said.textContent !== word) said.textContent = word;
    clock.textContent = down && navigator.onLine && left ? ` (${left} s)` : "";
    chip.classList.toggle("on", !down && word === words.live);
    chip.classList.toggle("off", down);
    if (down !== line.off) line.offline(down);
  };
  line.tell = tell;
  setInterval(tell, 500);
  addEventListener("online", tell);
  addEventListener("offline", tell);

  // --- sockets and questions that repeat themselves -------------------------------------------------------------------
  if (!window.htmx) return;
  htmx.config.wsReconnectDelay = (tries) => {
    const wait = Math.min(8000, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
    line.retryAt = Date.now() + wait;
    return wait;
  };
  const on = (name, act) =>
    document.addEventListener(name, (event) => {
      act(event);
      tell();
    });
  // A server that hears our farewell may answer it with 1000 too: what was given up here is not what was ended there.
  line.ended = ({ code, target }) => [1000, 4400, 4404].includes(code) && !dropped.has(target);
  on("htmx:wsOpen", (event) => sockets.set(event.target, event.detail.event.target));
  on("htmx:wsClose", (event) => {
    const { code } = event.detail.event;
    if (line.ended(event.detail.event)) {
      sockets.delete(event.target);
      return;
    }
    sockets.set(event.target, null);
    // These four the extension answers itself; after any other it would stay away for ever.
    if (![1006, 1011, 1012, 1013].includes(code)) {
      setTimeout(() => event.detail.socketWrapper.reconnect(), htmx.config.wsReconnectDelay(1));
    }
  });
  // A socket whose network is gone may look open for a minute: give it up, and catch up when there is one again.
  addEventListener("offline", () => {
    for (const socket of sockets.values()) {
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
    if (repeats(event)) line.failed = waits = false;
  });

  // What refreshes itself waits while somebody is in it: a swap would take the focus away.
  on("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (!elt.hasAttribute("hx-get") || !target.contains(document.activeElement)) return;
    event.preventDefault();
    waits = true;
  });
  document.addEventListener("focusout", () => {
    if (waits) {
      waits = false;
      tell();
    }
  });
  tell();
})();
