import { describe, expect, it } from "vitest";
import { EventReader, wait } from "../src/logic/events";

describe("events from a stream", () => {
  it("are whole however the text is cut", () => {
    const text = 'retry: 1000\n\n: still here\n\nevent: traces\nid: abc\ndata: {"a": 1}\n\nevent: spans\nid: d\ndata: 2\n\n';
    for (const size of [1, 7, text.length]) {
      const reader = new EventReader();
      const found = [];
      for (let at = 0; at < text.length; at += size) found.push(...reader.take(text.slice(at, at + size)));
      expect(found).toEqual([{ name: "traces", id: "abc", data: '{"a": 1}' }, { name: "spans", id: "d", data: "2" }]);
    }
  });
  it("joins lines of data, and keeps the last id", () => {
    const reader = new EventReader();
    expect(reader.take("id: 1\ndata: a\ndata: b\n\ndata: c\n\n")).toEqual([{ name: "message", id: "1", data: "a\nb" }, { name: "message", id: "1", data: "c" }]);
  });
});

it("a server that is away is asked less and less often, at most every 19 seconds", () => {
  expect([wait(0, 0.5), wait(1, 0.5), wait(2, 0.5)]).toEqual([500, 1000, 2000]);
  expect(wait(50, 1)).toBeLessThan(19_000);
});
