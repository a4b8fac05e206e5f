import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hex, utf8 } from "../src/bytes.js";
import { runIdentity, sessionIdentity } from "../src/identity.js";
import { sha256 } from "../src/sha256.js";

test("SHA-256 is Node's, for every length around a block", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 100_003]) {
    const content = Uint8Array.from({ length }, (_, n) => (n * 31) & 0xff);
    expect(hex(sha256(content))).toBe(createHash("sha256").update(content).digest("hex"));
  }
});

test("ids are those that Python makes", () => {
  // By tracehouse_semconv.ids.
  expect(sessionIdentity("box-linux", "s-1")).toEqual({
    traceId: "a433909bbea1343a566b681ecee1f118",
    spanId: "b2cec0241451bee4",
  });
  expect(runIdentity("box-linux", "ü🏠")).toEqual({
    traceId: "740a933a8968aed8d1ff8d6b53e1ef9f",
    spanId: "6a5abe2f89b14fc0",
  });
  expect(sessionIdentity("m", "s", "run")).not.toEqual(sessionIdentity("m", "s"));
});

test("text is UTF-8", () => {
  expect(hex(utf8("ü"))).toBe("c3bc");
});
