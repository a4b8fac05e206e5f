import { describe, expect, it } from "vitest";
import { runs } from "../src/logic/ansi";
import { flat } from "../src/logic/flat";
import { best } from "../src/logic/fuzzy";
import { blocks } from "../src/logic/markdown";
import { parts } from "../src/logic/messages";
import { inUnit, sentence } from "../src/logic/verdict";
import type { Comparison } from "../src/api/types";

describe("markdown", () => {
  it("knows what models write", () => {
    const kinds = blocks("# A\n\ntext **b** `c`\n\n- one\n- two\n\n1. x\n\n```js\ncode\n```\n> q\n\n|a|b|\n|-|-|\n|1|2|\n\n---").map((one) => one.type);
    expect(kinds).toEqual(["heading", "paragraph", "list", "list", "code", "quote", "table", "rule"]);
  });
  it("makes no link of what is no web address", () => {
    expect(JSON.stringify(blocks("[x](javascript:alert(1)) [y](data:text/html,z)"))).not.toContain("href");
    expect(JSON.stringify(blocks("[x](https://example.com)"))).toContain("href");
  });
  it("leaves HTML as text", () => {
    expect(blocks("<img src=x onerror=alert(1)>")).toEqual([{ type: "paragraph", children: [{ type: "text", text: "<img src=x onerror=alert(1)>" }] }]);
  });
  it("ends with a fence that never closes", () => expect(blocks("```\na")).toEqual([{ type: "code", language: "", text: "a" }]));
});

describe("a terminal's line", () => {
  it("keeps colours", () => expect(runs("\x1b[31mred\x1b[0m plain")).toEqual([{ text: "red", colour: 1, bold: false }, { text: " plain", colour: null, bold: false }]));
  it("drops what steers: titles, cursors, links", () => expect(runs("\x1b]0;title\x07a\x1b[2Kb\x1b]8;;http://x\x1b\\c").map((one) => one.text).join("")).toBe("abc"));
  it("shows what a progress bar came to", () => expect(runs("10%\r20%\r30%").map((one) => one.text).join("")).toBe("30%"));
});

describe("messages", () => {
  it("become texts, thoughts, calls and results", () => {
    const found = parts({ role: "assistant", parts: [
      { type: "text", content: "a" }, { type: "reasoning", content: "b" }, { type: "tool_call", name: "f", id: "1", arguments: '{"x": 1}' },
      { type: "tool_call_response", id: "1", response: "ok" }, { type: "uri", uri: "https://elsewhere/x.png", mime_type: "image/png" },
    ] });
    expect(found.map((one) => one.type)).toEqual(["text", "thought", "call", "result", "other"]);
    expect(found[2]).toMatchObject({ arguments: { x: 1 } });
  });
  it("show no picture that could hold a script", () => {
    expect(parts({ role: "user", parts: [{ type: "blob", mime_type: "image/svg+xml", content: "PHN2Zz4=" }] })[0]!.type).toBe("other");
  });
});

it("config is found whole by its dots", () => expect(flat({ a: { b: 1, c: [2] }, d: {} })).toEqual({ "a.b": 1, "a.c": [2], d: {} }));

it("a few letters find what begins with them first", () => {
  expect(best(["Sign out", "Usage and cost", "Sessions"], "se", (one) => one)[0]).toBe("Sessions");
  expect(best(["Traces"], "xyz", (one) => one)).toEqual([]);
});

it("a verdict is said in words", () => {
  const one = { variant: "b", verdict: "better", relative_delta: -0.25, delta: -1, p_holm: 0.02, needed: { still: 0, of: "units in each arm", n: 9 } } as unknown as Comparison;
  expect(sentence(one, "a")).toBe("b is better: 25.0% lower than a, and chance alone would show as much in 2 of 100 cases.");
  expect(sentence({ ...one, verdict: "not enough data", needed: { still: 120, of: "units in each arm", n: 130 } }, "a")).toContain("about 120 more in each arm");
  expect([inUnit({ name: "error_rate", kind: "rate" }, 0.5), inUnit({ name: "latency_ms", kind: "mean" }, 1200), inUnit({ name: "cost_usd", kind: "mean" }, 0.01)]).toEqual(["50.0%", "1.20 s", "$0.010"]);
});
