import { describe, expect, it } from "vitest";
import { axis, height, passes, shown } from "../src/logic/parallel";

describe("parallel coordinates", () => {
  it("lay numbers that are far apart on a logarithmic axis", () => {
    const rates = axis("lr", [1e-5, 1e-3, 1e-4])!;
    expect(rates.log).toBe(true);
    expect(height(rates, 1e-4)).toBeCloseTo(0.5, 9);
    expect(axis("batch", [16, 32])!.log).toBe(false);
  });
  it("lay words in their order, one above the other", () => {
    const optimizers = axis("optimizer", ["sgd", "adamw", "lion", null])!;
    expect(["adamw", "lion", "sgd"].map((one) => height(optimizers, one))).toEqual([0, 0.5, 1]);
    expect(height(optimizers, null)).toBeNull();
  });
  it("have no axis that says nothing", () => {
    expect(axis("seed", [1, 1, null])).toBeNull();
    expect(axis("name", Array.from({ length: 20 }, (_, at) => `run ${at}`))).toBeNull();
  });
  it("keep the lines that pass through all ranges", () => {
    const axes = [axis("a", [0, 10])!, axis("b", [0, 10])!];
    expect(passes(axes, [5, 5], { a: [0.4, 0.6] })).toBe(true);
    expect(passes(axes, [5, 9], { a: [0.4, 0.6], b: [0, 0.5] })).toBe(false);
    expect(passes(axes, [null, 5], { a: [0, 1] })).toBe(false);
  });
  it("take what is no number or text as JSON, and NaN as nothing", () => {
    expect([shown([1, 2]), shown(NaN), shown(undefined), shown(true)]).toEqual(["[1,2]", null, null, "true"]);
  });
});
