// Folded rows on the page. A row that stands for others borrows their arrow and their pause, and has a button that opens
// them. Only rows of which something else is drawn than before are touched.
const drawn = new WeakMap(); // row → what
const plain = "false,,,0,,false,false,,,";

const buttonOf = ({ unit, isOpen, more }, words) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "unfold";
  button.dataset.unit = unit;
  button.setAttribute("aria-expanded", String(Boolean(isOpen)));
  button.textContent = isOpen ? "−" : `+${more.length}`;
  button.setAttribute("aria-label", (isOpen ? words.close : words.open).replace("#", more.length));
  return button;
};

const borrow = (element) => {
  const copy = element.cloneNode(true);
  copy.classList.add("borrowed");
  return copy;
};

const undraw = (row) => {
  for (const one of row.querySelectorAll(":scope > .unfold, .borrowed, .folds")) one.remove();
  row.classList.remove("stands", "takes-arrow", "takes-idle");
  for (const cell of row.querySelectorAll(".cap, .cut")) cell.classList.remove("cap", "late", "cut");
};

const drawRow = (row, one, words) => {
  undraw(row);
  row.classList.toggle("folded", one.fold);
  if (one.fold) return;
  const summary = row.querySelector("summary");
  const cells = cellsOf(row);
  for (const place of one.caps) cells.get(place).classList.add("cap");
  for (const place of one.lates) cells.get(place).classList.add("cap", "late");
  for (const place of one.cuts) cells.get(place).classList.add("cut");
  if (one.idle) {
    row.classList.add("takes-idle");
    summary.prepend(borrow(one.idle));
  }
  if (one.arrow) {
    row.classList.add("takes-arrow");
    summary.querySelector(".label").before(borrow(one.arrow));
  }
  if (one.badge) {
    const badge = document.createElement("b");
    badge.className = "folds";
    badge.textContent = one.badge.replaceAll(/(?<=\d) (?=\p{L})/gu, "\u00A0"); // "1.03 s" stays whole
    summary.querySelector(".label .text").append(" ", badge);
  }
  if (one.more.length) {
    row.classList.add("stands");
    row.append(buttonOf(one, words));
  }
};

// By its place: its lane, and which it is of the bars that stand side by side there.
const placeOf = (cell) => [...cell.classList].filter((name) => /^(at|beside)-/.test(name)).join();
const cellsOf = (row) =>
  new Map([...row.querySelectorAll(":scope > details > summary > .cell")].map((cell) => [placeOf(cell), cell]));
const isUp = (cell) => Boolean(cell?.className.includes(" up-"));
const isDown = (cell) => Boolean(cell?.className.includes(" down-"));

/** The edges of bars that begin or end in rows that are not seen, between these two; a bar that begins after a pause is
 * not drawn through it. */
const edge = (above, between, here) => {
  const hidden = between.map((one) => cellsOf(one.fact.row));
  const before = above ? cellsOf(above.fact.row) : new Map();
  const pause = between.findIndex((one) => one.fact.hasIdle);
  const now = cellsOf(here.fact.row);
  for (const [place, cell] of now) {
    const begun = hidden.findLastIndex((cells) => isDown(cells.get(place)) && !isUp(cells.get(place)));
    if (begun >= 0 && isUp(cell)) (pause >= 0 && begun >= pause ? here.lates : here.caps).push(place);
  }
  for (const [place, cell] of before) {
    const ends = hidden.some((cells) => isUp(cells.get(place)) && !isDown(cells.get(place)));
    if (ends && isDown(cell)) above.cuts.push(place);
  }
};

const keyOf = (one) => {
  const borrowed = [Boolean(one.arrow), Boolean(one.idle)];
  return [
    one.fold,
    one.unit,
    one.isOpen,
    one.more.length,
    one.badge,
    ...borrowed,
    one.caps,
    one.lates,
    one.cuts,
  ].join();
};

/** Draws these plans; the answer are those that are seen. */
export const draw = (list, plans, on, words) => {
  list.closest(".lanes").classList.toggle("folding", on);
  const seen = [];
  let between = [];
  for (const one of plans) {
    Object.assign(one, { caps: [], lates: [], cuts: [], idle: null });
    if (one.fold) {
      between.push(one);
      continue;
    }
    if (between.length) {
      edge(seen.at(-1), between, one);
      const paused = between.find(({ fact }) => fact.hasIdle);
      if (paused && !one.fact.hasIdle) one.idle = paused.fact.row.querySelector(".idle");
      between = [];
    }
    seen.push(one);
  }
  for (const one of plans) {
    const key = keyOf(one);
    if ((drawn.get(one.fact.row) ?? plain) === key) continue;
    drawRow(one.fact.row, one, words);
    drawn.set(one.fact.row, key);
  }
  return seen;
};
