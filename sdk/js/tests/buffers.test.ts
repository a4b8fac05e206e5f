import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { utf8 } from "../src/bytes.js";
import { DiskBuffer } from "../src/platform/disk-buffer.js";
import { Signal, type Buffer } from "../src/recorder/buffer.js";
import { MemoryBuffer } from "../src/recorder/memory-buffer.js";

const MOST = 1 << 30;
const meta = { api_base: "http://h", key: "", mode: "online" };
const folder = (): string => mkdtempSync(join(tmpdir(), "buffers-"));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

afterEach(() => vi.restoreAllMocks());

/** All that is in it, request by request, acknowledged as it is read. */
function drained(buffer: Buffer): string[] {
  const found: string[] = [];
  for (let batch = buffer.nextBatch(); batch; batch = buffer.nextBatch()) {
    for (const [signal, payload] of batch.requests) found.push(`${signal} ${text(payload)}`);
    buffer.acknowledge(batch);
  }
  return found;
}

for (const [kind, make] of [
  ["on disk", () => DiskBuffer.create(folder(), meta, MOST)],
  ["in memory", () => new MemoryBuffer()],
] as const) {
  test(`${kind}: what is appended is there until it is acknowledged, joined by signal`, () => {
    const buffer = make();
    buffer.append(Signal.traces, utf8("a"));
    buffer.append(Signal.metrics, utf8("m"));
    buffer.append(Signal.traces, utf8("b"));
    const first = buffer.nextBatch();
    buffer.append(Signal.logs, utf8("later"));
    expect(buffer.nextBatch()!.requests).toEqual(first!.requests);
    expect(buffer.isEmpty).toBe(false);
    expect(drained(buffer)).toEqual(["5 ab", "7 m", "6 later"]);
    expect(buffer.isEmpty).toBe(true);
  });

  test(`${kind}: a file is kept once, until it is removed`, () => {
    const buffer = make();
    buffer.addBlob("f00d", utf8("file"));
    buffer.addBlob("f00d", utf8("file"));
    expect(text(buffer.nextBlob()!.content)).toBe("file");
    expect(buffer.isEmpty).toBe(false);
    buffer.removeBlob("f00d");
    expect(buffer.nextBlob()).toBeUndefined();
  });

  test(`${kind}: batches are bounded`, () => {
    const buffer = make();
    for (let n = 0; n < 5; n++) buffer.append(Signal.logs, new Uint8Array(400_000));
    const sizes: number[] = [];
    for (let batch = buffer.nextBatch(); batch; batch = buffer.nextBatch()) {
      sizes.push(batch.requests[0]![1].length);
      buffer.acknowledge(batch);
    }
    expect(sizes).toEqual([800_000, 800_000, 400_000]);
  });
}

test("a buffer that is empty leaves nothing behind", () => {
  const root = folder();
  const buffer = DiskBuffer.create(root, meta, MOST);
  buffer.append(Signal.logs, utf8("x"));
  drained(buffer);
  buffer.close();
  expect(readdirSync(root)).toEqual([]);
});

test("what is left is the next one's; what is being sent is sent again as it was", () => {
  const root = folder();
  const buffer = DiskBuffer.create(root, meta, MOST);
  buffer.append(Signal.logs, utf8("one"));
  buffer.nextBatch();
  buffer.append(Signal.logs, utf8("two"));
  buffer.close();
  const next = DiskBuffer.adopt(buffer.where, MOST)!;
  expect(drained(next)).toEqual(["6 one", "6 two"]);
  next.append(Signal.logs, utf8("three"));
  expect(drained(next)).toEqual(["6 three"]);
  next.close();
  expect(existsSync(next.where)).toBe(false);
});

test("a buffer whose process lives is not taken; one whose process is gone is", () => {
  const buffer = DiskBuffer.create(folder(), meta, MOST);
  buffer.append(Signal.logs, utf8("mine"));
  expect(DiskBuffer.adopt(buffer.where, MOST)).toBeUndefined();
  const [pid, start] = readFileSync(join(buffer.where, "lock"), "utf8").split(" ");
  // The process id was given to another one since.
  writeFileSync(join(buffer.where, "lock"), `${pid} ${Number(start) + 1}`);
  expect(drained(DiskBuffer.adopt(buffer.where, MOST)!)).toEqual(["6 mine"]);
});

test("a buffer of Python's is left alone", () => {
  const buffer = DiskBuffer.create(folder(), meta, MOST);
  buffer.append(Signal.logs, utf8("x"));
  writeFileSync(join(buffer.where, "lock"), "");
  expect(DiskBuffer.adopt(buffer.where, MOST)).toBeUndefined();
});

test("on disk, the oldest go when it is full, and that is said", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const buffer = DiskBuffer.create(folder(), meta, 12 << 20);
  for (let n = 0; n < 10; n++) buffer.append(Signal.logs, new Uint8Array(3 << 20).fill(n));
  const seen = new Set<number>();
  for (let batch = buffer.nextBatch(); batch; batch = buffer.nextBatch()) {
    for (const [, payload] of batch.requests) {
      for (let at = 0; at < payload.length; at += 3 << 20) seen.add(payload[at]!);
    }
    buffer.acknowledge(batch);
  }
  expect(seen.has(9)).toBe(true);
  expect(seen.size).toBeLessThan(10);
  expect(warn).toHaveBeenCalledOnce();
});

test("in memory, the oldest go when it is full, but not what is being sent", () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const buffer = new MemoryBuffer();
  buffer.append(Signal.logs, utf8("sending"));
  const batch = buffer.nextBatch()!;
  for (let n = 0; n < 9; n++) buffer.append(Signal.logs, new Uint8Array(10 << 20));
  expect(buffer.nextBatch()).toBe(batch);
  buffer.acknowledge(batch);
  let kept = 0;
  for (let next = buffer.nextBatch(); next; next = buffer.nextBatch(), kept++)
    buffer.acknowledge(next);
  expect(kept).toBe(6);
});
