// The desk: it renews itself, row by row, and what is pressed in a row is answered in that row.
import "./ages.js";
import { lay, renew, replace } from "./laying.js";
import { keepPlaces } from "./places.js";

const EVERY_MS = 2000;
const SOON_MS = 300;
const desk = document.getElementById("desk");
const acted = new Set(new URLSearchParams(location.search).getAll("acted"));
let busy = 0; // presses under way: the page is not renewed meanwhile

const parse = (html) => new DOMParser().parseFromString(html, "text/html").body;
const asScript = { "X-Requested-With": "fetch" };

// --- renewing ---------------------------------------------------------------------------------------------------------
const renewGroup = (old, fresh) => {
  const title = old.querySelector("h2");
  const next = fresh.querySelector("h2");
  if (title.innerHTML !== next.innerHTML) title.innerHTML = next.innerHTML;
  lay(old.querySelector(".items"), [...fresh.querySelector(".items").children], renew);
};

const show = (html) => {
  const answer = parse(`<div>${html}</div>`).firstChild;
  keepPlaces(answer);
  lay(desk, [...answer.children], (old, fresh) => {
    old.hidden = fresh.hidden;
    if ("group" in old.dataset) renewGroup(old, fresh);
    else renew(old, fresh);
  });
  htmx.trigger(document.body, "attention");
};

const look = async () => {
  if (busy || document.hidden) return;
  const query = [...acted].map((one) => `acted=${encodeURIComponent(one)}`).join("&");
  try {
    const answer = await fetch(`${desk.dataset.desk}?${query}`, { headers: asScript });
    if (answer.ok) {
      const html = await answer.text();
      if (!busy) show(html);
    }
    document.body.classList.toggle("offline", !answer.ok);
  } catch {
    document.body.classList.add("offline");
  }
};

// --- pressing ---------------------------------------------------------------------------------------------------------
const complain = (row, text) => {
  row.querySelector(":scope > .wrong")?.remove();
  const line = document.createElement("p");
  line.className = "wrong";
  line.setAttribute("role", "alert");
  line.textContent = text;
  row.querySelector("header").after(line);
};

const post = async (form, button) => {
  const body = new FormData(form);
  if (button?.name) body.set(button.name, button.value);
  const url = button?.getAttribute("formaction") || form.getAttribute("action"); // form.action is a button here
  const answer = await fetch(url, { method: "POST", body, headers: asScript });
  const isPage = (answer.headers.get("Content-Type") || "").startsWith("text/html");
  return { answer, text: await answer.text(), isPage };
};

const take = (row, { answer, text, isPage }) => {
  if (!isPage || answer.status >= 500) {
    complain(row, answer.status >= 500 ? desk.dataset.failed : text);
    return false;
  }
  if (row.dataset.run) acted.add(row.dataset.run);
  const fresh = parse(text).firstElementChild;
  if (fresh) replace(row, fresh);
  return answer.ok;
};

const press = async (form, button) => {
  const row = form.closest("[data-row]");
  busy += 1;
  row.setAttribute("aria-busy", "true");
  try {
    return take(row, await post(form, button));
  } catch {
    complain(row, desk.dataset.failed);
    return false;
  } finally {
    busy -= 1;
    row.removeAttribute("aria-busy");
  }
};

// --- many at once -----------------------------------------------------------------------------------------------------
const retry = async (id) => {
  const form = document.getElementById(id)?.querySelector("form.do");
  return form ? press(form, form.querySelector("[data-retry]")) : false;
};

const pressMany = async (form) => {
  const rows = [...form.closest("[data-group]").querySelectorAll("[data-row]:has([data-retry])")];
  const ids = rows.slice(0, Number(form.elements.n.value)).map((row) => row.id);
  const bar = form.querySelector("progress");
  let failed = 0;
  const tell = (done) => {
    bar.value = done;
    form.querySelector("output").textContent = `${done} / ${ids.length}${failed ? ` (✕ ${failed})` : ""}`;
  };
  bar.max = ids.length || 1;
  bar.hidden = false;
  form.querySelector("button").disabled = true;
  busy += 1;
  tell(0);
  for (const [i, id] of ids.entries()) {
    if (!(await retry(id))) failed += 1; // one after the other: each answer is laid into its row
    tell(i + 1);
  }
  busy -= 1;
  form.querySelector("button").disabled = false;
  look();
};

if (desk) {
  setInterval(look, EVERY_MS);
  desk.addEventListener("submit", async (event) => {
    event.preventDefault();
    if ("batch" in event.target.dataset) {
      await pressMany(event.target);
      return;
    }
    await press(event.target, event.submitter);
    setTimeout(look, SOON_MS);
  });
}
