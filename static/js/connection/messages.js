// On pages that show a socket's messages only by what they ask for then.
import { pokeAll } from "./poke.js";

document.body.addEventListener("htmx:wsAfterMessage", pokeAll);
