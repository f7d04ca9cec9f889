// A competing withdrawal: started without leaving the page. While one is open, its fragment refreshes itself.
const panel = document.getElementById("rival");

const start = () => {
  const form = panel.querySelector("form");
  const wrong = panel.querySelector(".wrong");

  panel.addEventListener("htmx:afterSettle", () => {
    form.elements.key.value = document.getElementById("duels").dataset.key; // the next one is another; a double click was the same
    form.hidden = document.body.classList.contains("is-over");
  });
  form.addEventListener("htmx:beforeRequest", () => {
    wrong.textContent = "";
  });
  form.addEventListener("htmx:responseError", (event) => {
    wrong.textContent = event.detail.xhr.responseText;
  });
};

if (panel) start();
