// A desk's page refreshes itself; what is opened stays open.
import "../connection/messages.js";

const all = () => [...document.querySelectorAll("details[data-keep]")];
const open = new Set(
  all()
    .filter((one) => one.open)
    .map((one) => one.dataset.keep),
);

document.addEventListener(
  "toggle",
  (event) => {
    const { keep } = event.target.dataset;
    if (keep && event.target.isConnected) open[event.target.open ? "add" : "delete"](keep);
  },
  true,
);
document.body.addEventListener("htmx:afterSwap", () => {
  for (const one of all()) if (open.has(one.dataset.keep)) one.open = true;
});
