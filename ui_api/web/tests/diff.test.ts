import { describe, expect, it } from "vitest";
import type { OutlinedSpan } from "../src/api/types";
import { pairs } from "../src/logic/diff";
import { grow } from "../src/logic/tree";

function tree(...spans: [id: string, parent: string | null, name: string, more?: Partial<OutlinedSpan>][]) {
  return grow(spans.map(([span_id, parent_span_id, name, more], at) => ({
    span_id, parent_span_id, name, kind: "span", status: "ok", noise: false, total_tokens: 0, cost_usd: null,
    start_time: new Date(1_700_000_000_000 + at).toISOString(), duration_ms: 1, ...more,
  }) as OutlinedSpan));
}
const said = (found: ReturnType<typeof pairs>) => found.map((one) => `${one.depth} ${one.left?.span.name ?? "-"} ${one.right?.span.name ?? "-"}`);

describe("two traces side by side", () => {
  it("pair what is called the same, level by level", () => {
    const both = pairs(tree(["1", null, "root"], ["2", "1", "chat"], ["3", "1", "tool"]), tree(["a", null, "root"], ["b", "a", "chat"], ["c", "a", "search"], ["d", "a", "tool"]));
    expect(said(both)).toEqual(["0 root root", "1 chat chat", "1 - search", "1 tool tool"]);
    expect(both.map((one) => one.differs)).toEqual([false, false, true, false]);
  });
  it("show whole branches that only one has, and a status that differs", () => {
    const both = pairs(tree(["1", null, "root"], ["2", "1", "sub"], ["3", "2", "leaf"]), tree(["a", null, "root", { status: "error" }]));
    expect(said(both)).toEqual(["0 root root", "1 sub -", "2 leaf -"]);
    expect(both[0]!.differs).toBe(true);
  });
  it("pair calls of models, whichever model is called", () => {
    const model = { kind: "generation" } as const;
    expect(said(pairs(tree(["1", null, "chat a", model]), tree(["x", null, "chat b", model])))).toEqual(["0 chat a chat b"]);
  });
  it("see through noise", () => {
    const both = pairs(tree(["1", null, "root"], ["2", "1", "POST", { noise: true }], ["3", "2", "chat"]), tree(["a", null, "root"], ["b", "a", "chat"]));
    expect(said(both)).toEqual(["0 root root", "1 chat chat"]);
  });
});
