// An operator's buttons: no reload, for the answer comes over the socket. Without a socket they are sent as any form.
import { heard } from "./chip.js";
import { shown } from "./page.js";

const form = document.getElementById("operate");

const complain = async (answer) => {
  const note = document.createElement("div");
  note.className = answer.status === 409 ? "notice warn" : "notice bad"; // 409: done by another request
  note.textContent = await answer.text();
  document.getElementById("notices").replaceChildren(note);
};

form?.addEventListener("submit", async (event) => {
  if (heard.socket?.readyState !== WebSocket.OPEN || shown.paused) return;
  event.preventDefault();
  const button = event.submitter;
  button.disabled = true;
  try {
    const body = new FormData(form, button);
    const headers = { "X-Requested-With": "fetch" };
    const answer = await fetch(button.formAction, { method: "POST", body, headers });
    if (!answer.ok) await complain(answer);
  } finally {
    setTimeout(() => {
      button.disabled = false;
    }, 800);
  }
});
