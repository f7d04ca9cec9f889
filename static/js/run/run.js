// The page of a run.
import "./chip.js";
import "./clock.js";
import "./countdown.js";
import "./growing.js";
import "./inspector.js";
import "./operate.js";
import "./overview.js";
import "./played.js";
import "./probe.js";
import "./rival.js";
import "./room.js";
import "./scrubber.js";
import "./share.js";
import "./socket.js";
import "./step_mode.js";
import "./workers.js";
import "../fold/look.js";
import "./moment.js"; // when the rows are folded
