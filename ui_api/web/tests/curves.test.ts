import { describe, expect, it } from "vitest";
import { append, behind, curve, joined, withoutOutliers } from "../src/logic/curves";
import type { NewPoints } from "../src/api/types";
import { sections } from "../src/logic/sections";
import { smooth } from "../src/logic/smoothing";

const series = (steps: number[]) => ({
  key: "loss", count: steps.length, exact: true, x: steps, step: steps, min: steps, max: steps, mean: steps, last: steps,
});

describe("smoothing", () => {
  it("leaves a constant as it is, from the first point on", () => {
    for (const value of smooth([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
  });
  it("keeps gaps, and goes on after them", () => expect(smooth([1, null, 1], 0.5)).toEqual([1, null, 1]));
  it("weighs the last point by what is not kept", () => expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(0.5 / 0.75, 12));
  it("without weight gives back what it got", () => expect(smooth([1, 5], 0)).toEqual([1, 5]));
});

describe("curves", () => {
  it("take NaN and the infinities as gaps", () => {
    expect(curve({ ...series([1, 2]), mean: ["NaN", 2], min: ["NaN", 1], max: ["Infinity", 3] }).y).toEqual([null, 2]);
  });
  it("take times as seconds", () => expect(curve({ ...series([1]), x: ["1970-01-01T00:00:02Z"] }).x).toEqual([2]));
  const told = (after: number | null, ...step: number[]): NewPoints => ({ key: "k", after, step, time: step.map((one) => `1970-01-01T00:00:0${one}Z`), value: step });
  it("grow at their end, by what they do not have", () => {
    const grown = append(series([1, 2]), told(1, 2, 3), "step");
    expect([grown?.step, grown?.count, grown?.mean.at(-1)]).toEqual([[1, 2, 3], 3, 3]);
    expect(append(series([1, 2]), told(2, 3), "time")?.x.at(-1)).toBe("1970-01-01T00:00:03Z");
  });
  it("do not grow over a gap, nor begin in the middle", () => {
    expect(append(series([1, 2]), told(4, 5), "step")).toBeNull();
    expect(append(series([1, 2]), told(2), "step")?.count).toBe(2);
    expect(append(series([1, 2]), told(3), "step")).toBeNull();
    expect([behind(told(null, 1), "step")?.count, behind(told(3, 4), "step")]).toEqual([1, null]);
  });
  it("in buckets go on in buckets as wide, and forget no spike", () => {
    const buckets = { ...series([9, 19, 29]), count: 30, exact: false };
    const steps = Array.from({ length: 25 }, (_, at) => 30 + at);
    const value = steps.map((step) => (step === 33 ? 1000 : step === 34 ? -1000 : 1));
    const grown = append(buckets, { key: "k", after: 29, step: steps.slice(0, 4), time: [], value: value.slice(0, 4) }, "step")!;
    const whole = append(grown, { key: "k", after: 33, step: steps.slice(4), time: [], value: value.slice(4) }, "step")!;
    expect([whole.count, whole.exact, whole.step]).toEqual([55, false, [9, 19, 29, 39, 49, 54]]);
    expect([whole.max[3], whole.min[3], whole.mean[4]]).toEqual([1000, -1000, 1]);
    expect(whole.mean[3]).toBeCloseTo(0.8, 12);
    expect([whole.x[3], whole.last[3]]).toEqual([39, 1]);
    expect(buckets.step).toEqual([9, 19, 29]);
  });
  it("in buckets take NaN for nothing", () => {
    const grown = append({ ...series([0, 10, 20]), exact: false }, { key: "k", after: 20, step: [21, 22], time: [], value: ["NaN", 4] }, "step")!;
    expect([grown.min.at(-1), grown.max.at(-1), grown.mean.at(-1)]).toEqual([4, 4, 4]);
  });
  it("of a range end where it ends, and miss nothing of what lies behind", () => {
    expect(append(series([1, 2]), told(2, 3, 4, 5), "step", "4")?.step).toEqual([1, 2, 3, 4]);
    expect(append(series([1, 2]), told(90, 91), "step", "4")?.step).toEqual([1, 2]);
    expect(append(series([1, 2]), told(3, 4), "step", "4")).toBeNull();
  });
  it("take the end that was asked for, once", () => {
    expect(joined(series([1, 2]), series([2, 3, 4]), "step").step).toEqual([1, 2, 3, 4]);
    const rough = joined(series([1, 2]), { ...series([5, 9]), exact: false, count: 7 }, "step");
    expect([rough.step, rough.exact]).toEqual([[1, 2, 5, 9], false]);
  });
  it("over another metric stay in its order", () => {
    const loss = { ...series([1, 2]), x: [0.1, 0.9] };
    expect(joined(loss, { ...series([2, 3]), x: [0.9, 0.5] }, "acc").x).toEqual([0.1, 0.5, 0.9]);
    expect(joined(loss, { ...series([2, 3]), x: [0.9, 0.5] }, "acc").step).toEqual([1, 3, 2]);
  });
  it("are shown without outliers only where those hide the rest", () => {
    const calm = Array.from({ length: 200 }, (_, at) => at % 10);
    expect(withoutOutliers(calm)).toBeNull();
    const [low, high] = withoutOutliers([...calm, 1e6])!;
    expect(low).toBeLessThan(0);
    expect(high).toBeLessThan(20);
  });
});

it("sections go by the name before the slash, those without one first", () => {
  expect(sections(["train/loss", "lr", "eval/acc", "train/layer10", "train/layer2"])).toEqual([
    { name: "metrics", keys: ["lr"] },
    { name: "eval", keys: ["eval/acc"] },
    { name: "train", keys: ["train/layer2", "train/layer10", "train/loss"] },
  ]);
});
