// What a reader chose for the picture, kept in the browser.
export const keptOf = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // private mode
  }
};

export const keep = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* as above */
  }
};
