import { expect, test } from "vitest";
import { hex, utf8 } from "../src/bytes.js";
import { Writer } from "../src/otlp/writer.js";

function written(write: (to: Writer) => void): string {
  const writer = new Writer();
  write(writer);
  return hex(writer.finish());
}

test("integers are varints, negative ones of ten bytes", () => {
  expect(written((to) => to.int(0x08, 0))).toBe("0800");
  expect(written((to) => to.int(0x08, 300))).toBe("08ac02");
  expect(written((to) => to.int(0x08, 2 ** 40))).toBe("08808080808020");
  expect(written((to) => to.int(0x08, -1))).toBe("08ffffffffffffffffff01");
});

test("messages know their length, however long they become", () => {
  for (const length of [0, 100, 127, 128, 16_383, 16_384, 2_097_152]) {
    const writer = new Writer();
    const message = writer.begin(0x0a);
    writer.raw(new Uint8Array(length).fill(1));
    writer.end(message);
    writer.raw(Uint8Array.of(7));
    const expected = new Writer();
    expected.bytes(0x0a, new Uint8Array(length).fill(1));
    expected.raw(Uint8Array.of(7));
    expect(Buffer.compare(writer.finish(), expected.finish())).toBe(0);
  }
});

test("texts are UTF-8, short and long", () => {
  for (const text of ["", "plain", "ü", `${"a".repeat(63)}ü`, "ü".repeat(100)]) {
    const expected = new Writer();
    expected.bytes(0x0a, utf8(text));
    expect(written((to) => to.text(0x0a, text))).toBe(hex(expected.finish()));
  }
});

test("fixed numbers are little endian", () => {
  expect(written((to) => to.fixed64(0x09, 1n))).toBe("090100000000000000");
  expect(written((to) => to.fixed64(0x09, -1n))).toBe("09ffffffffffffffff");
  expect(written((to) => to.double(0x21, 0.5))).toBe("21000000000000e03f");
});
