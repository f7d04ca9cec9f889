// The moment that matters is in view by itself: where a run is held, where its messages are parked, where it is in doubt.
import { rows, run, shown, state } from "./page.js";

const MARGIN_PX = 24;
const narrow = matchMedia("(max-width: 639px)"); // there the strip with its button would go out of sight

const matters = () => {
  if (shown.step !== null || state().dataset.finished) return null;
  const parked = document.querySelector("#lanes .envelope:not([hidden])")?.closest(".row");
  if (parked) return parked;
  if (narrow.matches) return null;
  const isOpen = document.querySelector("#act .held") || state().dataset.verdict === "in_doubt";
  return isOpen ? rows().lastElementChild : null;
};

const bringIntoView = () => {
  const row = matters();
  if (!row || location.hash) return;
  const head = document.querySelector(".lanes-head").getBoundingClientRect().bottom;
  const { top } = row.getBoundingClientRect();
  const { bottom } = rows().lastElementChild.getBoundingClientRect();
  const player = narrow.matches ? document.querySelector(".scrub").offsetHeight : 0; // it lies over the page there
  const below = bottom + MARGIN_PX + player - innerHeight;
  if (below > 0) scrollBy({ top: Math.min(below, top - head - MARGIN_PX), behavior: "auto" });
};

if (run && rows() && !("embedded" in run.dataset)) bringIntoView();
