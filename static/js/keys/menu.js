// The groups of the menu: opened, they lie over the page, and close when one goes elsewhere or presses Escape.
const groups = [...document.querySelectorAll(".menu details.group")];

const close = (group) => {
  group.open = false;
};

document.addEventListener("pointerdown", (event) => {
  groups.filter((group) => !group.contains(event.target)).forEach(close);
});
for (const group of groups) {
  group.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !group.contains(event.relatedTarget)) close(group);
  });
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !group.open) return;
    event.stopPropagation();
    close(group);
    group.querySelector("summary").focus();
  });
}
