// Beside each file of the build: the same as br and gz, so that the server compresses nothing.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = new URL("../../tracehouse_api/static/assets/", import.meta.url).pathname;
const SMALLEST = 1024;

for (const name of await readdir(folder)) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const content = await readFile(join(folder, name));
  if (content.length < SMALLEST) continue;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  await writeFile(join(folder, `${name}.br`), brotliCompressSync(content, quality));
  await writeFile(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
}
