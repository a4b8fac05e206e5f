// How large the build is, and whether that is within what a page may load (kB of gzip).
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const INITIAL = 120;
const ROUTE = 40;
// What a page loads once it is shown, because it is too large to wait for; each by name.
const LATER = { "src/pages/sql/editor.ts": 130 };

const folder = new URL("../../tracehouse_api/static/", import.meta.url).pathname;
const manifest = JSON.parse(await readFile(join(folder, ".vite/manifest.json"), "utf8"));

const sizes = new Map();
async function size(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(await readFile(join(folder, file)), { level: 9 }).length / 1000);
  return sizes.get(file);
}

// A chunk and all that it imports before it runs.
function closure(key, found = new Set()) {
  if (found.has(key)) return found;
  found.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, found);
  return found;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const initial = closure(entry);
const rows = [];
async function measure(name, keys, bound) {
  let script = 0;
  let style = 0;
  for (const key of keys) {
    script += await size(manifest[key].file);
    for (const file of manifest[key].css ?? []) style += await size(file);
  }
  rows.push({ name, script, style, bound });
}
await measure("initial", initial, INITIAL);
// What is there before a chunk is asked for: the first load, and the pages that open it.
function before(key) {
  const openers = Object.keys(manifest).filter((one) => manifest[one].dynamicImports?.includes(key) && !initial.has(one));
  const shared = openers.map((one) => closure(one)).reduce((all, one) => (all ? new Set([...all].filter((has) => one.has(has))) : one), null);
  return new Set([...initial, ...(shared ?? [])]);
}
for (const key of Object.keys(manifest)) {
  if (!manifest[key].isDynamicEntry) continue;
  const there = before(key);
  await measure(key.replace(/^src\//, ""), [...closure(key)].filter((one) => !there.has(one)), LATER[key] ?? ROUTE);
}

let over = 0;
for (const { name, script, style, bound } of rows) {
  const isOver = script > bound;
  over += isOver;
  console.log(`${name.padEnd(44)} js ${script.toFixed(1).padStart(6)} kB of ${bound}   css ${style.toFixed(1).padStart(5)} kB${isOver ? "   TOO LARGE" : ""}`);
}
if (over) process.exit(1);
