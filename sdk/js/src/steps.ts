/** A step of a chat as attributes: in our names, and in those of OpenTelemetry's GenAI conventions,
 * as `tracehouse_semconv.chat` has them. */

import type { Attributes, AttributeValue } from "@opentelemetry/api";
import * as names from "./semconv/attributes.js";
import type { SpanKind } from "./semconv/attributes.js";
import { asText, toJson, validText, type Json } from "./values.js";

const MESSAGES: Partial<Record<SpanKind, readonly [role: string, part: string, name: string]>> = {
  user_msg: ["user", "text", names.GEN_AI_INPUT_MESSAGES],
  assistant_msg: ["assistant", "text", names.GEN_AI_OUTPUT_MESSAGES],
  thinking: ["assistant", "reasoning", names.GEN_AI_OUTPUT_MESSAGES],
};
const OPERATIONS: Partial<Record<SpanKind, string>> = {
  tool_use: "execute_tool",
  assistant_msg: "chat",
};

/** What is `said` has names of its own for `text`, `result_text` and `tool_input`; the rest keeps
 * its names, nested values as JSON. */
export function stepAttributes(
  kind: SpanKind,
  name: string,
  sessionId: string,
  said: Readonly<Record<string, Json>>,
  model?: string,
): Attributes {
  const found: Attributes = {
    [names.TRACEHOUSE_SPAN_KIND]: kind,
    [names.GEN_AI_CONVERSATION_ID]: sessionId,
  };
  const operation = OPERATIONS[kind];
  if (operation) found[names.GEN_AI_OPERATION_NAME] = operation;
  if (kind === "tool_use") found[names.GEN_AI_TOOL_NAME] = name;
  if (kind === "assistant_msg" && model) found[names.GEN_AI_REQUEST_MODEL] = model;
  for (const [key, value] of Object.entries(said)) {
    if (key === "text") {
      found[names.TRACEHOUSE_TEXT] = asText(value);
      Object.assign(found, message(kind, asText(value)));
    } else if (key === "result_text") {
      found[names.TRACEHOUSE_TOOL_RESULT] = asText(value);
      found[names.GEN_AI_TOOL_CALL_RESULT] = asText(value);
    } else if (key === "tool_input") {
      found[names.TRACEHOUSE_TOOL_INPUT] = toJson(value);
      found[names.GEN_AI_TOOL_CALL_ARGUMENTS] = toJson(value);
    } else if (value !== null) found[key] = attribute(value);
  }
  return found;
}

function message(kind: SpanKind, content: string): Attributes {
  const known = MESSAGES[kind];
  if (known === undefined) return {};
  const [role, type, name] = known;
  return { [name]: toJson([{ role, parts: [{ type, content }] }]) };
}

function attribute(value: Json): AttributeValue {
  if (typeof value === "boolean" || typeof value === "number") return value;
  return typeof value === "string" ? validText(value) : toJson(value);
}
