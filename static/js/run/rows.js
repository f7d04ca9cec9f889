// Rows are shown up to a step. Only those between where the page was and where it is change: a thousand are not
// touched for one step.
import { shown, rowOf, rows } from "./page.js";

const caption = document.getElementById("caption");
let shownTo = rows()?.children.length ?? 0;
let marked = null;

const hide = (to) => {
  const all = rows().children;
  for (let n = Math.min(to, shownTo); n < Math.max(to, shownTo) && n < all.length; n += 1) all[n].hidden = n >= to;
  for (let n = shownTo; n < all.length; n += 1) all[n].hidden = n >= to;
  shownTo = Math.min(to, all.length);
};

const mark = () => {
  const next = shown.step === null ? null : rowOf(shown.step);
  if (marked !== next) {
    marked?.classList.remove("at-step");
    next?.classList.add("at-step");
    marked = next;
  }
  if (!next && shown.step !== null) return; // its row is still to come
  caption.hidden = !next;
  caption.textContent = next ? next.querySelector(".tale").textContent : "";
};

export const showRows = () => {
  if (!rows()) return;
  hide(shown.step ?? rows().children.length);
  mark();
};
