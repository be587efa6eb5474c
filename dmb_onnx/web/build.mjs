// Puts the page, onnxruntime-web, the programs and a clip into one folder for any static server: node build.mjs --help
import { cp, mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const HERE = import.meta.dirname;
const USAGE = `usage: npm run build -- [--programs FOLDER] [--output FOLDER]

--programs: what \`python -m pytracking.export --format onnx --output FOLDER\` wrote (../../exported)
--output: a new folder, for any static server (site)`;
/** Copied from node_modules to vendor/. */
const VENDORS = [
  ...["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
  ...["ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"],
]
  .map((name) => `onnxruntime-web/dist/${name}`)
  .concat("mediabunny/dist/bundles/mediabunny.min.mjs");
const EXPORT = "write it with: python -m pytracking.export --format onnx --output";
const CLIP = "../../pytracking/web/clip/big_buck_bunny.mp4";

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function build({ programs, output }) {
  if (!(await exists(join(HERE, "node_modules")))) throw new Error("the packages are not installed; run: npm ci");
  if (!(await exists(join(programs, "tracker.json"))))
    throw new Error(`${join(programs, "tracker.json")} does not exist; ${EXPORT} ${programs}`);
  if (await exists(output)) throw new Error(`${output} is there already; give another name, or move it away`);
  await mkdir(join(output, "vendor"), { recursive: true });
  for (const name of ["index.html", "style.css", "js"])
    await cp(join(HERE, name), join(output, name), { recursive: true });
  for (const name of VENDORS)
    await cp(join(HERE, "node_modules", name), join(output, "vendor", name.split("/").at(-1)));
  await cp(programs, join(output, "programs"), { recursive: true, filter: (path) => !path.endsWith(".pt2") });
  await cp(join(HERE, CLIP), join(output, "clip.mp4"));
  console.log(`written: ${output}; look at it with: npm start -- ${output}`);
}

try {
  const options = { programs: { type: "string" }, output: { type: "string" }, help: { type: "boolean" } };
  const { values } = parseArgs({ options });
  // npm runs scripts in this folder, but paths are relative to the caller's.
  const given = (path, otherwise) => (path ? resolve(process.env.INIT_CWD ?? ".", path) : join(HERE, otherwise));
  if (values.help) console.log(USAGE);
  else await build({ programs: given(values.programs, "../../exported"), output: given(values.output, "site") });
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
