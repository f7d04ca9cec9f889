// Which rows belong together. A message, its receipt, and the BEGIN and COMMIT of the step that it sets off are one unit,
// however often it was tried. Rows say what they are by their class names, and what set them off by `data-cause`.
const ENDS = ["p-commit", "p-rollback", "p-prepared", "p-failed"];

const kindOf = (css, arrow) => {
  if (css.contains("p-received")) return "received";
  if (css.contains("k-step")) {
    if (css.contains("p-begin")) return "begin";
    return ENDS.some((end) => css.contains(end)) ? "end" : "other";
  }
  if (css.contains("k-fault")) return "fault";
  if (css.contains("k-retry") && css.contains("p-scheduled")) return "retry";
  if (css.contains("k-decision")) return "decision";
  return css.contains("k-message") && arrow && !arrow.className.includes("fate-") ? "sent" : "other";
};

const known = new WeakMap();

/** What a row says of itself; it never changes. */
export const factsOf = (row) => {
  if (!known.has(row)) {
    const arrow = row.querySelector(".arrow");
    known.set(row, {
      row,
      seq: Number(row.dataset.seq),
      cause: Number((row.dataset.cause ?? "e-0").slice(2)),
      attempt: Number(row.dataset.attempt ?? 1),
      wait: Number(row.dataset.wait ?? 0),
      is: kindOf(row.classList, arrow),
      lanes: (row.dataset.lanes ?? "").split(" "),
      isPrepared: row.classList.contains("p-prepared"),
      isUndone: row.classList.contains("p-rollback") || row.classList.contains("p-failed"),
      hasIdle: row.classList.contains("has-idle"),
      arrow,
    });
  }
  return known.get(row);
};

const joined = (fact, cause) => {
  if (!cause) return null;
  if (fact.is === "received") {
    const first = cause.fact.is === "sent" && !cause.unit.received;
    return first || fact.attempt > 1 ? cause.unit : null;
  }
  if (fact.is === "begin") return cause.fact.is === "received" && !cause.begun ? cause.unit : null;
  if (["end", "fault", "retry"].includes(fact.is))
    return ["begin", "received"].includes(cause.fact.is) ? cause.unit : null;
  return null;
};

/** The units of these facts, in the order in which they begin. */
export const unitsOf = (facts) => {
  const nodes = new Map();
  const units = [];
  for (const fact of facts) {
    const cause = nodes.get(fact.cause);
    let unit = joined(fact, cause);
    if (!unit) {
      unit = { root: fact.seq, facts: [], received: 0 };
      units.push(unit);
    }
    unit.facts.push(fact);
    if (fact.is === "received") unit.received += 1;
    if (fact.is === "begin" && cause?.unit === unit) cause.begun = true;
    nodes.set(fact.seq, { fact, unit, begun: false });
  }
  return units;
};

/** What of an attempt that was followed by another one need not be seen: its work was undone. */
const isPast = (fact) => ["received", "begin", "retry"].includes(fact.is) || (fact.is === "end" && fact.isUndone);

/** The row of a unit that stands for others, and these. */
export const foldedOf = ({ facts }) => {
  const last = facts.findLastIndex((fact) => fact.is === "received");
  const begun = facts.findLastIndex((fact) => fact.is === "begin");
  const end = facts.findLastIndex((fact) => fact.is === "end");
  const works = begun > last;
  const isDone = works && end > begun;
  const kept = facts.some((fact, n) => n < last && fact.is === "end" && !fact.isUndone);
  let head = facts[0];
  if (works) head = facts[isDone ? end : begun];
  else if (head.is !== "sent") head = facts[Math.max(last, 0)];
  let told = false; // of several faults one is enough
  const folded = facts.filter((fact, n) => {
    if (fact === head) return false;
    if (fact.is === "fault") {
      const again = told && n < last;
      told = true;
      return again;
    }
    if (fact.is === "sent") return works && !kept;
    if (n < last) return isPast(fact);
    return fact.is === "received" || (fact.is === "begin" && isDone);
  });
  return { head, folded };
};

/** The two phases of an agreement, as [first, last] row numbers: until the decision, and what follows it. */
export const phasesOf = (facts, units) => {
  const decision = facts.find((fact) => fact.is === "decision");
  const votes = units.filter((unit) => unit.facts.some((fact) => fact.isPrepared));
  if (!decision || !votes.length) return [];
  const after = facts.filter((fact) => fact.seq > decision.seq && fact.is !== "other");
  const voting = { key: "voting", first: votes[0].root, last: decision.seq - 1 };
  return after.length > 1 ? [voting, { key: "decided", first: after[0].seq, last: after.at(-1).seq }] : [voting];
};
