import { describe, expect, it } from "vitest";
import type { OutlinedSpan } from "../src/api/types";
import { overviewOf, PAINTS, runs } from "../src/logic/overview";
import { grow, type Tree } from "../src/logic/tree";
import { around, bar, mark, marks, moved, readRange, stepOf, within, writeRange, zoomed } from "../src/logic/waterfall";

type Given = [id: string, parent: string | null, start: number, lasts: number | null, more?: Partial<OutlinedSpan>];

function tree(...spans: Given[]): Tree {
  return grow(
    spans.map(([span_id, parent_span_id, start, duration_ms, more]) => ({
      span_id, parent_span_id, start_time: new Date(1_700_000_000_000 + start).toISOString(), duration_ms,
      status: "ok", kind: "span", step_kind: null, total_tokens: 0, cost_usd: null, pending: duration_ms === null, ...more,
    }) as unknown as OutlinedSpan),
  );
}

const all = { from: 0, to: 100 };

describe("a bar", () => {
  it("lies where its span does, and reaches to now while that is pending", () => {
    expect(bar(25, 50, all, 100)).toMatchObject({ left: 0.25, width: 0.25, beyond: null });
    expect(bar(50, null, all, 80).width).toBeCloseTo(0.3);
    expect(bar(0, 0, { from: 0, to: 0 }, 0)).toMatchObject({ left: 0, width: 1 });
  });
  it("is cut at the ends of what is shown", () => {
    expect(bar(0, 100, { from: 25, to: 75 }, 100)).toEqual({ left: 0, width: 1, beyond: null, cutLeft: true, cutRight: true });
    expect(bar(50, 100, { from: 0, to: 75 }, 100)).toMatchObject({ width: 1 - 50 / 75, cutLeft: false, cutRight: true });
  });
  it("says on which side it would be", () => {
    expect(bar(0, 20, { from: 25, to: 75 }, 100)).toMatchObject({ beyond: "before", width: 0 });
    expect(bar(80, 90, { from: 25, to: 75 }, 100)).toMatchObject({ beyond: "after", width: 0 });
  });
});

describe("a zoom", () => {
  it("keeps what is under the pointer where it is", () => {
    const closer = zoomed(all, 0.5, 100, 0.2);
    expect(closer).toEqual({ from: 10, to: 60 });
    expect(closer.from + 0.2 * 50).toBe(20);
  });
  it("never leaves the trace, nor gets longer than it", () => {
    expect(zoomed({ from: 0, to: 50 }, 4, 100)).toEqual(all);
    expect(moved({ from: 80, to: 100 }, 0.5, 100)).toEqual({ from: 80, to: 100 });
    expect(within({ from: -20, to: 30 }, 100)).toEqual({ from: 0, to: 50 });
    expect(zoomed({ from: 100, to: 100 }, 1, 100)).toEqual({ from: 99.999, to: 100 });
    expect(zoomed({ from: 5, to: 5.0001 }, 0.001, 100).to).toBeGreaterThan(5);
  });
  it("leaves room beside the span it goes to, also beside one without any length", () => {
    expect(around(40, 60, 100)).toEqual({ from: 38, to: 62 });
    const point = around(50, 50, 100);
    expect(point.from).toBeLessThan(50);
    expect(point.to).toBeGreaterThan(50);
  });
  it("is read from the address as it was written there", () => {
    expect(writeRange({ from: 12.34567, to: 40 }, 100)).toBe("12.35-40");
    expect(readRange("12.35-40", 100)).toEqual({ from: 12.35, to: 40 });
    expect(writeRange({ from: 0.0012347, to: 0.0022347 }, 100)).toBe("0.001235-0.002235");
    expect(writeRange(all, 100)).toBe("");
    expect(readRange("90-4000", 100)).toEqual({ from: 90, to: 100 });
    for (const wrong of ["", "40-12", "a-b", "200-300", "1-2-3", "-5-10"]) expect(readRange(wrong, 100)).toBeNull();
  });
});

describe("the marks of a time line", () => {
  it("are round, as a clock is from a second on", () => {
    expect(marks({ from: 0, to: 2715 }, 5)).toEqual([0, 1000, 2000]);
    expect(marks({ from: 0.9, to: 2.05 }, 5)).toEqual([1, 1.5, 2]);
    expect(stepOf({ from: 0, to: 700_000 }, 6)).toBe(120_000);
    expect(stepOf({ from: 0, to: 26 * 3_600_000 }, 5)).toBe(6 * 3_600_000);
    expect(stepOf({ from: 0, to: 1000 * 86_400_000 }, 5)).toBe(200 * 86_400_000);
  });
  it("stand in what is shown, and nowhere else", () => {
    expect(marks({ from: 1234, to: 1267 }, 4)).toEqual([1240, 1250, 1260]);
    expect(marks({ from: 5, to: 5 }, 4)).toEqual([5]);
  });
  it("are told apart by what they say", () => {
    expect([0, 20_000, 60_000, 65_000].map((ms) => mark(ms, 5000))).toEqual(["0", "20 s", "1m 00s", "1m 05s"]);
    expect([60_120, 60_140].map((ms) => mark(ms, 20))).toEqual(["1m 00.12s", "1m 00.14s"]);
    expect([1240, 1250].map((ms) => mark(ms, 10))).toEqual(["1.24 s", "1.25 s"]);
    expect([1, 1.5].map((ms) => mark(ms, 0.5))).toEqual(["1.0 ms", "1.5 ms"]);
    expect(mark(0.02, 0.01)).toBe("20 µs");
    expect([600_000, 3_600_000, 93_600_000].map((ms) => mark(ms, 600_000))).toEqual(["10m", "1h 0m", "1d 2h 0m"]);
    expect(mark(7_200_000, 3_600_000)).toBe("2h");
  });
});

