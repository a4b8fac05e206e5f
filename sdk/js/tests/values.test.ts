import { expect, test } from "vitest";
import { asScalar, asText, jsonable, toJson, validText } from "../src/values.js";

test("numbers, booleans and BigInts are scalars, and nothing else", () => {
  expect([1.5, true, false, 7n].map(asScalar)).toEqual([1.5, 1, 0, 7]);
  expect(["1", null, undefined, [], {}, new Date()].map(asScalar)).toEqual(
    Array(6).fill(undefined),
  );
});

test("what JSON does not have becomes what is nearest", () => {
  const odd = {
    nan: NaN,
    infinite: -Infinity,
    when: new Date(0),
    never: new Date(NaN),
    typed: new Float32Array([0.5, 1]),
    set: new Set([1]),
    map: new Map([[1, "one"]]),
    large: 2n ** 70n,
    small: 5n,
    fn: function named() {},
    error: new RangeError("off"),
    own: { toJSON: () => ({ a: 1 }) },
    none: undefined,
    holes: [undefined, 1],
  };
  expect(jsonable(odd)).toEqual({
    nan: null,
    infinite: null,
    when: "1970-01-01T00:00:00.000Z",
    never: null,
    typed: [0.5, 1],
    set: [1],
    map: { 1: "one" },
    large: "1180591620717411303424",
    small: 5,
    fn: "named",
    error: "RangeError: off",
    own: { a: 1 },
    holes: [null, 1],
  });
});

test("what holds itself is cut there, and what is there twice is not", () => {
  const circle: Record<string, unknown> = { name: "c" };
  circle.self = circle;
  const shared = { a: 1 };
  expect(toJson(circle)).toBe('{"name":"c","self":"…"}');
  expect(toJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
});

test("depth is bounded", () => {
  let deep: unknown = 1;
  for (let n = 0; n < 10_000; n++) deep = [deep];
  expect(toJson(deep)).toContain("…");
});

test("what throws when it is read is said by its name", () => {
  const hostile = {
    get x(): never {
      throw new Error("boom");
    },
  };
  expect(asText({ hostile })).toBe('{"hostile":"[object Object]"}');
});

test("lone surrogates are replaced and pairs are not", () => {
  expect(validText("a\ud800b")).toBe("a?b");
  expect(validText("\udc00")).toBe("?");
  expect(validText("🏠")).toBe("🏠");
});
