// The lab: a summary of the chosen faults, and pokes for the panels.
"use strict";
(() => {
  const form = document.getElementById("withdraw");
  const chosen = document.getElementById("chosen");
  if (!form) return;

  const summarise = () => {
    const boxes = [...form.querySelectorAll("input[name=fault]:checked")];
    chosen.replaceChildren(
      ...boxes.map((box) => {
        const times = form.elements[`times:${box.value}`];
        const tag = document.createElement("b");
        tag.textContent = box.value.replace(":", " : ") + (times && times.value !== "1" ? ` ×${times.value}` : "");
        return tag;
      }),
    );
    if (!boxes.length) {
      const none = document.createElement("span");
      none.className = "muted";
      none.textContent = chosen.dataset.none;
      chosen.append(none);
    }
    for (const row of form.querySelectorAll(".row.ghost")) {
      const words = [...row.querySelectorAll("input[name=fault]:checked")].map((box) =>
        box.closest("label").textContent.trim(),
      );
      const mark = row.querySelector("[data-picked]");
      if (mark) mark.textContent = words.length ? `⚡ ${words.join(", ")}` : "";
    }
  };
  form.addEventListener("change", summarise);
  if (form.querySelector("input[name=fault]:checked")) summarise();

  document.body.addEventListener("htmx:wsAfterMessage", () => htmx.trigger(document.body, "poke"));
})();
