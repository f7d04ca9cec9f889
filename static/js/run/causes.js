// Hovering or focusing a row lights up what caused it, and what it undoes.
const light = (row, on) => {
  if (!row) return;
  for (const [name, css] of [
    ["cause", "lit"],
    ["good", "lit-good"],
  ]) {
    const other = row.dataset[name] && document.getElementById(row.dataset[name]);
    if (other) other.classList.toggle(css, on);
  }
};

for (const [on, off] of [
  ["mouseover", "mouseout"],
  ["focusin", "focusout"],
]) {
  document.addEventListener(on, (event) => light(event.target.closest(".row"), true));
  document.addEventListener(off, (event) => light(event.target.closest(".row"), false));
}
