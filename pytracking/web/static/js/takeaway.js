/** Taking results away. */

import { address, work } from "./api.js";
import { onChange, state } from "./state.js";

const at = (id) => document.getElementById(id);
const dialog = at("take-dialog");
const VIDEO = "video";

/** List the formats. */
export function prepare(formats) {
  const items = formats.map(({ name, title }) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.format = name;
    button.textContent = `${name}: ${title}`;
    button.onclick = () => make(name);
    item.append(button);
    return item;
  });
  at("format-list").replaceChildren(...items);
}

/** Have a file written, and fetch it; a video is shown too. */
export async function make(name) {
  at("take-message").textContent = "";
  try {
    const made = await work("/files", "POST", { format: name });
    const file = address(`/files/${encodeURIComponent(made.name)}`);
    if (name === VIDEO) {
      at("result-video").src = `${file}?show=1`;
      at("result-video").hidden = false;
    }
    const link = document.createElement("a");
    link.href = file;
    link.download = made.name;
    link.click();
  } catch (error) {
    at("take-message").textContent = error.message;
    dialog.open || dialog.showModal();
  }
}

at("take-away").onclick = () => {
  at("take-message").textContent = "";
  at("result-video").hidden = true;
  dialog.showModal();
};
onChange(() => {
  at("make-progress").hidden = !state.busy.total;
  if (state.busy.total) at("make-progress").value = state.busy.done / state.busy.total;
});
