/** Begins the page. */

import { ask, begin, listen } from "./api.js";
import * as keys from "./keys.js";
import { say } from "./notice.js";
import * as open from "./open.js";
import "./objects.js";
import { forget } from "./stage.js";
import { isRunning, state, take } from "./state.js";
import * as takeaway from "./takeaway.js";
import "./timeline.js";
import { finish, keepUp } from "./transport.js";

for (const button of document.querySelectorAll("dialog .close")) button.onclick = () => button.closest("dialog").close();

async function start() {
  const about = await ask("/api/about");
  keys.prepare(about.keys);
  takeaway.prepare(about.formats);
  open.prepare(about);
  await begin();
  listen(hear, (why) => say(why, true));
}

async function hear(message) {
  const wasRunning = isRunning();
  const key = state.video?.key;
  const changed = take(message);
  if (!state.video) return;
  if (state.video.key !== key) forget();
  try {
    await keepUp(changed);
    if (wasRunning && !isRunning()) await finish();
  } catch (error) {
    say(error.message, true);
  }
}

start().then(() => state.video || open.show(), (error) => say(error.message, true));
