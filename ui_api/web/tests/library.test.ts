import { describe, expect, it } from "vitest";
import type { ComparedItem, DatasetRunInNumbers, ItemResult } from "../src/api/types";
import { change, chosenItems, differs, oneLine, scoreNames, scoreOf, summaryOf, telling } from "../src/logic/dataset_runs";
import { dayLabel, everyDay } from "../src/logic/days";
import { headersOf, healthOf, wordsOf } from "../src/logic/forwards";
import { diffLines, messagesOf, runsOf, shownBody, variablesOf } from "../src/logic/prompts";
import { judged, shownValue } from "../src/logic/scored";

describe("a prompt", () => {
  it("of text is one message, of a chat several; a placeholder says what comes", () => {
    expect(messagesOf({ prompt: "Hi" })).toEqual([{ role: "", text: "Hi" }]);
    expect(messagesOf({ prompt: [{ role: "system", content: "Be kind" }, { type: "placeholder", name: "history" }, { role: "user", content: [1] }] })).toEqual([
      { role: "system", text: "Be kind" }, { role: "placeholder", text: "history" }, { role: "user", text: "[\n  1\n]" },
    ]);
  });
  it("has its variables apart, each named once", () => {
    expect(runsOf("a {{b}} c")).toEqual([{ text: "a ", isVariable: false }, { text: "{{b}}", isVariable: true }, { text: " c", isVariable: false }]);
    expect(variablesOf({ prompt: "{{ b }} {{a}} {{b}} {{not this}}" })).toEqual(["b", "a"]);
  });
  it("is edited as text or as JSON", () => {
    expect(shownBody({ prompt: "x" })).toBe("x");
    expect(JSON.parse(shownBody({ prompt: [{ role: "user", content: "x" }] }))).toEqual([{ role: "user", content: "x" }]);
  });
});

describe("a diff", () => {
  it("has lines that were added, removed and kept, and says where some are left out", () => {
    const diff = "--- p 1\n+++ p 2\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n@@ -9 +9 @@\n+-- sql comment";
    expect(diffLines(diff)).toEqual([
      { kind: "same", text: "same" }, { kind: "removed", text: "old" }, { kind: "added", text: "new" },
      { kind: "skipped", text: "" }, { kind: "added", text: "-- sql comment" },
    ]);
  });
  it("of nothing is nothing", () => expect(diffLines("")).toEqual([]));
});

const result = (more: Partial<ItemResult>): ItemResult => ({ trace_id: "t", span_id: null, output: "x", scores: {}, latency_ms: 1, status: "ok", error: null, usage: null, ...more });
const item = (results: Record<string, ItemResult | null>): ComparedItem => ({ item_id: "i", input: "q", expected_output: null, results });

describe("runs over a dataset", () => {
  it("compare by a score, and before that by whether they failed", () => {
    const of = (a: Partial<ItemResult>, b: Partial<ItemResult>) => change(item({ a: result(a), b: result(b) }), "a", "b", "s");
    expect(of({ scores: { s: 0.2 } }, { scores: { s: 0.3 } })).toBe("better");
    expect(of({ scores: { s: true } }, { scores: { s: false } })).toBe("worse");
    expect(of({ scores: { s: 1 } }, { scores: { s: 1 } })).toBe("same");
    expect(of({ scores: { s: 1 } }, { scores: { s: 9 }, status: "error" })).toBe("worse");
    expect(of({ scores: {} }, { scores: {} })).toBe("unknown");
    expect(of({ scores: { s: "kind" } }, { scores: { s: "curt" } })).toBe("unknown");
    expect(change(item({ a: result({}), b: null }), "a", "b", "s")).toBe("unknown");
  });
  it("differ when their outputs do, those that did not try it left out", () => {
    expect(differs(item({ a: result({}), b: null }), ["a", "b"])).toBe(false);
    expect(differs(item({ a: result({}), b: result({ output: { x: 1 } }) }), ["a", "b"])).toBe(true);
  });
  it("are narrowed to what is asked for", () => {
    const items = [item({ a: result({ scores: { s: 1 } }), b: result({ scores: { s: 0 } }) }), item({ a: result({ scores: { s: 0 } }), b: result({ scores: { s: 1 }, output: "y" }) }), item({ a: result({ status: "error" }), b: null })];
    const places = (filter: string) => chosenItems(items, ["a", "b"], filter, "s").map((one) => items.indexOf(one));
    expect(["", "worse", "better", "differ", "failed"].map(places)).toEqual([[0, 1, 2], [0], [1], [1], [2]]);
  });
  it("are told apart by the score whose means lie farthest apart", () => {
    const run = (...means: number[]) => ({ summary: { scores: { brevity: { mean: means[0] }, correct: { mean: means[1] }, length: { mean: means[2] } } } }) as unknown as DatasetRunInNumbers;
    expect(telling([run(1, 0.7, 1000), run(1, 0.9, 1100)])).toBe("correct");
    expect(telling([run(1, 0.7, 1000), run(1, 0.7, 1000)])).toBeUndefined();
    expect(telling([run(1, 0.7, 1000)])).toBeUndefined();
  });
  it("are summed up by mean, or by how often each label was given", () => {
    const run = { summary: { scores: { b: { count: 2, mean: 0.5 }, a: { count: 4, labels: { kind: 3, curt: 1 } } } } } as unknown as DatasetRunInNumbers;
    expect(scoreNames([run, run])).toEqual(["a", "b"]);
    expect(summaryOf(run, "b")).toEqual({ shown: "0.5", mean: 0.5 });
    expect(summaryOf(run, "a").shown).toBe("kind 75.0%, curt 25.0%");
    expect(summaryOf(run, "c")).toEqual({ shown: "–", mean: null });
  });
  it("show values on one line: what messages say, the fields of a flat object", () => {
    expect(oneLine("a\n  b")).toBe("a b");
    expect(oneLine([{ role: "assistant", parts: [{ type: "text", content: "yes" }, { type: "tool_call", name: "find" }] }])).toBe("yes [find]");
    expect(oneLine({ question: "why", n: 0 })).toBe("question: why, n: 0");
    expect(oneLine({ deep: { a: 1 } })).toBe('{"deep":{"a":1}}');
    expect([oneLine(null), oneLine(0), oneLine([]), oneLine([null])]).toEqual(["", "0", "[]", "[null]"]);
  });
  it("have a boolean score as a number", () => expect([scoreOf(result({ scores: { s: true } }), "s"), scoreOf(null, "s")]).toEqual([1, null]));
});

