// Whether the reader has just acted. What moves then follows from that; whatever else comes leaves all where it is.
const LATELY_MS = 450; // browsers count no layout shift for 500 ms after a press
const ACTS = ["pointerdown", "click", "keydown", "keyup"];
let last = -Infinity;
const listeners = [];

export const hasActed = () => performance.now() - last < LATELY_MS;

/** Called at each press: what was put off may be done now. */
export const whenActing = (act) => listeners.push(act);

for (const kind of ACTS) {
  addEventListener(kind, () => {
    last = performance.now();
    if (kind === "click" || kind === "keyup") for (const act of listeners) act();
  });
}
