// "Copy link to this set-up": the address of a page, or of a form as it is filled in at this moment.
const DONE_MS = 1500;
const OWN = new Set(["csrfmiddlewaretoken", "key"]);

/** Of a failure that is not chosen nobody needs to know how often it would fire. */
const isWanted = (name, value, chosen) => {
  const [dose, ...of] = name.split(":");
  if (OWN.has(name) || typeof value !== "string" || !value) return false;
  return !["times", "ms"].includes(dose) || !of.length || chosen.has(of.join(":"));
};

const filled = (form) => {
  const fields = new FormData(form);
  const chosen = new Set(fields.getAll("fault"));
  const wanted = [...fields].filter(([name, value]) => isWanted(name, value, chosen));
  return `?${new URLSearchParams(wanted)}`;
};

const address = ({ copySetup, of }) => {
  const there = new URL(copySetup || location.pathname, location.href);
  const form = of && document.querySelector(of);
  if (form) there.search = filled(form);
  return there.href;
};

/** Also where there is no secure context, as in a classroom's network. */
const write = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
};

for (const button of document.querySelectorAll("[data-copy-setup]")) {
  const word = button.querySelector("span");
  const before = word.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await write(address(button.dataset));
    word.textContent = button.dataset.done;
    button.focus();
    setTimeout(() => {
      word.textContent = before;
    }, DONE_MS);
  });
}
