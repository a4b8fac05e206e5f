import { describe, expect, it } from "vitest";
import type { OutlinedSpan, TraceOutline } from "../src/api/types";
import { grow, joined, milliseconds, visible } from "../src/logic/tree";

function span(id: string, parent: string | null, more: { start?: number; lasts?: number | null; tokens?: number; cost?: number | null; failed?: boolean; noise?: boolean } = {}): OutlinedSpan {
  const { start = 0, lasts = 10, tokens = 0, cost = null, failed = false, noise = false } = more;
  return {
    span_id: id, parent_span_id: parent, start_time: new Date(1_700_000_000_000 + start).toISOString(), duration_ms: lasts,
    status: failed ? "error" : "ok", noise, total_tokens: tokens, cost_usd: cost, kind: "span", step_kind: null, pending: lasts === null, version: lasts === null ? "1" : "2",
  } as unknown as OutlinedSpan;
}

describe("a tree", () => {
  it("rolls tokens, cost and errors up, and counts what a parent repeats once", () => {
    const tree = grow([span("a", null, { tokens: 30 }), span("b", "a", { tokens: 10, cost: 0.5 }), span("c", "a", { tokens: 20, cost: 0.25, failed: true })]);
    const [root] = tree.roots;
    expect([root!.tokens, root!.cost, root!.errors, root!.size]).toEqual([30, 0.75, 1, 3]);
  });
  it("makes a root of a span whose parent is missing", () => {
    expect(grow([span("a", null), span("b", "gone")]).roots.map((one) => one.span.span_id)).toEqual(["a", "b"]);
  });
  it("lasts until the last end; a pending span counts from its start", () => {
    expect(grow([span("a", null, { lasts: null }), span("b", "a", { start: 5, lasts: 20 })]).length).toBe(25);
  });
  it("hides what is folded, and noise without its children", () => {
    const tree = grow([span("a", null), span("n", "a", { noise: true }), span("b", "n"), span("c", "b")]);
    const shown = (folded: string[], noise: boolean) => visible(tree, new Set(folded), noise).map((one) => one.span.span_id);
    expect(shown([], false)).toEqual(["a", "b", "c"]);
    expect(shown(["b"], true)).toEqual(["a", "n", "b"]);
  });
  it("grows 50,000 spans in a chain without a stack of them", () => {
    const chain = Array.from({ length: 50_000 }, (_, at) => span(String(at), at ? String(at - 1) : null));
    const tree = grow(chain);
    expect(tree.roots[0]!.size).toBe(50_000);
    expect(visible(tree, new Set(), false)).toHaveLength(50_000);
  });
});

describe("a trace that is told of later spans", () => {
  const trace = (...spans: OutlinedSpan[]) => ({ spans, pending: true, duration_ms: null }) as unknown as TraceOutline;
  it("takes the later version of a span, and never an earlier one", () => {
    const ended = joined(trace(span("a", null, { lasts: null })), [span("a", null, { lasts: 7 })]);
    expect([ended.pending, ended.duration_ms, ended.span_count]).toEqual([false, 7, 1]);
    expect(joined(ended, [span("a", null, { lasts: null })]).pending).toBe(false);
  });
  it("puts children behind their parents, whichever came first", () => {
    const told = joined(trace(span("b", "a", { start: 1 })), [span("c", "b", { start: 2, failed: true }), span("a", null, { lasts: 30 })]);
    expect(told.spans.map((one) => one.span_id)).toEqual(["a", "b", "c"]);
    expect([told.error_count, told.duration_ms]).toEqual([1, 30]);
  });
  it("loses no span that is its own ancestor", () => {
    expect(joined(trace(span("a", null)), [span("x", "y"), span("y", "x")]).spans).toHaveLength(3);
  });
});

it("times keep their microseconds", () => {
  expect(milliseconds("1970-01-01T00:00:01.000250Z")).toBeCloseTo(1000.25, 6);
  expect(milliseconds("1970-01-01T00:00:01Z")).toBe(1000);
});
