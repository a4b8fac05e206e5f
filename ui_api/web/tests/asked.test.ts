import { describe, expect, it } from "vitest";
import type { SqlAnswer } from "../src/api/types";
import { barsOf, curvesOf, kindOf, roles, splitBy } from "../src/logic/sql_chart";
import { columnsNamed } from "../src/logic/sql_columns";
import { placeOf } from "../src/logic/sql_errors";

describe("a complaint about a query", () => {
  const at = (detail: string, query: string) => {
    const found = placeOf(detail, query);
    return found && query.slice(found.from, found.to);
  };
  it("is placed by line and column", () => {
    const query = "SELECT a\nFROM spans WHERE )";
    expect(placeOf("this is not SQL that is understood here: line 2, column 18, near ')': Expecting", query)).toEqual({ from: 26, to: 27 });
  });
  it("is placed by the name that it is about", () => {
    expect(at("there is no table spanz: the views are spans, traces", "SELECT spanzen FROM spanz")).toBe("spanz");
    expect(at("the function sleep is not offered here", "SELECT sleep(3)")).toBe("sleep");
    expect(at("the query cannot be answered: Unknown expression identifier `nam`", "SELECT name, nam FROM spans")).toBe("nam");
    expect(at("only SELECT is answered here, not DROP", "drop TABLE x")).toBe("drop");
  });
  it("has no place when it is about all of it, or about what is not there", () => {
    expect(placeOf("the query took longer than 10 seconds", "SELECT 1")).toBeNull();
    expect(placeOf("there is no table x: the views are spans", "SELECT 1")).toBeNull();
    expect(placeOf("line 9, column 1, near 'x': Expecting", "SELECT 1")).toBeNull();
  });
  it("takes a name as text, not as a pattern", () => expect(at("the function a.*( is not offered here", "SELECT aaa(")).toBeNull());
});

const answer = (columns: [string, string][], rows: unknown[][]): SqlAnswer => ({
  columns: columns.map(([name, type]) => ({ name, type })), rows, row_count: rows.length, truncated: false, elapsed_ms: 1,
});

describe("the columns that are offered", () => {
  const column = (name: string) => ({ name, type: "String", meaning: "" });
  const views = [{ name: "spans", meaning: "", columns: [column("name"), column("kind")] }, { name: "runs", meaning: "", columns: [column("name"), column("config")] }];
  const of = (query: string) => columnsNamed(views, query).map((one) => one.name);
  it("are those of the views that are named, each once", () => {
    expect(of("SELECT  FROM Spans")).toEqual(["name", "kind"]);
    expect(of("SELECT  FROM spans JOIN runs")).toEqual(["name", "kind", "config"]);
  });
  it("are all of them while no view is named", () => expect(of("SELECT ")).toEqual(["name", "kind", "config"]));
});

describe("a chart of an answer", () => {
  const days = answer(
    [["day", "Date"], ["model", "LowCardinality(String)"], ["tokens", "UInt64"], ["usd", "Nullable(Float64)"]],
    [["2026-11-02", "b", "3", null], ["2026-11-01", "a", "9007199254740993", 0.5], ["2026-11-02", "a", "2", "NaN"]],
  );
  it("tells times, numbers and words by their types", () => {
    expect(["DateTime64(9, 'UTC')", "Nullable(Date)", "UInt64", "Nullable(Float64)", "LowCardinality(Nullable(String))", "Array(UInt8)"].map(kindOf)).toEqual(["time", "time", "number", "number", "category", null]);
  });
  it("puts a time across, and splits by the word beside it", () => {
    expect(splitBy(days.columns)).toBe("model");
    expect(roles(days.columns, { by: "model" })).toEqual({ x: "day", y: ["tokens"], by: "model" });
    expect(roles(days.columns)).toEqual({ x: "day", y: ["tokens", "usd"], by: "" });
  });
  it("draws in order of time, with gaps for what is no number", () => {
    const lines = curvesOf(days, { x: "day", y: ["usd"], by: "model" });
    expect(lines.map((line) => [line.name, line.x.length, line.y])).toEqual([["b", 1, [null]], ["a", 2, [0.5, null]]]);
    expect(lines[1]!.x[0]).toBe(Date.UTC(2026, 10, 1) / 1000);
  });
  it("reads ClickHouse's times as UTC", () => {
    const found = curvesOf(answer([["t", "DateTime64(9, 'UTC')"], ["n", "UInt8"]], [["2026-11-01 10:00:00.123456789", 1]]), { x: "t", y: ["n"], by: "" });
    expect(found[0]!.x[0]).toBe(Date.UTC(2026, 10, 1, 10, 0, 0, 123) / 1000);
  });
  it("has bars where words go across", () => {
    const tools = answer([["tool", "String"], ["n", "UInt64"]], [["search", 3], ["", null]]);
    expect(roles(tools.columns)).toEqual({ x: "tool", y: ["n"], by: "" });
    expect(barsOf(tools, roles(tools.columns)!)).toEqual([{ name: "search", value: 3 }, { name: "(none)", value: null }]);
  });
  it("does not take what the address says for granted", () => {
    expect(roles(days.columns, { x: "gone", y: ["gone"], by: "gone" })).toEqual({ x: "day", y: ["tokens", "usd"], by: "" });
  });
  it("is not there without a number", () => {
    expect(roles(answer([["a", "String"], ["b", "String"]], []).columns)).toBeNull();
    expect(roles(answer([["n", "UInt8"]], []).columns)).toBeNull();
  });
});
