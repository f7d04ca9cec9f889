// Ages go on between two answers.
const began = new WeakMap();

const words = (s) => {
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
};

setInterval(() => {
  for (const age of document.querySelectorAll("#desk .age")) {
    if (!began.has(age)) began.set(age, Date.now() - Number(age.dataset.age) * 1000);
    age.textContent = words(Math.floor((Date.now() - began.get(age)) / 1000));
  }
}, 1000);
