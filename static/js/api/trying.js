// Calls that are tried from the page that describes them: what is filled in is sent, and said as a line for a terminal.
import "../run/copying.js";

const MOST = 60_000; // letters of an answer that are shown

const fieldsOf = (form, place) => [...form.querySelectorAll(`[data-in="${place}"]`)].filter((one) => one.value);

const addressOf = (form) => {
  let path = form.getAttribute("action");
  for (const one of fieldsOf(form, "path")) path = path.replace(`{${one.name}}`, encodeURIComponent(one.value));
  const query = new URLSearchParams(fieldsOf(form, "query").map((one) => [one.name, one.value]));
  return path + (query.size ? `?${query}` : "");
};

const asked = (form) => {
  const { method } = form.dataset;
  const body = form.querySelector('[data-in="body"]')?.value.trim();
  const headers = Object.fromEntries(fieldsOf(form, "header").map((one) => [one.name, one.value]));
  if (method !== "GET") headers["Content-Type"] = "application/json";
  return { method, headers, ...(method !== "GET" && { body: body || "{}" }) };
};

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const curlOf = (form) => {
  const { method, headers, body } = asked(form);
  const verb = method === "GET" ? "" : `-X ${method} `;
  const heads = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const data = body ? [`-d ${quoted(body)}`] : [];
  return [`curl ${verb}${quoted(location.origin + addressOf(form))}`, ...heads, ...data].join(" \\\n  ");
};

const readable = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

const show = (form, status, took, text) => {
  const answer = form.querySelector(".answer");
  const code = answer.querySelector(".status-code");
  code.textContent = status;
  code.classList.toggle("refused", !status.startsWith("2"));
  answer.querySelector(".took").textContent = took;
  answer.querySelector("pre").textContent = text.length > MOST ? `${text.slice(0, MOST)}\n…` : text;
  answer.hidden = false;
};

const send = async (form) => {
  const none = form.querySelector(".answer pre").dataset.none;
  const begun = performance.now();
  try {
    const answer = await fetch(addressOf(form), asked(form));
    const text = await answer.text();
    const ms = Math.round(performance.now() - begun);
    show(form, `${answer.status} ${answer.statusText}`.trim(), `${ms} ms`, readable(text));
  } catch {
    show(form, none, "", "");
  }
};

// Whoever tries a call about a run needs its number.
const offerRuns = async () => {
  const list = document.getElementById("newest-runs");
  if (list.dataset.asked) return;
  list.dataset.asked = "1";
  try {
    const { runs } = await (await fetch("/api/runs?limit=12")).json();
    for (const run of runs) list.append(new Option(`${run.protocol} ${run.account} ${run.status}`, run.id));
    for (const field of document.querySelectorAll('input[list="newest-runs"]')) field.value ||= runs[0]?.id ?? "";
  } catch {
    list.dataset.asked = "";
  }
};

for (const details of document.querySelectorAll(".trying")) {
  const form = details.querySelector("form");
  const curl = details.parentElement.querySelector(".curl");
  details.hidden = false;
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    if (form.querySelector('[list="newest-runs"]')) await offerRuns();
    curl.textContent = curlOf(form);
  });
  form.addEventListener("input", () => {
    curl.textContent = curlOf(form);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
