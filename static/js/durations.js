// Durations and decimals as the page's language writes them; the units come from the server (base.html).
const root = document.documentElement;
const [ms, s, min, h] = (root.dataset.units || "ms s min h").split(" ");

const decimal = (value, digits) =>
  value.toLocaleString(root.lang || "en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const seconds = (value, digits) => `${decimal(value, digits)} ${s}`;

export const duration = (value) => {
  if (value < 1000) return `${Math.round(value)} ${ms}`;
  if (value < 60000) return seconds(value / 1000, 2);
  return `${Math.floor(value / 60000)} ${min} ${Math.floor((value % 60000) / 1000)} ${s}`;
};

/** An age in whole seconds. */
export const age = (value) => {
  if (value < 60) return `${value} ${s}`;
  if (value < 3600) return `${Math.floor(value / 60)} ${min} ${value % 60} ${s}`;
  return `${Math.floor(value / 3600)} ${h} ${Math.floor((value % 3600) / 60)} ${min}`;
};
