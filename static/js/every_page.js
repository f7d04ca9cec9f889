// What every page does: it says whether it hears the server, and it can be used with keys.
import "./connection/chip.js";
import "./connection/forms.js";
import "./connection/sockets.js";
import "./keys/help.js";
import "./keys/menu.js";
import "./keys/shortcuts.js";
import "./run/causes.js";
import "./setup.js";
