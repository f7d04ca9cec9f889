// The help about keys, and the switch with which single keys are turned off (WCAG 2.1.4); the buttons stay.
const help = document.getElementById("help");
const opener = document.querySelector("[data-help]");
const setting = help?.querySelector("[data-keys]");

const remembered = () => {
  try {
    return localStorage.getItem("keys");
  } catch {
    return null; // private mode
  }
};
const remember = (value) => {
  try {
    localStorage.setItem("keys", value);
  } catch {
    /* as above */
  }
};

export const isHelpOpen = () => Boolean(help?.open);
export const showHelp = () => {
  if (help && !help.open) help.showModal();
};

if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", showHelp);
}
if (setting) {
  setting.checked = remembered() !== "off";
  setting.addEventListener("change", () => remember(setting.checked ? "on" : "off"));
}
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key.length === 1 && setting && !setting.checked) event.stopImmediatePropagation();
  },
  true,
);
