// What another session reads: asked when the button is pressed, and again and again while something is held or in doubt.
"use strict";
(() => {
  const panel = document.getElementById("probe");
  const live = window.distviz;
  if (!panel) return;
  const EVERY_MS = 1500;
  const log = document.getElementById("probe-log");
  const now = () => document.getElementById("probe-now");
  const heard = document.getElementById("probe-heard");
  let asking = false,
    due = false; // due: somebody has asked and there is no answer yet

  const ask = async () => {
    due = true;
    if (asking) return; // what is being read may be older than the question, so it is asked once more
    asking = true;
    due = false;
    try {
      const answer = await fetch(panel.dataset.url, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok) {
        due = true;
        return;
      }
      const made = document.createElement("template");
      made.innerHTML = await answer.text();
      const next = made.content.querySelector("#probe-now"),
        before = now();
      const line = before.querySelector(".line");
      if (line && before.dataset.digest !== next.dataset.digest) {
        // what was read before stays on the page, with its time
        const item = document.createElement("li");
        item.append(...line.cloneNode(true).childNodes);
        log.prepend(item);
        while (log.children.length > 12) log.lastElementChild.remove();
      }
      const room = now().offsetHeight;
      before.replaceWith(next);
      next.style.minHeight = `${room}px`; // an answer that is shorter moves nothing below it
      heard.replaceChildren(
        ...[...next.querySelectorAll(".findings li")].map((finding) => {
          const said = document.createElement("span");
          said.className = finding.className;
          said.append(...finding.querySelector("b").cloneNode(true).childNodes);
          return said;
        }),
      );
    } catch {
      due = true; /* the server is away; the chip says so */
    } finally {
      asking = false;
    }
  };

  panel.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    panel.open = true;
    ask();
  });
  const open = () =>
    Boolean(document.querySelector("#act .held")) ||
    ["in_doubt", "committing"].includes(document.getElementById("state").dataset.status);
  let was = false;
  setInterval(() => {
    const is = open() && !live?.paused;
    panel.querySelector("[data-live-note]").hidden = !is;
    if (!document.hidden && (is || was || due)) ask(); // once more when it is over
    was = is;
  }, EVERY_MS);
  if (open()) ask();
})();
