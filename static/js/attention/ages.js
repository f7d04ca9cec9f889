// Ages go on between two answers.
import { age } from "../durations.js";

const began = new WeakMap();

setInterval(() => {
  for (const one of document.querySelectorAll("#desk .age")) {
    if (!began.has(one)) began.set(one, Date.now() - Number(one.dataset.age) * 1000);
    one.textContent = age(Math.floor((Date.now() - began.get(one)) / 1000));
  }
}, 1000);
