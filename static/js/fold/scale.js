// The distances of the rows to scale: none nearer than it needs to be read, none later than its time allows.
import { keptOf } from "./kept.js";

const ROW = 27; // px, as in lanes.css
const PAUSE = 36; // px, as in idle.css
const TALL = 1600; // px for the whole run
const LONGEST = 216; // px for one pause; longer ones are folded, and say how long they were

export const isToScale = () => keptOf("scale") === "time";

const set = (row, px) => {
  const had = row.style.getPropertyValue("--top");
  const value = px ? `${px}px` : "";
  if (had === value) return;
  if (value) row.style.setProperty("--top", value);
  else row.style.removeProperty("--top");
  row.classList.toggle("spaced", Boolean(value));
};

const timeOf = (one) => Number(one.fact.row.dataset.ms);

/** `seen`: the rows that are seen, in their order. */
export const space = (seen) => {
  const on = isToScale();
  const times = seen.map(timeOf);
  const pauses = times.map((ms, n) => (n ? ms - times[n - 1] : 0));
  const whole = pauses.reduce((sum, ms) => sum + Math.min(ms, 1000), 0);
  const scale = whole ? TALL / whole : 0;
  let late = 0; // px that the rows so far are further down than their time
  seen.forEach(({ fact, idle }, n) => {
    const least = fact.hasIdle || idle ? PAUSE : 0;
    const due = Math.min(pauses[n] * scale, LONGEST) - ROW - late;
    const px = Math.round(Math.max(due, least) / 9) * 9; // the period of the textures
    late = Math.max(0, px - due);
    set(fact.row, on ? px : 0);
  });
};
