// Where keys belong to what has the focus.
const WRITTEN = [
  "input:not([type=checkbox]):not([type=radio]):not([type=range])",
  "textarea",
  "select",
  "[contenteditable]",
];
const OWN_KEYS = ["input", "textarea", "select", "dialog", "[contenteditable]", "pre[tabindex]"];

/** In a field in which letters are written. */
export const isWriting = (event) => Boolean(event.target.closest(WRITTEN.join(",")));

/** In something that has its own use for arrows and Space. */
export const hasOwnKeys = (event) => Boolean(event.target.closest(OWN_KEYS.join(",")));

/** With Ctrl, Alt or Meta a key belongs to the browser. */
export const isModified = (event) => event.ctrlKey || event.metaKey || event.altKey;
