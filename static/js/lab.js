// The lab: a summary of the chosen faults, a new key when the page comes back from the cache, and pokes for the panels.
"use strict";
(() => {
  const form = document.getElementById("withdraw");
  const chosen = document.getElementById("chosen");
  if (!form) return;

  const summarise = () => {
    const boxes = [...form.querySelectorAll("input[name=fault]:checked")];
    chosen.replaceChildren(...boxes.map((box) => {
      const times = form.elements[`times:${box.value}`];
      const tag = document.createElement("b");
      tag.textContent = box.value.replace(":", " : ") + (times && times.value !== "1" ? ` ×${times.value}` : "");
      return tag;
    }));
    if (!boxes.length) {
      const none = document.createElement("span");
      none.className = "muted";
      none.textContent = chosen.dataset.none;
      chosen.append(none);
    }
    for (const row of form.querySelectorAll(".row.ghost")) {
      const words = [...row.querySelectorAll("input[name=fault]:checked")].map((box) => box.closest("label").textContent.trim());
      const mark = row.querySelector("[data-picked]");
      if (mark) mark.textContent = words.length ? `⚡ ${words.join(", ")}` : "";
    }
  };
  form.addEventListener("change", summarise);
  if (form.querySelector("input[name=fault]:checked")) summarise();

  // Back from the browser's cache the old key would find the old run: this is a new wish, so it gets a new key.
  addEventListener("pageshow", (event) => {
    if (event.persisted && crypto.randomUUID) form.elements.key.value = crypto.randomUUID();
  });

  document.body.addEventListener("htmx:wsAfterMessage", () => htmx.trigger(document.body, "poke"));
})();