describe("the overview of a trace", () => {
  const asked = { columns: 10, lanes: 12, length: 100, now: 100 };
  const paintAt = (seen: ReturnType<typeof overviewOf>, lane: number, column: number) => PAINTS[seen.paint[lane * seen.columns + column]!];

  it("has a lane a depth, and in each cell what covers most of it", () => {
    const seen = overviewOf(tree(["a", null, 0, 100, { kind: "agent" }], ["b", "a", 0, 34, { kind: "generation" }], ["c", "a", 34, 26, { kind: "tool" }]).branches.values(), asked);
    expect(seen.lanes).toBe(2);
    expect([0, 9].map((column) => paintAt(seen, 0, column))).toEqual(["agent", "agent"]);
    expect([0, 2, 3, 5, 6].map((column) => paintAt(seen, 1, column))).toEqual(["generation", "generation", "tool", "tool", undefined]);
    expect(seen.density[10 + 2]).toBeCloseTo(1);
    expect(seen.density[10 + 6]).toBe(0);
  });
  it("shows a span that is shorter than any pixel, and one at the very end", () => {
    const seen = overviewOf(tree(["a", null, 0, 100], ["b", "a", 55, 0, { kind: "tool" }], ["c", "a", 100, 0, { kind: "tool" }]).branches.values(), asked);
    expect([paintAt(seen, 1, 5), paintAt(seen, 1, 9)]).toEqual(["tool", "tool"]);
    expect(seen.density[10 + 5]).toBeLessThan(0.1);
  });
  it("marks where something failed by itself, and not what holds it", () => {
    const failed = { status: "error" } as const;
    const seen = overviewOf(tree(["a", null, 0, 100, failed], ["b", "a", 20, 15, failed], ["c", "a", 60, 5]).branches.values(), asked);
    expect([...seen.errors]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect([paintAt(seen, 0, 5), paintAt(seen, 1, 2), paintAt(seen, 1, 6)]).toEqual(["other", "bad", "other"]);
  });
  it("puts deep trees into the lanes there are", () => {
    const chain = Array.from({ length: 40 }, (_, at): Given => [`s${at}`, at ? `s${at - 1}` : null, 0, 100]);
    const seen = overviewOf(tree(...chain).branches.values(), asked);
    expect(seen.lanes).toBe(12);
    expect(paintAt(seen, 11, 9)).toBe("other");
  });
  it("lets what is pending reach to now", () => {
    const seen = overviewOf(tree(["a", null, 0, null], ["b", "a", 10, null, { kind: "tool" }]).branches.values(), { ...asked, now: 50 });
    expect([paintAt(seen, 1, 4), paintAt(seen, 1, 5)]).toEqual(["tool", undefined]);
  });
  it("counts 50,000 spans over 3,000 columns in one pass", () => {
    const many = tree(...Array.from({ length: 50_000 }, (_, at): Given => [`s${at}`, at ? `s${Math.floor((at - 1) / 8)}` : null, at / 500, 100 - at / 500, at % 1000 === 999 ? { status: "error" } : {}]));
    const begun = performance.now();
    const seen = overviewOf(many.branches.values(), { ...asked, columns: 3000 });
    const took = performance.now() - begun;
    expect(seen.errors.some(Boolean)).toBe(true);
    expect(runs(seen).length).toBeLessThan(3000 * seen.lanes);
    expect(took).toBeLessThan(3000); // 50,000 spans each as wide as the strip: 75 M cells one by one
  });
});

describe("cells side by side that look the same", () => {
  it("are one rectangle", () => {
    const seen = overviewOf(tree(["a", null, 0, 100, { kind: "agent" }], ["b", "a", 0, 20, { kind: "tool" }]).branches.values(), { columns: 10, lanes: 12, length: 100, now: 100 });
    expect(runs(seen)).toEqual([
      { lane: 0, column: 0, width: 10, paint: "agent", strength: 8 },
      { lane: 1, column: 0, width: 2, paint: "tool", strength: 8 },
    ]);
  });
});
