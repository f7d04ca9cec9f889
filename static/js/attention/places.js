// What was acted upon stays where it was pressed, and says there what came of it.
const DONE = "cause-done";

const groupFor = (here, answer) => {
  const group = answer.querySelector(`#${here.id}`);
  if (group) return group;
  const made = here.cloneNode(true);
  made.querySelector(".items").replaceChildren();
  answer.querySelector(`#${DONE}`).before(made);
  return made;
};

/** Moves the rows of an answer back to the group in which they are on the page. */
export const keepPlaces = (answer) => {
  for (const row of answer.querySelectorAll(`#${DONE} [data-row]`)) {
    const here = document.getElementById(row.id)?.closest("[data-group]");
    if (!here || here.id === DONE) continue;
    const place = [...here.querySelectorAll("[data-row]")].findIndex((one) => one.id === row.id);
    const items = groupFor(here, answer).querySelector(".items");
    items.insertBefore(row, items.children[place] || null);
  }
  const done = answer.querySelector(`#${DONE}`);
  done.hidden = !done.querySelector("[data-row]");
  if (answer.querySelector(`[data-group]:not(#${DONE}) [data-row]`)) answer.querySelector("#all-well").hidden = true;
};
