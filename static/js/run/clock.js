// Times since the start of the run, or since the event before.
import { run } from "./page.js";

const clock = document.getElementById("clock");

const show = (previous) => {
  run.classList.toggle("since-previous", previous);
  clock.setAttribute("aria-pressed", String(previous));
  try {
    localStorage.setItem("clock", previous ? "previous" : "start");
  } catch {
    /* private mode */
  }
};
const remembered = () => {
  try {
    return localStorage.getItem("clock");
  } catch {
    return null;
  }
};

if (run && clock) {
  clock.hidden = false;
  show(remembered() === "previous");
  clock.addEventListener("click", () => show(!run.classList.contains("since-previous")));
}
