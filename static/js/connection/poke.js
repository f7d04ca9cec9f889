// Each message of a socket makes the panels that listen for "poke" ask for their newest state.
document.body.addEventListener("htmx:wsAfterMessage", () => htmx.trigger(document.body, "poke"));
