// The inspector: an open row asks for everything about its event, and asks again while that event has more to come.
"use strict";
(() => {
  const lanes = document.getElementById("lanes");
  const run = document.getElementById("run");

  const load = async (row, again) => {
    const old = row.querySelector(".inspect");
    if (!old || old.dataset.loading || (old.classList.contains("whole") && !again)) return;
    old.dataset.loading = "1";
    const step = window.distviz?.here?.();
    try {
      const answer = await fetch(
        `${run.dataset.base}events/${row.dataset.seq}/${step ? `?step=${Math.max(step, row.dataset.seq)}` : ""}`,
        { headers: { "X-Requested-With": "fetch" } },
      );
      if (!answer.ok) return;
      const made = document.createRange().createContextualFragment(await answer.text()).firstElementChild;
      const now = row.querySelector(".inspect");
      if (!now.isConnected || now.contains(document.activeElement)) return;
      now.replaceWith(made);
      dress(made);
    } catch {
      /* away: what is there stays, the link leads to the page */
    } finally {
      delete old.dataset.loading;
    }
  };
  const dress = (part) => {
    for (const button of part.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  };
  dress(document);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = [...button.closest("section").querySelectorAll(".copied pre")]
      .map((one) => one.textContent)
      .join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = before;
    }, 1500);
  });

  setInterval(() => {
    for (const counter of document.querySelectorAll(".count[data-until]")) {
      const left = (Date.parse(counter.dataset.until) - Date.now()) / 1000;
      counter.textContent = left > 0 && !window.distviz?.paused ? `${left.toFixed(1)} s` : "";
    }
  }, 100);

  if (!lanes || !run) return;
  const seen = (row) => {
    history.replaceState(null, "", `${location.pathname}${location.search}#${row.id}`);
  };
  document.addEventListener(
    "toggle",
    (event) => {
      const row = event.target.parentElement;
      if (row?.parentElement?.id !== "lanes") return;
      if (event.target.open) {
        load(row);
        seen(row);
      } else if (location.hash === `#${row.id}`) history.replaceState(null, "", location.pathname + location.search);
    },
    true,
  );
  document.body.addEventListener("htmx:wsAfterMessage", () => {
    const open = document.querySelector("#lanes > .row > details[open] .inspect[data-under-way]");
    if (open) load(open.closest(".row"), true);
  });

  // A link to an event opens it: from the trace, the log, another event, another browser.
  const arrive = (smooth) => {
    const row = /^#e-\d+$/.test(location.hash) && document.querySelector(location.hash);
    if (!row || row.hidden) return;
    row.querySelector("details").open = true;
    row.scrollIntoView({ block: "center", behavior: smooth ? "smooth" : "auto" });
    row.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", () => arrive(false));
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href*="#e-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || new URL(link.href).pathname !== location.pathname)
      return;
    event.preventDefault(); // the same run: no reload, wherever in time the page is
    history.pushState(null, "", location.pathname + location.search + new URL(link.href).hash);
    arrive(false);
  });
  arrive(false);
})();
