/** What the page asks the server for. Every call throws an Error whose message is the server's sentence. */

const KEY = "dmb-visit";
let visit = null;

/** Send a request; `body` is sent as JSON. Returns the answer's JSON. */
export async function ask(path, method = "GET", body = undefined) {
  const options = { method };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  return read(await reach(path, options));
}

/** The address of something within this session. */
export function address(path) {
  return `/api/visits/${visit}${path}`;
}

/** `ask` within this session. */
export function work(path, method = "GET", body = undefined) {
  return ask(address(path), method, body);
}

/** Begin a session, or go on with the one that this tab had. `keep`: whether one may go on. */
export async function begin(keep = true) {
  const known = keep ? sessionStorage.getItem(KEY) : null;
  if (known && (await fetch(`/api/visits/${known}`)).ok) {
    visit = known;
    return;
  }
  visit = (await ask("/api/visits", "POST")).id;
  sessionStorage.setItem(KEY, visit);
}

/** Call `tell` with all that the server says of this session, `ended` with why it has ended. */
export function listen(tell, ended) {
  const source = new EventSource(address("/events"));
  source.onmessage = (event) => tell(JSON.parse(event.data));
  source.addEventListener("ended", (event) => {
    source.close();
    ended(JSON.parse(event.data).error);
  });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) ended("the server does not answer: reload the page");
  };
  addEventListener("pagehide", () => navigator.sendBeacon(address("/leave")));
}

/** Send a file, with `progress(share)` on the way. Returns its name on the server. */
export function upload(file, name, folder, progress) {
  const query = new URLSearchParams(folder ? { name, folder } : { name });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(`/uploads?${query}`));
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Error("the upload broke off: the server refused it, or does not answer"));
    request.onload = () => {
      const answer = parse(request.responseText);
      request.status < 300 ? resolve(answer.name) : reject(new Error(answer.error));
    };
    request.send(file);
  });
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("the server does not answer: is it still running?");
  }
}

async function read(response) {
  const answer = parse(await response.text());
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { error: "the server's answer cannot be read: reload the page" };
  }
}
