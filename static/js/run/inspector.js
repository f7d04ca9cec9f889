// The inspector: an open row requests everything about its event, and again while that event has more to come.
import "./countdown.js";
import { reveal } from "../fold/folding.js";
import { showCopyButtons } from "./copying.js";
import { shown, rows, run } from "./page.js";

const addressOf = (seq) => {
  const query = shown.step ? `?step=${Math.max(shown.step, seq)}` : "";
  return `${run.dataset.base}events/${seq}/${query}`;
};

const put = (row, html) => {
  const made = document.createRange().createContextualFragment(html).firstElementChild;
  const now = row.querySelector(".inspect");
  if (!now.isConnected || now.contains(document.activeElement)) return;
  now.replaceWith(made);
  showCopyButtons(made);
};

const load = async (row, again = false) => {
  const old = row.querySelector(".inspect");
  if (!old || old.dataset.loading || (old.classList.contains("whole") && !again)) return;
  old.dataset.loading = "1";
  try {
    const answer = await fetch(addressOf(row.dataset.seq), { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) put(row, await answer.text());
  } catch {
    /* away: what is there stays, the link leads to the page */
  } finally {
    delete old.dataset.loading;
  }
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
        load(row);
        history.replaceState(null, "", here(`#${row.id}`));
      } else if (location.hash === `#${row.id}`) history.replaceState(null, "", here());
    },
    true,
  );
  document.body.addEventListener("htmx:wsAfterMessage", () => {
    const open = document.querySelector("#lanes > .row > details[open] .inspect[data-under-way]");
    if (open) load(open.closest(".row"), true);
  });
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
