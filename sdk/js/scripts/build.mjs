// What is published: a bundle for each place, and the types. Dependencies stay outside.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";

const typescript = createRequire(import.meta.url).resolve("typescript/bin/tsc");

await rm("dist", { recursive: true, force: true });
for (const [place, format, outfile] of [
  ["node", "esm", "dist/node.js"],
  ["node", "cjs", "dist/node.cjs"],
  ["browser", "esm", "dist/browser.js"],
]) {
  await build({
    entryPoints: ["src/index.ts"],
    outfile,
    format,
    bundle: true,
    packages: "external",
    platform: place === "node" ? "node" : "neutral",
    target: place === "node" ? "node18" : "es2022",
    alias: { "#platform": `./src/platform/${place}.ts` },
    sourcemap: true,
    sourcesContent: false,
    logLevel: "warning",
  });
}

execFileSync(process.execPath, [typescript, "-p", "tsconfig.build.json"], { stdio: "inherit" });
// The same types, told to be CommonJS: for those who call `require`.
await mkdir("dist/types-cjs", { recursive: true });
await cp("dist/types", "dist/types-cjs", { recursive: true });
await writeFile("dist/types-cjs/package.json", '{ "type": "commonjs" }\n');
