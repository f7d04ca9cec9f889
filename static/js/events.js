// The slider travels without a reload; where it stands is the address. At its right end the page is live again.
"use strict";
(() => {
  const form = document.getElementById("slide"),
    desk = document.getElementById("desk");
  if (!form) return;
  const slider = form.elements.version,
    said = document.getElementById("version-said");
  const account = form.elements.account.value;
  let query = location.search.slice(1),
    asked = 0;
  form.querySelector("button").hidden = true;

  const show = async () => {
    const turn = ++asked;
    const answer = await fetch(`${desk.dataset.page}?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || turn !== asked) return; // somebody has moved on meanwhile
    htmx.swap(desk, await answer.text(), { swapStyle: "innerHTML" });
  };
  slider.addEventListener("input", () => {
    const live = Number(slider.value) >= Number(slider.max);
    said.textContent = slider.value;
    query = new URLSearchParams(live ? { account } : { account, version: slider.value }).toString();
    history.replaceState(null, "", `?${query}`);
    document.querySelector("#operate [name=back]").value = query;
    document.getElementById("at").value = "";
    show();
  });
  // What renews itself asks for where one is now, and tells the slider how long the stream has become.
  desk.addEventListener("htmx:configRequest", (event) => {
    event.detail.path = `${desk.dataset.page}?${query}`;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    const told = document.getElementById("projector").dataset;
    if (!told.newest) return;
    slider.max = told.newest;
    if (document.activeElement === slider) return;
    slider.value = told.version;
    said.textContent = told.version;
  });
})();
