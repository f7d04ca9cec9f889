// The slider travels without a reload; where it stands is the address. At its right end the page is live again.
import "./desk.js";

const form = document.getElementById("slide");
const desk = document.getElementById("desk");

const start = () => {
  const slider = form.elements.version;
  const said = document.getElementById("version-said");
  const account = form.elements.account.value;
  const isLive = () => Number(slider.value) >= Number(slider.max);
  let query = location.search.slice(1);
  form.querySelector("button").hidden = true;

  slider.addEventListener("input", () => {
    said.textContent = slider.value;
    query = new URLSearchParams(isLive() ? { account } : { account, version: slider.value }).toString();
    history.replaceState(null, "", `?${query}`);
    const back = document.querySelector("#operate [name=back]"); // only operators have it
    if (back) back.value = query;
    document.getElementById("at").value = "";
  });
  form.addEventListener("htmx:configRequest", (event) => {
    if (isLive()) delete event.detail.parameters.version;
  });
  // The refresh requests the version that is shown, and sets the slider to the length of the stream.
  desk.addEventListener("htmx:configRequest", (event) => {
    event.detail.path = `${desk.dataset.page}?${query}`;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    const shown = document.getElementById("projector").dataset;
    if (!shown.newest) return;
    slider.max = shown.newest;
    if (document.activeElement === slider) return;
    slider.value = shown.version;
    said.textContent = shown.version;
  });
};

if (form) start();
