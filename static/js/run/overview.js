// The run to scale as its scrubber: a click goes to that time, a drag looks closer, and what is in sight is framed.
import { rowOf, rows, run, shown, whenChanged } from "./page.js";
import { go, player } from "./scrubber.js";

const FEW_PX = 6; // less is a click
const chart = () => document.getElementById("overview");
const part = (name) => chart().querySelector(name);
let brushed = null; // where a drag began, in px
let isZoomed = false;

const corners = () =>
  chart()
    .dataset.scale.split(",")
    .map((corner) => corner.split(":").map(Number));

/** Straight between the corners; `from` is 0 for ms → percent, and 1 for percent → ms. */
const between = (value, from) => {
  const all = corners();
  const next = all.findIndex((corner) => corner[from] >= value);
  if (next <= 0) return all[next < 0 ? all.length - 1 : 0][1 - from];
  const [before, after] = [all[next - 1], all[next]];
  const share = (value - before[from]) / (after[from] - before[from] || 1);
  return before[1 - from] + share * (after[1 - from] - before[1 - from]);
};

const timeOf = (row) => Number(row.dataset.ms);
const placeOf = (row) => `${between(timeOf(row), 0)}%`;

const showCursor = () => {
  const row = shown.step === null ? null : rowOf(shown.step);
  const cursor = part(".cursor");
  cursor.classList.toggle("off", !row);
  for (const end of row ? ["x1", "x2"] : []) cursor.setAttribute(end, placeOf(row));
};

const rowAt = (y) => {
  const { left } = rows().getBoundingClientRect();
  return document.elementFromPoint(left + 60, y)?.closest("#lanes > .row");
};

const showSight = () => {
  const head = document.querySelector(".lanes-head").getBoundingClientRect().bottom;
  const box = rows().getBoundingClientRect();
  const [top, bottom] = [Math.max(head, box.top) + 4, Math.min(innerHeight, box.bottom) - 4];
  const [first, last] = [rowAt(top), rowAt(bottom)];
  const sight = part(".o-sight");
  if (!first) {
    sight.setAttribute("width", 0);
    return;
  }
  const from = between(timeOf(first), 0);
  const to = last ? between(timeOf(last), 0) : 100;
  sight.setAttribute("x", `${from}%`);
  sight.setAttribute("width", `${Math.max(to - from, 0.5)}%`);
};

const show = () => {
  if (!chart()) return;
  showCursor();
  showSight();
};

// --- with the pointer --------------------------------------------------------------------------------------------------
const percentAt = (event) => {
  const box = part(".o-time").getBoundingClientRect();
  return (100 * (event.clientX - box.left)) / box.width;
};

const goTo = (ms) => {
  player.stop();
  const all = [...rows().children];
  const last = all.findLastIndex((row) => timeOf(row) <= ms + 0.5);
  go(Math.max(last, 0) + 1);
};

const ask = async (query) => {
  const answer = await fetch(`${run.dataset.base}overview/${query}`);
  if (!answer.ok) return;
  isZoomed = Boolean(query);
  htmx.swap(chart(), await answer.text(), { swapStyle: "outerHTML" });
  show();
};

const showBrush = (event) => {
  const box = part(".o-time").getBoundingClientRect();
  const [from, to] = [Math.min(brushed, event.clientX), Math.max(brushed, event.clientX)];
  part(".o-brush").setAttribute("x", from - box.left);
  part(".o-brush").setAttribute("width", to - from < FEW_PX ? 0 : to - from);
};

const release = (event) => {
  const began = brushed;
  brushed = null;
  part(".o-brush").setAttribute("width", 0);
  if (Math.abs(event.clientX - began) < FEW_PX) {
    goTo(between(percentAt(event), 1));
    return;
  }
  const ends = [percentAt({ clientX: began }), percentAt(event)].toSorted((a, b) => a - b);
  const [from, to] = ends.map((percent) => Math.max(0, Math.round(between(percent, 1))));
  if (to > from) ask(`?from=${from}&to=${to}`);
};

const start = () => {
  document.addEventListener("pointerdown", (event) => {
    if (event.button || !event.target.closest(".o-time")) return;
    event.preventDefault();
    brushed = event.clientX;
  });
  document.addEventListener("pointermove", (event) => {
    if (brushed !== null) showBrush(event);
  });
  document.addEventListener("pointerup", (event) => {
    if (brushed !== null) release(event);
  });
  document.addEventListener("pointercancel", () => {
    brushed = null;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-whole]")) ask("");
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "overview" && isZoomed) event.preventDefault(); // it stays where one looks
  });
  document.body.addEventListener("htmx:afterSwap", show);
  addEventListener("scroll", () => requestAnimationFrame(show), { passive: true });
  addEventListener("resize", show);
  whenChanged(() => requestAnimationFrame(show));
  show();
};

if (run && rows() && chart()) start();
