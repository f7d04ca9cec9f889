// What is done leaves its space until the reader acts: the picture never jumps by itself.
const room = document.getElementById("act-room");

if (room) {
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id === "act") room.style.minHeight = `${room.offsetHeight}px`;
  });
  for (const kind of ["click", "keyup"]) {
    addEventListener(kind, () => {
      room.style.minHeight = "";
    });
  }
}
