// Serves a built folder on this machine: npm start -- [FOLDER] [--port N]
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { parseArgs } from "node:util";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".mp4": "video/mp4",
};
/** Without these two headers a browser gives WebAssembly no threads. */
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

const { values, positionals } = parseArgs({
  options: { port: { type: "string", default: "8080" } },
  allowPositionals: true,
});
const root = resolve(process.env.INIT_CWD ?? ".", positionals[0] ?? join(import.meta.dirname, "site"));

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const path = join(root, decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
  const found = path.startsWith(root + sep) ? await stat(path).catch(() => null) : null;
  if (!found?.isFile()) return response.writeHead(404, ISOLATED).end("not found");
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  response.writeHead(200, { ...ISOLATED, "Content-Type": type, "Content-Length": found.size });
  createReadStream(path).pipe(response);
}

const server = createServer((request, response) =>
  answer(request, response).catch(() => response.writeHead(400).end()),
);
server.on("error", (error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
});
server.listen(Number(values.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
