// Single keys, never inside a field and never with Ctrl, Alt or Meta. The scrubber's keys are in scrub.js.
"use strict";
(() => {
  const help = document.getElementById("help");
  const opener = document.querySelector("[data-help]");
  const showHelp = () => {
    if (help && !help.open) help.showModal();
  };
  if (opener) {
    opener.hidden = false;
    opener.addEventListener("click", showHelp);
  }

  // Who speaks to the computer, or rests a hand on it, can switch the single keys off (WCAG 2.1.4); the buttons stay.
  const setting = help?.querySelector("[data-keys]");
  const remembered = (value) => {
    try {
      return value === undefined ? localStorage.getItem("keys") : localStorage.setItem("keys", value);
    } catch {
      return null;
    }
  };
  if (setting) {
    setting.checked = remembered() !== "off";
    setting.addEventListener("change", () => remembered(setting.checked ? "on" : "off"));
  }
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key.length === 1 && setting && !setting.checked) event.stopImmediatePropagation();
    },
    true,
  );

  const typing = (target) =>
    target.closest(
      "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]",
    );

  document.addEventListener("keydown", (event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.defaultPrevented ||
      typing(event.target) ||
      (help && help.open)
    )
      return;
    if (event.key === "?") {
      event.preventDefault();
      showHelp();
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      const field = document.querySelector("#filters input:not([type=hidden])");
      if (field) field.focus();
      else location.assign("/runs/");
      return;
    }
    if (event.key === "f") {
      // The next line of the picture that can be broken: in the lab a ghost, on a finished run any step.
      const lines = [
        ...document.querySelectorAll(
          ".plan .ghost summary, .is-over.may-break #lanes .row.breaks summary, .is-over.may-break .row.ghost:has(.again) summary",
        ),
      ];
      if (!lines.length) return;
      event.preventDefault();
      const next = lines[(lines.indexOf(document.activeElement) + 1) % lines.length];
      next.parentElement.open = true;
      next.focus();
      next.scrollIntoView({ block: "nearest" });
      return;
    }
    if (/^[1-9]$/.test(event.key)) {
      const link = document.querySelector(`.labs a[data-key="${event.key}"]`);
      if (link) {
        event.preventDefault();
        location.assign(link.href);
      }
    }
  });

  // Hovering or focusing a row lights up what caused it, and what it makes good.
  const light = (row, on) => {
    if (!row) return;
    for (const [name, cls] of [
      ["cause", "lit"],
      ["good", "lit-good"],
    ]) {
      const other = row.dataset[name] && document.getElementById(row.dataset[name]);
      if (other) other.classList.toggle(cls, on);
    }
  };
  for (const [on, off] of [
    ["mouseover", "mouseout"],
    ["focusin", "focusout"],
  ]) {
    document.addEventListener(on, (event) => light(event.target.closest(".row"), true));
    document.addEventListener(off, (event) => light(event.target.closest(".row"), false));
  }
})();
