// What kinds of spans look like: a letter of their own and a colour of tokens.css.
import type { OutlinedSpan } from "../api/types";

/** Tokens of tokens.css, behind `--kind-`. */
export const COLOURS = ["generation", "tool", "agent", "retriever", "message", "other"] as const;
export type Colour = (typeof COLOURS)[number];

export interface Look {
  label: string;
  colour: Colour;
}

const LOOKS: Record<string, Look> = {
  generation: { label: "model", colour: "generation" },
  embedding: { label: "embed", colour: "retriever" },
  retriever: { label: "search", colour: "retriever" },
  reranker: { label: "rerank", colour: "retriever" },
  tool: { label: "tool", colour: "tool" },
  agent: { label: "agent", colour: "agent" },
  chain: { label: "chain", colour: "agent" },
  guardrail: { label: "guard", colour: "tool" },
  evaluator: { label: "eval", colour: "message" },
  event: { label: "event", colour: "other" },
  span: { label: "span", colour: "other" },
};

const STEPS: Record<string, Look> = {
  user_msg: { label: "user", colour: "message" },
  assistant_msg: { label: "reply", colour: "generation" },
  thinking: { label: "thought", colour: "generation" },
  attachment: { label: "file", colour: "retriever" },
  tool_result: { label: "result", colour: "tool" },
};

export function look(span: OutlinedSpan): Look {
  return STEPS[span.step_kind ?? ""] ?? LOOKS[span.kind] ?? LOOKS["span"]!;
}

const CALLED: Record<string, string> = { user_msg: "message", assistant_msg: "message", thinking: "thinking", attachment: "attachment", tool_result: "result" };

/** A span's name; for a step that has none of its own, a word in its place. */
export function called(span: OutlinedSpan): string {
  return (span.name === span.step_kind && CALLED[span.name]) || span.name;
}
