import { describe, expect, it } from "vitest";
import { csv } from "../src/logic/csv";
import { arranged, cellText, filesOf, heat, histogramOf, nearest, tableOf } from "../src/logic/logged";
import { grown } from "../src/logic/readings";

const picture = { type: "image", sha256: "a".repeat(64), mime: "image/png", caption: "a cat" };
const table = { columns: ["n", "said"], rows: [[10, "<b>zebra</b>"], [9, "ape"], [null, "item 10"], [-3, "item 9"]] };

describe("a logged table", () => {
  it("is one, or is in a chart that was made from one", () => {
    const stored = { _type: "table", columns: ["a"], data: [[1]] };
    expect(tableOf(stored)).toEqual({ columns: ["a"], rows: [[1]] });
    expect(tableOf({ _type: "chart", title: "t", table: stored })?.rows).toEqual([[1]]);
    for (const none of [null, "x", {}, { columns: ["a"] }, { table: 7 }]) expect(tableOf(none)).toBeNull();
  });
  it("comes by size, what is empty last, whichever way", () => {
    expect(arranged(table, "", "n")).toEqual([3, 1, 0, 2]);
    expect(arranged(table, "", "-n")).toEqual([0, 1, 3, 2]);
    expect(arranged(table, "", "said").slice(-2)).toEqual([3, 2]);
    expect(arranged(table, "", "no such column")).toEqual([0, 1, 2, 3]);
  });
  it("is searched in every column, whatever the case", () => {
    expect(arranged(table, "ITEM", "-n")).toEqual([3, 2]);
    expect(arranged(table, "10", "")).toEqual([0, 2]);
  });
  it("knows the files of its cells, and nothing else as such", () => {
    expect(filesOf(picture)).toHaveLength(1);
    expect(filesOf([picture, picture])).toHaveLength(2);
    for (const none of [[picture, 1], { sha256: "x", mime: "image/png" }, { sha256: "a".repeat(64) }, "text", null]) expect(filesOf(none)).toEqual([]);
    expect(cellText(picture)).toBe("a cat");
    expect(cellText({ a: 1 })).toBe('{"a":1}');
  });
  it("is saved with quotes where they are needed, and without formulas", () => {
    expect(csv([["a,b", 'say "x"', "=1+1", "-5", -5, null]])).toBe('"a,b","say ""x""",\'=1+1,-5,-5,');
  });
});

describe("histograms over steps", () => {
  const at = (step: number, counts: number[], bins: number[]) => ({ step, time: "", counts, bins });
  it("stand on one range, by density", () => {
    const { cells, low, high } = heat([at(0, [4, 4], [0, 1, 5]), at(1, [9], [5, 10])], 10);
    expect([low, high]).toEqual([0, 10]);
    expect([...cells.slice(0, 10)]).toEqual([1, 0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0, 0]);
    expect([...cells.slice(10)]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  });
  it("are counts with one edge more", () => {
    expect(histogramOf({ counts: [1], bins: [0, 1], more: 1 })).toEqual({ counts: [1], bins: [0, 1] });
    for (const none of [null, "x", {}, { counts: ["1"], bins: [0, 1] }, { counts: [1], bins: [0] }, { counts: [], bins: [0] }]) expect(histogramOf(none)).toBeUndefined();
  });
  it("of nothing are empty", () => expect(heat([at(0, [0], [0, 1])], 2).cells.some(Boolean)).toBe(false));
});

it("the nearest step is found", () => expect([nearest([0, 10, 20], 14), nearest([0, 10, 20], 99)]).toEqual([1, 2]));

describe("readings of a machine", () => {
  const time = (second: number) => new Date(second * 1000).toISOString();
  const cpu = (...seconds: number[]) => ({ key: "cpu", time: seconds.map(time), mean: seconds.map(Number) });
  const told = (key: string, ...seconds: number[]) => ({ key, time: seconds.map(time), value: seconds });
  it("go on behind what is there, with those of a new part", () => {
    const after = grown([cpu(1, 2)], time(2), [told("cpu", 2, 3), told("gpu", 3)])!;
    expect(after.map((one) => [one.key, one.mean])).toEqual([["cpu", [1, 2, 3]], ["gpu", [3]]]);
  });
  it("with a gap are asked for again", () => {
    expect(grown([cpu(1, 2)], time(9), [])).toBeNull();
    expect(grown([], new Date(0).toISOString(), [])).toEqual([]);
  });
  it("become means of two where they are very many", () => {
    const many = Array.from({ length: 1000 }, (_, at) => at);
    const [series] = grown([cpu(...many)], time(999), [told("cpu", 1000, 1001)])!;
    expect([series!.time.length, series!.mean[0], series!.mean.at(-1), series!.time.at(-1)]).toEqual([501, 0.5, 1000.5, time(1001)]);
  });
});
