// With ?play a run is seen from its beginning, slowly, once it is over.
import { shown, state } from "./page.js";
import { go, player } from "./scrubber.js";

const LOOK_EVERY_MS = 250;
const MOST_LOOKS = 16;
const SLOWLY = "2000";

const begin = () => {
  if (shown.step !== null) return;
  go(1);
  player.play();
};

if (player && new URLSearchParams(location.search).has("play")) {
  document.getElementById("speed").value = SLOWLY;
  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    if (!state().dataset.finished && looks <= MOST_LOOKS) return;
    clearInterval(timer);
    begin();
  }, LOOK_EVERY_MS);
}
