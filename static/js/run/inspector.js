// The inspector: an open row requests everything about its event, and again while that event has more to come.
import "./countdown.js";
import { afterPress } from "../connection/press.js";
import { reveal } from "../fold/folding.js";
import { showCopyButtons } from "./copying.js";
import { shown, rows, run } from "./page.js";

const addressOf = (seq) => {
  const query = shown.step ? `?step=${Math.max(shown.step, seq)}` : "";
  return `${run.dataset.base}events/${seq}/${query}`;
};

let messages = 0; // that have come; an answer that is older than the last of them may have less than there is

const put = (old, html) => {
  const made = document.createRange().createContextualFragment(html).firstElementChild;
  if (!old.isConnected || old.contains(document.activeElement)) return;
  old.replaceWith(made);
  showCopyButtons(made);
};

const load = async (old) => {
  if (old.dataset.loading) return;
  old.dataset.loading = "1";
  const before = messages;
  try {
    const address = addressOf(old.closest(".row").dataset.seq);
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) {
      const html = await answer.text();
      afterPress(() => put(old, html));
    }
  } catch {
    /* away: what is there stays, the link leads to the page */
  } finally {
    delete old.dataset.loading;
  }
  if (messages !== before) afterPress(renew);
};

const renew = () => {
  for (const one of document.querySelectorAll("#lanes > .row > details[open] .inspect[data-under-way]")) load(one);
};

// A link to an event opens it: from the trace, the log, another event, another browser.
const arrive = () => {
  const row = /^#e-\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (!row || row.hidden) return;
  reveal(row);
  row.querySelector("details").open = true;
  row.scrollIntoView({ block: "center", behavior: "auto" });
  row.querySelector("summary").focus({ preventScroll: true });
};

const here = (hash = "") => `${location.pathname}${location.search}${hash}`;

const start = () => {
  document.addEventListener(
    "toggle",
    (event) => {
      const row = event.target.parentElement;
      if (row?.parentElement?.id !== "lanes") return;
      if (event.target.open) {
        const brief = row.querySelector(".inspect:not(.whole)");
        if (brief) load(brief);
        history.replaceState(null, "", here(`#${row.id}`));
      } else if (location.hash === `#${row.id}`) history.replaceState(null, "", here());
    },
    true,
  );
  document.body.addEventListener("htmx:wsAfterMessage", () => {
    messages += 1;
    renew();
  });
  document.addEventListener("focusout", () => setTimeout(renew)); // nothing is replaced under the focus
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href*="#e-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { pathname, hash } = new URL(link.href);
    if (pathname !== location.pathname) return;
    event.preventDefault(); // the same run: no reload, wherever in time the page is
    history.pushState(null, "", here(hash));
    arrive();
  });
  arrive();
};

if (run && rows()) start();
