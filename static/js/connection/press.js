// A press has two ends, and a click only comes of it if both are over the same element: nothing is moved or drawn anew
// between them.
let isDown = false;
const waiting = [];

export const isPressed = () => isDown;

/** Now, or as soon as the pointer is up again and its click has been heard. */
export const afterPress = (act) => {
  if (isDown) waiting.push(act);
  else act();
};

const release = () => {
  if (!isDown) return;
  isDown = false;
  for (const act of waiting.splice(0)) act();
};

// A page that scrolls smoothly stops where it is.
const stop = () => scrollTo({ top: scrollY, behavior: "instant" });

addEventListener(
  "pointerdown",
  (event) => {
    if (event.button) return;
    isDown = true;
    stop();
  },
  true,
);
addEventListener("pointerup", () => setTimeout(release), true); // the click is heard before
addEventListener("pointercancel", release, true);
addEventListener("pointermove", (event) => event.buttons || release(), { capture: true, passive: true }); // let go outside
addEventListener("blur", release);
