// Single keys of every page. Those that go through time are in player/player.js.
import { isModified, isWriting } from "./fields.js";
import { isHelpOpen, showHelp } from "./help.js";
import { togglePresenting } from "./present.js";

// In the lab any ghost can be broken, on a finished run any step.
const BREAKABLE = [
  ".plan .ghost summary",
  ".is-over.may-break #lanes .row.breaks:not(.folded) summary",
  ".is-over.may-break .row.ghost:has(.again) summary",
];

const search = () => {
  const field = document.querySelector("#filters input:not([type=hidden])");
  if (field) field.focus();
  else location.assign("/runs/");
};

/** The next line of the picture that can be broken. */
const nextToBreak = () => {
  const lines = [...document.querySelectorAll(BREAKABLE.join(","))];
  const next = lines[(lines.indexOf(document.activeElement) + 1) % lines.length];
  if (!next) return false;
  next.parentElement.open = true;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
};

const lab = (key) => {
  const link = /^[1-9]$/.test(key) && document.querySelector(`.labs a[data-key="${key}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
};

const did = (key) => {
  if (key === "?") showHelp();
  else if (key === "/") search();
  else if (key === "p") togglePresenting();
  else return key === "f" ? nextToBreak() : lab(key);
  return true;
};

document.addEventListener("keydown", (event) => {
  if (isModified(event) || event.defaultPrevented || isWriting(event) || isHelpOpen()) return;
  if (did(event.key)) event.preventDefault();
});
