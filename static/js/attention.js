// The desk: it renews itself, row by row, and what is pressed in a row is answered in that row.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  if (!desk) return;
  const EVERY = 2000;
  const acted = new Set(new URLSearchParams(location.search).getAll("acted"));
  let busy = 0;

  // What differs with each answer and says nothing: tokens, and ages.
  const said = (node) =>
    node.outerHTML
      .replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "")
      .replace(/(<span class="age[^>]*data-age=")[^"]*"[^<]*/g, "$1");

  // A node makes way for a newer one; what somebody has typed or opened stays, and the focus too.
  const swap = (old, fresh) => {
    for (const field of old.querySelectorAll("input:not([type=hidden])")) {
      const next = fresh.querySelector(`input[name="${field.name}"]:not([type=hidden])`);
      if (next && field.value !== field.defaultValue) next.value = field.value;
    }
    const opened = [...old.querySelectorAll("details")].map((one) => one.open);
    [...fresh.querySelectorAll("details")].forEach((one, i) => {
      one.open = opened[i] || false;
    });
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const cursor = focus && focus.selectionStart;
    const again =
      focus &&
      (focus.id
        ? fresh.querySelector(`#${CSS.escape(focus.id)}`)
        : [...fresh.querySelectorAll("button")].find(
            (one) => one.value === focus.value && one.textContent === focus.textContent,
          ));
    old.replaceWith(fresh);
    if (again) {
      again.focus({ preventScroll: true });
      if (cursor !== null && again.setSelectionRange) again.setSelectionRange(cursor, cursor);
    }
  };

  // Only the parts that are news, so that a button never changes under the pointer for nothing.
  const renew = (old, fresh) => {
    const before = [...old.children],
      after = [...fresh.children];
    const alike =
      before.length === after.length &&
      before.every((one, i) => one.tagName === after[i].tagName && one.className === after[i].className);
    if (!alike || old.className !== fresh.className) return swap(old, fresh);
    before.forEach((one, i) => {
      if (said(one) !== said(after[i])) swap(one, after[i]);
    });
    return undefined;
  };

  // What was acted upon stays where it was pressed, and says there what came of it.
  const keepPlaces = (answer) => {
    for (const row of answer.querySelectorAll("#cause-done [data-row]")) {
      const here = document.getElementById(row.id)?.closest("[data-group]");
      if (!here || here.id === "cause-done") continue;
      let group = answer.querySelector(`#${here.id}`);
      if (!group) {
        group = here.cloneNode(true);
        group.querySelector(".items").replaceChildren();
        answer.querySelector("#cause-done").before(group);
      }
      const place = [...here.querySelectorAll("[data-row]")].findIndex((one) => one.id === row.id);
      const items = group.querySelector(".items");
      items.insertBefore(row, items.children[place] || null);
    }
    const done = answer.querySelector("#cause-done");
    done.hidden = !done.querySelector("[data-row]");
    const well = answer.querySelector("#all-well");
    if (answer.querySelector("[data-group]:not(#cause-done) [data-row]")) well.hidden = true;
  };

  const lay = (parent, wanted, update) => {
    const ids = new Set(wanted.map((one) => one.id));
    for (const child of [...parent.children]) if (!ids.has(child.id)) child.remove();
    wanted.forEach((fresh, i) => {
      const old = [...parent.children].find((one) => one.id === fresh.id);
      if (!old) parent.insertBefore(fresh, parent.children[i] || null);
      else update(old, fresh);
    });
  };

  const show = (html) => {
    const answer = new DOMParser().parseFromString(`<div>${html}</div>`, "text/html").body.firstChild;
    keepPlaces(answer);
    lay(desk, [...answer.children], (old, fresh) => {
      old.hidden = fresh.hidden;
      if (!("group" in old.dataset)) return renew(old, fresh);
      const title = old.querySelector("h2"),
        next = fresh.querySelector("h2");
      if (title.innerHTML !== next.innerHTML) title.innerHTML = next.innerHTML;
      lay(old.querySelector(".items"), [...fresh.querySelector(".items").children], renew);
      return undefined;
    });
    htmx.trigger(document.body, "attention");
  };

  const look = async () => {
    if (busy || document.hidden) return;
    const query = [...acted].map((one) => `acted=${encodeURIComponent(one)}`).join("&");
    try {
      const answer = await fetch(`${desk.dataset.desk}?${query}`, { headers: { "X-Requested-With": "fetch" } });
      if (answer.ok) {
        const html = await answer.text();
        if (!busy) show(html);
      }
      document.body.classList.toggle("offline", !answer.ok);
    } catch {
      document.body.classList.add("offline");
    }
  };
  setInterval(look, EVERY);

  const complain = (row, text) => {
    row.querySelector(":scope > .wrong")?.remove();
    const line = document.createElement("p");
    line.className = "wrong";
    line.setAttribute("role", "alert");
    line.textContent = text;
    row.querySelector("header").after(line);
  };

  const press = async (form, button) => {
    const row = form.closest("[data-row]");
    const body = new FormData(form);
    if (button?.name) body.set(button.name, button.value);
    const url = button?.getAttribute("formaction") || form.getAttribute("action"); // form.action is a button here
    busy += 1;
    row.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
      const text = await answer.text();
      if (!(answer.headers.get("Content-Type") || "").startsWith("text/html") || answer.status >= 500) {
        complain(row, answer.status >= 500 ? desk.dataset.failed : text);
        return false;
      }
      if (row.dataset.run) acted.add(row.dataset.run);
      const fresh = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
      if (fresh) swap(row, fresh);
      return answer.ok;
    } catch {
      complain(row, desk.dataset.failed);
      return false;
    } finally {
      busy -= 1;
      row.removeAttribute("aria-busy");
    }
  };

  const batch = async (form) => {
    const rows = [...form.closest("[data-group]").querySelectorAll("[data-row]")].filter((row) =>
      row.querySelector("[data-retry]"),
    );
    const ids = rows.slice(0, Number(form.elements.n.value)).map((row) => row.id);
    const bar = form.querySelector("progress"),
      out = form.querySelector("output"),
      button = form.querySelector("button");
    let done = 0,
      sent = 0;
    const tell = () => {
      bar.value = done;
      out.textContent = `${done} / ${ids.length}${done > sent ? ` (✕ ${done - sent})` : ""}`;
    };
    bar.max = ids.length || 1;
    bar.hidden = false;
    button.disabled = true;
    busy += 1;
    tell();
    for (const id of ids) {
      const again = document.getElementById(id)?.querySelector("form.do");
      if (again && (await press(again, again.querySelector("[data-retry]")))) sent += 1;
      done += 1;
      tell();
    }
    busy -= 1;
    button.disabled = false;
    look();
  };

  desk.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    if ("batch" in form.dataset) return void batch(form);
    return void press(form, event.submitter).then(() => setTimeout(look, 300));
  });

  // Ages go on between two answers.
  const began = new WeakMap();
  setInterval(() => {
    for (const age of desk.querySelectorAll(".age")) {
      if (!began.has(age)) began.set(age, Date.now() - Number(age.dataset.age) * 1000);
      const s = Math.floor((Date.now() - began.get(age)) / 1000);
      age.textContent = age.textContent.replace(
        /^.*$/s,
        s < 60
          ? `${s} s`
          : s < 3600
            ? `${Math.floor(s / 60)} min ${s % 60} s`
            : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`,
      );
    }
  }, 1000);
})();
