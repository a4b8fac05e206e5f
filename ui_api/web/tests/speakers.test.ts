import { describe, expect, it } from "vitest";
import type { OutlinedSpan } from "../src/api/types";
import { folderName } from "../src/logic/format";
import { called } from "../src/logic/kinds";
import { roleName, speaker } from "../src/logic/speakers";

const said = (more: Partial<OutlinedSpan>) => {
  const { who, what } = speaker({ name: "the span", kind: "span", step_kind: null, model: null, tool_name: null, ...more } as OutlinedSpan);
  return [who, what];
};

describe("who speaks", () => {
  it("is told by the step that a recorder noted, and never by its raw name", () => {
    expect(said({ kind: "event", step_kind: "user_msg", name: "user_msg" })).toEqual(["User", null]);
    expect(said({ kind: "event", step_kind: "thinking", name: "thinking" })).toEqual(["Assistant", "thought"]);
    expect(said({ kind: "generation", step_kind: "assistant_msg", model: "claude-opus-4-5" })).toEqual(["Assistant", "claude-opus-4-5"]);
  });
  it("is the assistant with its model, or a tool by its name", () => {
    expect(said({ kind: "generation", model: "gpt-4o" })).toEqual(["Assistant", "gpt-4o"]);
    expect(said({ kind: "generation" })).toEqual(["Assistant", null]);
    expect(said({ kind: "tool", tool_name: "Bash", name: "execute_tool Bash" })).toEqual(["Tool", "Bash"]);
    expect(said({ kind: "tool" })).toEqual(["Tool", "the span"]);
  });
  it("is a step by its name where nothing else is known", () => {
    expect(said({ kind: "retriever" })).toEqual(["Search", "the span"]);
    expect(said({})).toEqual(["Step", "the span"]);
    expect([roleName("developer"), roleName("critic")]).toEqual(["Developer", "critic"]);
  });
});

it("a step that is named by its kind is called by a word", () => {
  const name = (name: string, step_kind: string | null) => called({ name, step_kind } as OutlinedSpan);
  expect([name("user_msg", "user_msg"), name("chat gpt-4o", "assistant_msg"), name("user_msg", null)]).toEqual(["message", "chat gpt-4o", "user_msg"]);
});

it("a folder is called by the last part of its path", () => {
  expect(["/home/dev/src/payments", "C:\\src\\shop\\", "/"].map(folderName)).toEqual(["payments", "shop", "/"]);
});
