// The state at a step comes from the server, which folds the log. One question at a time: while it is under way only
// the newest wish is remembered, so dragging stays smooth.
import { showTitle } from "./growing.js";
import { changed, run, view } from "./page.js";

let asking = null;
let wish = null;

const settle = async () => {
  while (wish) {
    const query = wish;
    wish = null;
    const answer = await fetch(`${run.dataset.base}frame/?${query}${view ? `&view=${view}` : ""}`).catch(() => null);
    if (!answer?.ok || (wish && !query.includes("after="))) continue; // the reader has moved on meanwhile
    htmx.swap(document.body, await answer.text(), { swapStyle: "none" });
    changed();
    showTitle();
  }
  asking = null;
};

export const askFrame = (query) => {
  wish = query;
  asking ??= settle();
  return asking;
};
