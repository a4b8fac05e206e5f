import { describe, expect, it } from "vitest";
import { columnsOf, mostTelling, withSorted } from "../src/pages/runs/columns";

describe("the columns of runs on a phone", () => {
  const columns = columnsOf("config.batch_size,config.lr,summary.eval/accuracy,summary.eval/loss");
  const ids = (sort: string) => mostTelling(columns, sort).map((one) => one.key);

  it("begin with what the runs are sorted by", () => {
    expect(ids("summary.eval/loss")).toEqual(["eval/loss", "eval/accuracy", "batch_size", "lr"]);
    expect(ids("-config.lr")).toEqual(["lr", "eval/accuracy", "eval/loss", "batch_size"]);
  });
  it("are what was measured first, where the runs are sorted by something else", () => {
    expect(ids("-start_time")).toEqual(["eval/accuracy", "eval/loss", "batch_size", "lr"]);
  });
});

describe("the columns of runs", () => {
  const ids = (sort: string) => withSorted(columnsOf("config.lr,summary.loss"), sort).map((one) => one.id);

  it("have what the runs are sorted by among them", () => {
    expect(ids("-summary.reward")).toEqual(["summary.reward", "config.lr", "summary.loss"]);
    expect(ids("config.lr")).toEqual(["config.lr", "summary.loss"]);
    expect(ids("-start_time")).toEqual(["config.lr", "summary.loss"]);
  });
});
