/** The tracker in `worker.js`: like `Tracker`, but for ImageData. */
export class RemoteTracker {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #count = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { id, error, result, seconds } }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      this.seconds = seconds;
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    };
  }

  /** @throws Error where the folder cannot be used. Resolves to the number of threads of WebAssembly. */
  open(folder, device) {
    return this.#ask("open", [folder, document.baseURI, device]);
  }

  /** Start on the target in a box [x, y, w, h] of ImageData. */
  initialize(image, box) {
    return this.#ask("initialize", [picture(image), box]);
  }

  /** Follow it into the next frame; `seconds` says how long it took. */
  track(image) {
    return this.#ask("track", [picture(image)]);
  }

  close() {
    this.#worker.terminate();
  }

  #ask(call, values) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(++this.#count, { resolve, reject });
      this.#worker.postMessage({ id: this.#count, call, values });
    });
  }
}

const picture = ({ width, height, data }) => ({ width, height, channels: 4, data });
