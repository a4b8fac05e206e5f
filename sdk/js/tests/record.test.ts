import { expect, test } from "vitest";
import { utf8, concat } from "../src/bytes.js";
import { Signal } from "../src/recorder/buffer.js";
import { crc32, encodeRecord, scan } from "../src/platform/record.js";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const record = (said: string): Uint8Array => encodeRecord(Signal.logs, utf8(said), 1n);

test("CRC-32 is zlib's", () => {
  expect(crc32(utf8("123456789"))).toBe(0xcbf43926);
});

test("what was encoded is scanned again, in order", () => {
  const long = "x".repeat(70_000);
  const found = [...scan(concat([record("one"), record(long), record("three")]))];
  expect(found.map(({ payload }) => text(payload))).toEqual(["one", long, "three"]);
  expect(found.every(({ signal, damaged }) => signal === Signal.logs && damaged === 0)).toBe(true);
});

test("a torn tail is left out", () => {
  const whole = concat([record("one"), record("two")]);
  for (let cut = 1; cut < record("two").length; cut++) {
    const found = [...scan(whole.subarray(0, whole.length - cut))];
    expect(found.map(({ payload }) => text(payload))).toEqual(["one"]);
  }
});

test("one flipped bit costs one record, wherever it is", () => {
  const first = record("one");
  const whole = concat([first, record("two"), record("three")]);
  for (let at = 0; at < first.length; at++) {
    const damaged = whole.slice();
    damaged[at]! ^= 0x10;
    const found = [...scan(damaged)];
    expect(found.map(({ payload }) => text(payload))).toEqual(["two", "three"]);
    expect(found[0]!.damaged).toBe(first.length);
  }
});
