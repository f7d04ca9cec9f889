// Durations and decimals as the page's language writes them; the units come from the server (base.html).
const root = document.documentElement;
const [ms, s, min] = (root.dataset.units || "ms s min").split(" ");

const decimal = (value, digits) =>
  value.toLocaleString(root.lang || "en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const seconds = (value, digits) => `${decimal(value, digits)} ${s}`;

export const duration = (value) => {
  if (value < 1000) return `${Math.round(value)} ${ms}`;
  if (value < 60000) return seconds(value / 1000, 2);
  return `${Math.floor(value / 60000)} ${min} ${Math.floor((value % 60000) / 1000)} ${s}`;
};
