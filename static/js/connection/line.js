// What is known of the line to the server, for everything on the page that listens or sends.
export const line = {
  sockets: new Map(), // element → its socket while it is open, null while it is not
  failed: false, // the last question that repeats itself had no answer
  off: false, // nothing can be sent
  retryAt: 0, // when a closed socket is tried again
  waits: false, // a renewal waits until the focus has left its place
  paused: false, // the page shows a moment of the past
  over: false, // nothing more is to come
};
