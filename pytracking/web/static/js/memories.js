/** The picture of what both memories do in the shown frame. */

import { address, work } from "./api.js";
import { told } from "./notice.js";
import { onChange, state } from "./state.js";

const at = (id) => document.getElementById(id);
const dialog = at("memories-dialog");
let shown = "";

/** Show it, or hide it. */
export function toggle() {
  dialog.open ? dialog.close() : dialog.show();
  at("memories").setAttribute("aria-pressed", dialog.open);
  update();
}

at("memories").onclick = toggle;
dialog.addEventListener("close", () => at("memories").setAttribute("aria-pressed", false));
at("watch").onchange = told((event) => work("/memories", "POST", { wanted: event.target.checked }));
onChange(update);

async function update() {
  at("watch").checked = state.memories;
  const now = JSON.stringify([state.video?.key, state.frame, state.rows.get(state.frame), state.memories]);
  if (!dialog.open || !state.video || now === shown) return;
  shown = now;
  const response = await fetch(address(`/frames/${state.frame}/memories`));
  const picture = at("memories-picture");
  picture.hidden = !response.ok;
  at("memories-message").textContent = response.ok ? `frame ${state.frame}` : (await response.json()).error;
  if (response.ok) picture.src = URL.createObjectURL(await response.blob());
}
