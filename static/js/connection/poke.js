// Each message of a socket makes the panels that listen for "poke" ask for their newest state. A panel passes over what
// comes too soon after another, or before its answer has come: so the last poke comes once more when it is quiet.
import { afterPress, isPressed } from "./press.js";

const QUIET_MS = 1_100; // longer than any panel's throttle but that of the books, which ask by themselves as well
let pokes = 0;
let quiet = 0;
const asked = new WeakMap(); // a panel's request, and how many pokes there had been

const poke = () => {
  pokes += 1;
  htmx.trigger(document.body, "poke");
};

const pokeLater = () => {
  clearTimeout(quiet);
  quiet = setTimeout(poke, QUIET_MS);
};

export const pokeAll = () => {
  poke();
  pokeLater();
};

const listens = (event) => event.detail.elt.getAttribute?.("hx-trigger")?.includes("poke");
const on = (name, act) => document.body.addEventListener(name, (event) => listens(event) && act(event));

on("htmx:beforeRequest", (event) => asked.set(event.detail.xhr, pokes));
on("htmx:afterRequest", (event) => {
  if (asked.get(event.detail.xhr) !== pokes) pokeLater();
});
on("htmx:beforeSwap", (event) => {
  if (!isPressed() || !event.detail.target.matches(":active")) return;
  event.detail.shouldSwap = false;
  afterPress(pokeLater);
});
