// What follows from new rows: the tab's title, what a screen reader hears, and whether the run is over.
import { heard } from "./chip.js";
import { changed, isOver, shown, present, rows, run, state } from "./page.js";

const LONG = 150; // rows; beyond that only what is in sight is laid out
const icon = document.querySelector('link[rel="icon"]');
let newest = "";

/** The tab's title and icon show the run's state, for readers with many tabs. */
export const showTitle = () => {
  const now = state().dataset;
  document.title = `${now.words} · ${run.dataset.name}`;
  const href = `${run.dataset.icons}${now.icon}.svg`;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
};

const finish = () => {
  document.body.classList.add("is-over");
  const word = document.getElementById("live-word");
  word.textContent = word.dataset.all;
  if (heard.socket && !shown.paused) heard.socket.close(1000);
};

export const grown = () => {
  showTitle();
  if (rows()?.children.length > LONG) rows().classList.add("long");
  run.dataset.last = String(Math.max(Number(run.dataset.last), present()));
  newest = rows()?.lastElementChild?.querySelector("summary")?.getAttribute("aria-label") || "";
  if (isOver()) finish();
  changed();
};

if (run) {
  // At most one sentence a second: the newest.
  setInterval(() => {
    if (!newest) return;
    document.getElementById("announce").textContent = newest;
    newest = "";
  }, 1000);
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "view" && !shown.paused) grown(); // the other views ask for themselves
  });
}
