// A folder of exported programs, and their input and output tensors: {dims, data}.
import { InputError } from "./errors.js";

const FORMAT = 1;
/** Parameters that `tracker.json` leaves out when they have no value. */
const OPTIONAL = { mask_area_ratio: null, redetection_interval: null };
/** These compute in float64, which WebGPU lacks. They run once. */
const ON_CPU = ["filter_covariance", "filter_start"];

/** Zeros, or these numbers, as a tensor. */
export const tensor = (dims, data = new Float32Array(dims.reduce((a, b) => a * b, 1))) => ({ dims, data });

/** The programs of a tracker, read once. */
export class Programs {
  #loaded = {};

  /**
   * @param folder address of the folder, relative to `base`.
   * @param base absolute address.
   * @param wasm onnxruntime-web for WebAssembly.
   * @param webgpu onnxruntime-web for WebGPU, or null; `wasm` runs the programs that WebGPU cannot.
   * @throws InputError where the folder does not exist, has another version, or lacks a program.
   */
  static async read(folder, base, wasm, webgpu = null) {
    const programs = new Programs(),
      facts = await readFacts(folder, base);
    Object.assign(programs, { facts, params: { ...OPTIONAL, ...facts.parameters } });
    for (const [name, { file }] of Object.entries(facts.programs)) {
      const answer = await fetch(new URL(`${folder}/${file}`, base));
      if (!answer.ok) throw new InputError(`${folder} lacks ${file}; ${hint(folder)}`);
      const content = new Uint8Array(await answer.arrayBuffer());
      const ort = webgpu && !ON_CPU.includes(name) ? webgpu : wasm;
      const options = { executionProviders: [ort === webgpu ? "webgpu" : "wasm"], logSeverityLevel: 3 };
      try {
        programs.#loaded[name] = { ort, session: await ort.InferenceSession.create(content, options) };
      } catch (error) {
        throw new InputError(`${folder}/${file} cannot be read (${error.message ?? error}); ${hint(folder)}`);
      }
    }
    return programs;
  }

  /** Run a program on the tensors it takes from `values`, and return its outputs by name. */
  async run(name, values) {
    const { inputs } = this.facts.programs[name],
      { ort, session } = this.#loaded[name],
      feeds = {};
    for (const [key, { type }] of Object.entries(inputs))
      feeds[key] = new ort.Tensor(type, values[key].data, values[key].dims);
    return session.run(feeds);
  }
}

const hint = (folder) => `write it with: python -m pytracking.export --format onnx --output ${folder}`;

async function readFacts(folder, base) {
  const path = `${folder}/tracker.json`,
    answer = await fetch(new URL(path, base));
  if (!answer.ok) throw new InputError(`${path} does not exist; ${hint(folder)}`);
  let facts;
  try {
    facts = await answer.json();
    if (facts.format === undefined) throw new Error("'format'");
  } catch (error) {
    throw new InputError(`${path} cannot be read (${error.message}); ${hint(folder)}`);
  }
  if (facts.format !== FORMAT)
    throw new InputError(`${path} is of format ${facts.format}, but ${FORMAT} is read here; ${hint(folder)}`);
  return facts;
}
