// Forms: not sent while offline, and one press is one request.
import { line } from "./line.js";

let focused = null;
const posts = (button) => button.form && button.form.method === "post";

/** Switch the buttons that send something off or on; the focus comes back to the one that had it. */
export const setOffline = (off) => {
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
