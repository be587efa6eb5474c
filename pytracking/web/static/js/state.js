/** What the page shows, in one place; whoever shows a part of it is told of changes. */

export const state = {
  video: null, // name, width, height, length, rate, key
  objects: [], // number, name, colour
  rows: new Map(), // frame -> {number: [score, state's first letter, drawn, change]}
  run: null,
  undo: false,
  memories: false,
  busy: {},
  frame: 0,
  selected: null, // number of the object that is corrected by what is drawn; null: what is drawn is a new one
  tool: "box",
  erase: false,
  radius: 12,
  before: false, // whether outlines from before the last change are shown
  hidden: new Set(),
};

const listeners = [];

/** Have a function called after every change. */
export function onChange(listener) {
  listeners.push(listener);
}

/** Change some of the state. */
export function change(part) {
  Object.assign(state, part);
  for (const listener of listeners) listener();
}

/** Take what the server says of a session. Returns the frames whose rows changed; null: all. */
export function take(message) {
  const { visit, frames, all } = message;
  const isNew = visit.video?.key !== state.video?.key;
  if (all || isNew) state.rows = new Map();
  for (const [index, row] of Object.entries(frames)) state.rows.set(Number(index), row);
  const numbers = visit.objects.map((each) => each.number);
  const part = { ...visit };
  if (isNew) Object.assign(part, { frame: 0, hidden: new Set() });
  if (isNew || !numbers.includes(state.selected)) part.selected = null;
  change(part);
  return all || isNew ? null : Object.keys(frames).map(Number);
}

/** Whether objects are being followed. */
export function isRunning() {
  return state.run !== null && ["waiting", "running"].includes(state.run.phase);
}

/** The colour of an object, as CSS has it. */
export function colourOf(number) {
  const found = state.objects.find((each) => each.number === Number(number));
  return found ? `rgb(${found.colour.join(" ")})` : "white";
}
