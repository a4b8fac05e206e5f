// Who speaks in a turn, and with what: in words for people.
import type { OutlinedSpan } from "../api/types";

export interface Speaker {
  who: string;
  /** The model, the tool, the file: what it was done with. */
  what: string | null;
  /** Whether `what` is the name of something, and no words. */
  isName: boolean;
}

const ROLES: Record<string, string> = { user: "User", assistant: "Assistant", system: "System", developer: "Developer", tool: "Tool" };
const STEPS: Record<string, [who: string, what: string | null]> = {
  user_msg: ["User", null],
  thinking: ["Assistant", "thought"],
  attachment: ["User", "attached a file"],
  tool_result: ["Tool", "result"],
};
const KINDS: Record<string, string> = {
  tool: "Tool", retriever: "Search", reranker: "Reranker", embedding: "Embedding", agent: "Agent", chain: "Chain", guardrail: "Guardrail", evaluator: "Evaluator",
};

export function roleName(role: string): string {
  return ROLES[role] ?? role;
}

export function speaker(span: OutlinedSpan): Speaker {
  const step = STEPS[span.step_kind ?? ""];
  if (step) return { who: step[0], what: step[1], isName: false };
  if (span.kind === "generation" || span.step_kind === "assistant_msg") return { who: "Assistant", what: span.model, isName: true };
  if (span.kind === "tool") return { who: "Tool", what: span.tool_name ?? span.name, isName: true };
  return { who: KINDS[span.kind] ?? "Step", what: span.name, isName: true };
}
