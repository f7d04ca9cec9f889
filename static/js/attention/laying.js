// Newer HTML is merged into the page: only what has changed is replaced, and what is typed, opened or focused stays.
// (idiomorph does this for htmx, but no Python package brings it for htmx 2; see docs/decisions.md.)

const fields = (part) => [...part.querySelectorAll("input:not([type=hidden])")];
const details = (part) => [...part.querySelectorAll("details")];

const keepTyped = (old, fresh) => {
  for (const field of fields(old)) {
    const next = fields(fresh).find((one) => one.name === field.name);
    if (next && field.value !== field.defaultValue) next.value = field.value;
  }
};
const keepOpened = (old, fresh) => {
  const opened = details(old).map((one) => one.open);
  for (const [i, one] of details(fresh).entries()) one.open = opened[i] || false;
};
const sameAs = (focus, fresh) => {
  if (focus.id) return fresh.querySelector(`#${CSS.escape(focus.id)}`);
  const buttons = [...fresh.querySelectorAll("button")];
  return buttons.find((one) => one.value === focus.value && one.textContent === focus.textContent);
};

/** A node makes way for a newer one. */
export const replace = (old, fresh) => {
  keepTyped(old, fresh);
  keepOpened(old, fresh);
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const cursor = focus && focus.selectionStart;
  const again = focus && sameAs(focus, fresh);
  old.replaceWith(fresh);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (cursor !== null && again.setSelectionRange) again.setSelectionRange(cursor, cursor);
};

// What differs with each answer and says nothing: tokens, and ages.
const said = (node) =>
  node.outerHTML
    .replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "")
    .replace(/(<span class="age[^>]*data-age=")[^"]*"[^<]*/g, "$1");

const isAlike = (one, other) => one.tagName === other.tagName && one.className === other.className;

/** Only the parts that are news, so that a button never changes under the pointer for nothing. */
export const renew = (old, fresh) => {
  const before = [...old.children];
  const after = [...fresh.children];
  const alike = before.length === after.length && before.every((one, i) => isAlike(one, after[i]));
  if (!alike || old.className !== fresh.className) {
    replace(old, fresh);
    return;
  }
  for (const [i, one] of before.entries()) if (said(one) !== said(after[i])) replace(one, after[i]);
};

/** The wanted children, by their ids: those that are there are updated, others come and go. */
export const lay = (parent, wanted, update) => {
  const ids = new Set(wanted.map((one) => one.id));
  for (const child of [...parent.children]) if (!ids.has(child.id)) child.remove();
  for (const [i, fresh] of wanted.entries()) {
    const old = [...parent.children].find((one) => one.id === fresh.id);
    if (old) update(old, fresh);
    else parent.insertBefore(fresh, parent.children[i] || null);
  }
};
