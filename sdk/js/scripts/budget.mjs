// How large the package is in a browser's bundle, minified, in kB of gzip: all of it without and with
// OpenTelemetry, and what is left when a program uses a part.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";

const OPENTELEMETRY = ["@opentelemetry/*"];
const CASES = [
  ["all of it", 'export * from "./dist/browser.js"', OPENTELEMETRY, 18],
  ["all of it, with OpenTelemetry", 'export * from "./dist/browser.js"', [], 28],
  ["chat traces alone", 'export { Run } from "./dist/browser.js"', OPENTELEMETRY, 12],
  ["a histogram alone", 'export { Histogram } from "./dist/browser.js"', OPENTELEMETRY, 4],
];

let over = 0;
for (const [what, contents, external, bound] of CASES) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    external,
    logLevel: "error",
  });
  const text = outputFiles[0].text;
  const size = gzipSync(text, { level: 9 }).length / 1000;
  const builtIn = /(from|import|require\()\s*["']node:/.test(text);
  const wrong = size > bound || builtIn;
  over += wrong;
  const said = wrong ? (builtIn ? "   USES NODE" : "   TOO LARGE") : "";
  console.log(`${what.padEnd(32)} ${size.toFixed(1).padStart(6)} kB of ${bound}${said}`);
}
if (over) process.exit(1);
