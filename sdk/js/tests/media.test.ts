import { expect, test } from "vitest";
import { Histogram, Image, Table, Video } from "../src/media.js";

const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all);

test("a file's first bytes say what it is; a format goes before them", () => {
  expect(new Image(bytes(0xff, 0xd8, 0xff)).mime).toBe("image/jpeg");
  expect(new Image(utf8("RIFF....WEBP")).mime).toBe("image/webp");
  expect(new Video(utf8("....ftypqt  ")).mime).toBe("video/quicktime");
  expect(new Video(bytes(0)).mime).toBe("video/mp4");
  expect(new Image(bytes(0), { format: "jpg" }).mime).toBe("image/jpeg");
  expect(new Image(bytes(0), { format: "image/avif" }).mime).toBe("image/avif");
});

test("bytes are copied: what the program does with its own does not matter", () => {
  const own = bytes(1, 2, 3);
  const image = new Image(own);
  own[0] = 9;
  expect([...image.content]).toEqual([1, 2, 3]);
});

test("a histogram has an edge more than counts, leaves NaN out, and counts every number", () => {
  expect(new Histogram([1, 1, NaN, 2], 2).toJSON()).toEqual({
    _type: "histogram",
    counts: [2, 1],
    bins: [1, 1.5, 2],
  });
  expect(new Histogram([], 2).counts).toEqual([0, 0]);
  expect(new Histogram([3, 3], 1).edges).toEqual([2.5, 3.5]);
  expect(() => new Histogram({ counts: [1], edges: [0] })).toThrow("one edge more");
});

test("a row must fit the columns", () => {
  const table = new Table(["a"], [[1]]);
  expect(() => table.addData(1, 2)).toThrow("the row has 2 values and the table 1 columns");
});

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