describe("a score", () => {
  it("is shown by its kind", () => {
    expect(shownValue({ data_type: "boolean", value: false, label: "false" })).toBe("false");
    expect(shownValue({ data_type: "numeric", value: 0.123456, label: null })).toBe("0.1235");
    expect(shownValue({ data_type: "categorical", value: "good", label: "good" })).toBe("good");
  });
  it("leads to what was judged, the smallest thing first", () => {
    const nothing = { trace_id: null, span_id: null, session: null, run: null };
    expect(judged({ ...nothing, trace_id: "a", span_id: "b" })).toMatchObject({ path: "/traces/a", span: "b" });
    expect(judged({ ...nothing, run: "x/y" })).toMatchObject({ path: "/runs/x%2Fy", kind: "run" });
    expect(judged({ ...nothing, session: "s" })).toMatchObject({ path: "/sessions/s" });
    expect(judged(nothing)).toBeNull();
  });
});

describe("days", () => {
  it("are there in between, over the end of a month, without a value", () => {
    expect(everyDay([{ day: "2026-12-01", value: 2 }, { day: "2026-11-29", value: 1 }])).toEqual([
      { day: "2026-11-29", value: 1 }, { day: "2026-11-30", value: null }, { day: "2026-12-01", value: 2 },
    ]);
    expect(everyDay([])).toEqual([]);
  });
  it("of many years are the latest", () => {
    const found = everyDay([{ day: "2000-01-01", value: 1 }, { day: "2026-01-01", value: 2 }]);
    expect([found.length, found.at(-1)]).toEqual([400, { day: "2026-01-01", value: 2 }]);
  });
  it("are named without a time zone", () => expect(dayLabel("2026-11-01")).toBe("1 Nov"));
});

describe("a destination", () => {
  const way = { signal: "traces" as const, sent_requests: 1, failed_attempts: 0, backlog_bytes: 0, lag_seconds: 0, problem: null };
  it("fails while something waits and the last attempt did not work", () => {
    expect(healthOf({ paused: false, signals: [way, { ...way, problem: "away", backlog_bytes: 9 }] })).toBe("failing");
    expect(healthOf({ paused: false, signals: [{ ...way, problem: "away" }] })).toBe("fine");
  });
  it("of one workspace fails while the last attempt did not work: what waits is not told", () =>
    expect(healthOf({ paused: false, signals: [{ ...way, problem: "away", backlog_bytes: null }] })).toBe("failing"));
  it("that is paused is neither late nor failing", () =>
    expect(healthOf({ paused: true, signals: [{ ...way, problem: "away", lag_seconds: 99, backlog_bytes: null }] })).toBe("paused"));
  it("has headers as lines, and none where none are given", () => {
    expect(headersOf("a: b:c\n\n  x-key :1")).toEqual({ a: "b:c", "x-key": "1" });
    expect(headersOf(" \n")).toBeUndefined();
    expect(wordsOf("a, b  c,")).toEqual(["a", "b", "c"]);
  });
  it("is behind when something waits for long", () => expect(healthOf({ paused: false, signals: [{ ...way, lag_seconds: 60, backlog_bytes: 1 }] })).toBe("late"));
});
