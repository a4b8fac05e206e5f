import { describe, expect, it } from "vitest";
import { ago, bytes, count, duration, measure, money, percent, sentence } from "../src/logic/format";
import { timeLabels } from "../src/logic/time_axis";

describe("numbers for people", () => {
  it.each([
    [0, "0"], [12, "12"], [999, "999"], [999.6, "999.6"], [1000, "1k"], [1234, "1.23k"], [20_500, "20.5k"],
    [999_999, "1M"], [1_234_567, "1.23M"], [-1500, "-1.5k"], [null, "–"],
  ])("counts %s as %s", (value, shown) => expect(count(value)).toBe(shown));

  it.each([
    [0, "0 ms"], [0.82, "820 µs"], [0.0001, "1 µs"], [340.4, "340 ms"], [999.6, "1.00 s"], [1200, "1.20 s"], [59_960, "1m 00s"],
    [125_000, "2m 05s"], [12_000_000, "3h 20m"], [187_200_000, "2d 4h"], [undefined, "–"],
  ])("lasts %s ms: %s", (value, shown) => expect(duration(value)).toBe(shown));

  it.each([
    [0, "$0"], [0.0042, "$0.0042"], [0.25, "$0.25"], [0.1, "$0.10"], [12.345, "$12.35"], [1234, "$1.23k"], [0.000001, "<$0.00001"], [null, "–"],
  ])("costs %s: %s", (value, shown) => expect(money(value)).toBe(shown));

  it.each([
    [1, "1"], [1234567, "1,234,567"], [0.12345, "0.1235"], [1e-5, "1e-5"], [2.5e-7, "2.5e-7"], [1e12, "1e12"], ["a", "a"], [null, "–"], [[1, 2], "[1,2]"],
  ])("measures %s: %s", (value, shown) => expect(measure(value)).toBe(shown));

  it("keeps the zeros of a column of measured values", () => {
    expect([2.03, 0.325, 189.1, 64, 12345.678, 0.00002].map((value) => measure(value, true))).toEqual(["2.030", "0.3250", "189.1", "64", "12350", "2e-5"]);
  });

  it("says shares and sizes", () => {
    expect([percent(0.1234), percent(0), percent(1), percent(null)]).toEqual(["12.3%", "0%", "100%", "–"]);
    expect([bytes(12), bytes(1400), bytes(2_500_000)]).toEqual(["12 B", "1.4 kB", "2.5 MB"]);
  });

  it("says how long ago", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    const before = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now);
    expect([0, 12, 300, 7200, 200_000].map(before)).toEqual(["now", "12s ago", "5m ago", "2h ago", "2d ago"]);
  });
});

describe("what the API says", () => {
  it.each([
    ["a viewer may not do this", "A viewer may not do this."],
    ["nothing_here is no column of spans", "nothing_here is no column of spans."],
    ["Is the server running?", "Is the server running?"],
    ["lr-0.1 is gone", "lr-0.1 is gone."],
    ["", ""],
  ])("%s → %s", (text, shown) => expect(sentence(text)).toBe(shown));
});

describe("times under a chart", () => {
  const at = (day: number, hour = 0, minute = 0, second = 0) => new Date(2026, 10, day, hour, minute, second).getTime() / 1000;

  it("are days where they lie days apart", () => {
    expect(timeLabels([at(15), at(16), at(17)], 86_400)).toEqual(["15 Nov", "16 Nov", "17 Nov"]);
  });
  it("are the clock's, with the day under the first time of it", () => {
    expect(timeLabels([at(15, 18), at(16), at(16, 6)], 21_600)).toEqual(["18:00\n15 Nov", "00:00\n16 Nov", "06:00"]);
  });
  it("have seconds where minutes would not tell them apart", () => {
    expect(timeLabels([at(15, 9, 30, 0), at(15, 9, 30, 15)], 15)).toEqual(["09:30:00\n15 Nov", "09:30:15"]);
  });
});
