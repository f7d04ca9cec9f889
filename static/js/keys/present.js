// Presenting: large type, and nothing but what is shown. One key, or the button in the head; it lasts for the tab.
const button = document.querySelector("[data-present]");

const remembered = () => {
  try {
    return sessionStorage.getItem("present") === "on";
  } catch {
    return false; // private mode
  }
};
const show = (on) => {
  document.body.classList.toggle("presents", on);
  button?.setAttribute("aria-pressed", String(on));
};

export const togglePresenting = () => {
  const on = !document.body.classList.contains("presents");
  show(on);
  try {
    sessionStorage.setItem("present", on ? "on" : "off");
  } catch {
    /* as above */
  }
};

if (button) {
  button.hidden = false;
  button.addEventListener("click", togglePresenting);
}
show(remembered());
