// Over many rows a step is one row until it is opened, and lanes can be hidden. That is this browser's own choice: what
// comes over the socket is the same for all who watch.
import { duration } from "../durations.js";
import { rows, shown, whenChanged } from "../run/page.js";
import { draw } from "./drawing.js";
import { keep, keptOf } from "./kept.js";
import { isToScale, space } from "./scale.js";
import { factsOf, foldedOf, phasesOf, unitsOf } from "./units.js";

const MANY = 25; // rows; a step or a message that is still to come will be two
const look = document.getElementById("look");
const words = look?.dataset ?? {};
const opened = new Set(); // units, by the number of their first row
const closed = new Set(); // phases
const hidden = new Set(); // lanes
const pinned = new Set(); // rows that have been seen: they stay where they are until the reader acts
let now = { units: [], phases: [], on: false };

const expected = () => rows().children.length + 2 * document.querySelectorAll("#next > [data-ghost]").length;
let isLong = null; // decided once: a picture that grows is not folded before one's eyes
// To scale each row stands at its own time, so that no bar begins where it did not.
const isOn = () => !isToScale() && (keptOf("rows") ? keptOf("rows") === "steps" : (isLong ??= expected() > MANY));

const badgeOf = (unit, gone) => {
  const waits = gone.filter((fact) => fact.wait).map((fact) => duration(fact.wait));
  return unit.received > 1 ? [`×${unit.received}`, waits.join(", ")].filter(Boolean).join(" · ") : "";
};

const isInUse = ({ row, seq }) => seq === shown.step || row.firstElementChild.open || row.matches(":focus-within");

const foldUnit = (unit, plans) => {
  const { head, folded } = foldedOf(unit);
  const isOpen = opened.has(unit.root);
  const gone = isOpen ? [] : folded.filter((fact) => !pinned.has(fact.seq) && !isInUse(fact));
  for (const fact of gone) plans.get(fact.seq).fold = true;
  const sent = head.is === "sent" ? null : gone.find((fact) => fact.is === "sent");
  const more = isOpen ? folded : gone;
  Object.assign(plans.get(head.seq), { unit: unit.root, isOpen, more, badge: badgeOf(unit, gone), arrow: sent?.arrow });
};

const foldPhase = ({ key, first, last }, plans) => {
  const inside = [...plans.values()].filter(({ fact }) => fact.seq >= first && fact.seq <= last);
  const head = inside.findLast((one) => !one.fold);
  const gone = inside.filter((one) => one !== head && !isInUse(one.fact));
  for (const one of gone) one.fold = true;
  if (head) Object.assign(head, { unit: key, isOpen: false, badge: words[key], more: gone.map((one) => one.fact) });
};

const isOutOfSight = ({ row, arrow, lanes }) =>
  !row.classList.contains("wide") && (arrow ? lanes.some((lane) => hidden.has(lane)) : hidden.has(lanes[0]));

/** Folds and unfolds what has changed. */
const fold = () => {
  const facts = [...rows().children].slice(0, shown.step ?? rows().children.length).map(factsOf);
  const units = unitsOf(facts);
  now = { units, phases: phasesOf(facts, units), on: isOn() };
  const plans = new Map(facts.map((fact) => [fact.seq, { fact, fold: false, more: [], badge: "" }]));
  if (now.on) for (const unit of units) foldUnit(unit, plans);
  if (now.on) for (const phase of now.phases) if (closed.has(phase.key)) foldPhase(phase, plans);
  for (const one of plans.values()) one.fold ||= hidden.size > 0 && isOutOfSight(one.fact);
  const seen = draw(rows(), [...plans.values()], now.on, words);
  space(seen);
  for (const { fact } of seen) pinned.add(fact.seq);
};

/** What the reader does may move rows. */
export const refold = () => {
  pinned.clear();
  fold();
};

export const folding = () => ({ ...now, closed, hidden });

export const toggleAll = () => {
  keep("rows", isOn() ? "all" : "steps");
  keep("scale", "even");
  opened.clear();
  closed.clear();
  refold();
};

export const closePhase = (key, isClosed) => {
  closed[isClosed ? "add" : "delete"](key);
  refold();
};

export const hideLane = (lane, isHidden) => {
  hidden[isHidden ? "add" : "delete"](lane);
  rows().closest(".lanes").classList.toggle(`hides-${lane}`, isHidden);
  refold();
};

/** Opens what this row is folded into. */
export const reveal = (row) => {
  if (!row?.classList.contains("folded")) return;
  const seq = Number(row.dataset.seq);
  const unit = now.units.find((one) => one.facts.some((fact) => fact.seq === seq));
  if (unit) opened.add(unit.root);
  for (const phase of now.phases) if (phase.first <= seq && seq <= phase.last) closed.delete(phase.key);
  refold();
};

const press = (button) => {
  const { unit } = button.dataset;
  const row = button.closest(".row");
  if (closed.has(unit)) closed.delete(unit);
  else opened[opened.has(Number(unit)) ? "delete" : "add"](Number(unit));
  refold();
  row.querySelector(".unfold")?.focus();
};

const start = () => {
  whenChanged(fold);
  // Whatever has come meanwhile is folded when the reader acts: nothing moves by itself.
  addEventListener("click", (event) => {
    const button = event.target.closest("#lanes .unfold");
    if (button) press(button);
    else refold();
  });
  addEventListener("keyup", refold);
  fold();
  document.body.classList.remove("unfolded"); // it may be seen
};

if (look && rows()) start();
