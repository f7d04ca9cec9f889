// What the page of a run knows: its elements, how far its rows are, and the moment it shows.
export const run = document.getElementById("run");
export const view = run?.dataset.view ?? "";

export const rows = () => document.getElementById("lanes"); // absent in the views that the server draws as a whole
export const rowOf = (seq) => rows()?.children[seq - 1]; // numbers have no gaps
export const state = () => document.getElementById("state");

const asked = run?.dataset.step;
export const shown = {
  step: asked === undefined ? null : Number(asked), // null: live
  paused: asked !== undefined,
  missed: 0, // rows that have come while it was paused
  waiting: null, // messages that come while the page is brought up to date; each has only what has changed
};

/** How far the page is. Where there are no rows, the state says it. */
export const present = () => Number((rows() ? rows().lastElementChild?.dataset.seq : state().dataset.last) || 0);

/** How far the run is, as far as the page has heard. */
export const end = () => Math.max(Number(run.dataset.last), rows() ? present() + shown.missed : 0);

/** The state may be ahead of the rows when frames are catching up: over is only what is also on the page. */
export const isOver = () => Boolean(state().dataset.finished) && present() >= Number(state().dataset.last);

const listeners = [];
/** Called whenever rows have come or another moment is shown. */
export const whenChanged = (act) => listeners.push(act);
export const changed = () => {
  for (const act of listeners) act();
};
