// A run that is watched on the front page.
import "../run/chip.js";
import "../run/countdown.js";
import "../run/ghosts.js";
import "../run/growing.js";
import "../run/inspector.js";
import "../run/operate.js";
import "../run/played.js";
import "../run/room.js";
import "../run/scrubber.js";
import "../run/socket.js";
import "../run/workers.js";
