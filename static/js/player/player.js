// The toolbar of a picture in time: its buttons, its slider, its keys, and the clock that plays.
// A run, a race and a replay say what the acts do; everything else is the same for all of them.
import { hasOwnKeys, isModified } from "../keys/fields.js";

const KEYS = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "live", " ": "play" };
const SHIFTED = { ArrowLeft: "phaseBack", ArrowRight: "phaseOn" };

export const button = (name) => document.querySelector(`[data-go="${name}"]`);
const slider = () => document.getElementById("slider");
const speed = () => document.getElementById("speed");

/** A clock that calls `tick` every so many milliseconds. Returns what stops it. */
export const everySoOften = (tick, ms) => {
  const timer = setInterval(tick, ms);
  return () => clearInterval(timer);
};

/** A clock that calls `tick` with the milliseconds gone by, times the speed, once for each frame. */
export const everyFrame = (tick, times) => {
  let before = performance.now();
  let frame = 0;
  const next = (now) => {
    frame = requestAnimationFrame(next);
    tick((now - before) * times);
    before = now;
  };
  frame = requestAnimationFrame(next);
  return () => cancelAnimationFrame(frame);
};

/** The time that is shown, on the slider and for who cannot see it. */
export const showTime = (now, end, words) => {
  slider().max = end;
  slider().value = now;
  slider().setAttribute("aria-valuetext", words);
};

/**
 * acts: what each `data-go` does; back, on, first and live have keys too, phaseBack and phaseOn with Shift.
 * slide(value): the slider was moved. begin(): before it plays. clock, tick: see above. stopped(): it no longer plays.
 */
export class Player {
  #options;
  #cancel = null;

  constructor(options) {
    this.#options = options;
    slider().hidden = speed().hidden = button("play").hidden = false;
    for (const name of [...Object.keys(options.acts), "play"]) {
      button(name)?.addEventListener("click", (event) => {
        event.preventDefault();
        this.act(name);
      });
    }
    slider().addEventListener("input", () => {
      this.stop();
      options.slide(Number(slider().value));
    });
    speed().addEventListener("change", () => {
      if (!this.plays) return;
      this.stop();
      this.play();
    });
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  get plays() {
    return this.#cancel !== null;
  }

  act(name) {
    if (name === "play") {
      this.play();
      return;
    }
    this.stop();
    this.#options.acts[name]();
  }

  play() {
    if (this.plays) {
      this.stop();
      return;
    }
    this.#options.begin();
    button("play").textContent = button("play").dataset.pause;
    this.#cancel = this.#options.clock((...gone) => this.#options.tick(...gone), Number(speed().value));
  }

  stop() {
    if (!this.plays) return;
    this.#cancel();
    this.#cancel = null;
    button("play").textContent = button("play").dataset.play;
    this.#options.stopped?.();
  }

  #key(event) {
    if (isModified(event) || event.defaultPrevented || hasOwnKeys(event)) return;
    const name = (event.shiftKey ? SHIFTED : KEYS)[event.key];
    if (!name || (name !== "play" && !this.#options.acts[name])) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return; // there it presses
    event.preventDefault();
    this.act(name);
  }
}
