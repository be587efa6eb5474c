// The tracker in its own thread, so that the page stays responsive. remote_tracker.js calls it.
import { Programs } from "../dmb/programs.js";
import { Tracker } from "../dmb/tracker.js";

const MOST_THREADS = 4;
let tracker;

/** onnxruntime-web, for "wasm" or "webgpu". */
async function runtime(name) {
  const ort = await import(`../../vendor/ort.${name}.min.mjs`);
  // A page that is not isolated has no shared memory, and so no threads.
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) : 1;
  return ort;
}

const calls = {
  /** Read the programs in a folder, relative to a base address, for a device. Returns the number of wasm threads. */
  async open(folder, base, device) {
    const wasm = await runtime("wasm"),
      webgpu = device === "webgpu" ? await runtime("webgpu") : null;
    tracker = new Tracker(await Programs.read(folder, base, wasm, webgpu));
    return wasm.env.wasm.numThreads;
  },
  initialize: (image, box) => tracker.initialize(image, box),
  track: (image) => tracker.track(image),
};

self.onmessage = async ({ data: { id, call, values } }) => {
  const started = performance.now();
  try {
    self.postMessage({ id, result: await calls[call](...values), seconds: (performance.now() - started) / 1000 });
  } catch (error) {
    self.postMessage({ id, error: error.message ?? String(error) });
  }
};
