// Buttons that copy what stands in their section.
const DONE_MS = 1500;

/** Where nothing can be copied there is no button. */
export const showCopyButtons = (part) => {
  for (const button of part.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
};

const copy = async (button) => {
  const texts = [...button.closest("section").querySelectorAll(".copied pre")].map((one) => one.textContent);
  try {
    await navigator.clipboard.writeText(texts.join("\n"));
  } catch {
    return;
  }
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => {
    button.textContent = before;
  }, DONE_MS);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
showCopyButtons(document);
