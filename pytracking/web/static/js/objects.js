/** The list of objects: choose, name, hide, remove. */

import { work } from "./api.js";
import { select, takeThat } from "./draw.js";
import { told } from "./notice.js";
import { refresh } from "./stage.js";
import { change, colourOf, onChange, state } from "./state.js";

const list = document.getElementById("object-list");
const fresh = document.getElementById("new-object");
const numbers = document.getElementById("numbers");
let listed = "";

/** Forget an object. */
export const remove = told(async (number) => {
  await work(`/objects/${number}`, "DELETE");
});

const rename = told((number, name) => work(`/objects/${number}`, "PATCH", { name }));

fresh.onclick = () => select(null);
numbers.onsubmit = told(async (event) => {
  event.preventDefault();
  const values = new FormData(numbers);
  await takeThat({ box: ["x", "y", "w", "h"].map((name) => Number(values.get(name))) });
});

onChange(() => {
  fresh.setAttribute("aria-pressed", state.selected === null);
  const now = JSON.stringify([state.objects, state.selected, [...state.hidden]]);
  if (now === listed || list.contains(document.activeElement) && document.activeElement.tagName === "INPUT") return;
  listed = now;
  const focused = document.activeElement?.dataset?.focus;
  list.replaceChildren(...state.objects.map(row));
  if (focused) list.querySelector(`[data-focus="${focused}"]`)?.focus();
});

function row({ number, name }) {
  const item = document.createElement("li");
  const choose = button(String(number), `Correct object ${number}, ${name}`, () => select(number));
  choose.className = "swatch";
  choose.dataset.focus = `choose${number}`;
  choose.style.background = colourOf(number);
  choose.setAttribute("aria-pressed", state.selected === number);
  const input = document.createElement("input");
  input.value = name;
  input.maxLength = 60;
  input.setAttribute("aria-label", `Name of object ${number}`);
  input.onchange = () => rename(number, input.value);
  input.onblur = () => change({});
  const isHidden = state.hidden.has(number);
  const hide = button(isHidden ? "○" : "●", `${isHidden ? "Show" : "Hide"} object ${number}`, () => toggle(number));
  hide.dataset.focus = `hide${number}`;
  const away = button("✕", `Remove object ${number}`, () => remove(number));
  item.append(choose, input, hide, away);
  return item;
}

function toggle(number) {
  const hidden = new Set(state.hidden);
  hidden.delete(number) || hidden.add(number);
  change({ hidden });
  refresh();
}

function button(text, label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = label;
  made.setAttribute("aria-label", label);
  made.onclick = action;
  return made;
}
