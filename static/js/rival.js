// A rival withdrawal: fired without leaving the page, and watched as long as it is open.
"use strict";
(() => {
  const panel = document.getElementById("rival");
  if (!panel) return;
  const form = panel.querySelector("form"),
    wrong = panel.querySelector(".wrong");
  const duels = () => document.getElementById("duels");
  let asking = false;

  const put = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    const next = made.content.querySelector("#duels");
    duels().replaceWith(next);
    form.elements.key.value = next.dataset.key; // the next one is another rival; a double click was the same
    form.hidden = document.body.classList.contains("is-over");
  };
  const fetched = async (options) => {
    const answer = await fetch(panel.dataset.url, { ...options, headers: { "X-Requested-With": "fetch" } });
    const text = await answer.text();
    if (answer.ok) put(text);
    return answer.ok ? "" : text;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    try {
      wrong.textContent = await fetched({ method: "POST", body: new FormData(form) });
    } finally {
      asking = false;
    }
  });
  setInterval(async () => {
    if (asking || document.hidden || !duels().dataset.open) return;
    asking = true;
    try {
      await fetched({});
    } catch {
      /* the server is away; the chip says so */
    } finally {
      asking = false;
    }
  }, 1000);
  setInterval(() => {
    for (const counter of panel.querySelectorAll("[data-until]")) {
      const left = (Date.parse(counter.dataset.until) - Date.now()) / 1000;
      counter.textContent = left > 0 ? `${left.toFixed(1)} s` : "";
    }
  }, 100);
})();
