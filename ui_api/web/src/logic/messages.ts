// A message's parts, whatever they are called, as the few things that a conversation shows.
import type { Message } from "../api/types";

export type Part =
  | { type: "text"; text: string }
  | { type: "thought"; text: string }
  | { type: "call"; id: string; name: string; arguments: unknown }
  | { type: "result"; id: string; result: unknown }
  | { type: "image"; source: string }
  | { type: "other"; name: string; value: unknown };

export function parts(message: Message): Part[] {
  return message.parts.map((part) => understand(part as Record<string, unknown>));
}

function understand(part: Record<string, unknown>): Part {
  const kind = String(part["type"] ?? "");
  const text = part["content"] ?? part["text"];
  if (kind === "text" && typeof text === "string") return { type: "text", text };
  if ((kind === "reasoning" || kind === "thinking") && typeof text === "string") return { type: "thought", text };
  if (kind === "tool_call") {
    return { type: "call", id: String(part["id"] ?? ""), name: String(part["name"] ?? "tool"), arguments: parsed(part["arguments"]) };
  }
  if (kind === "tool_call_response") {
    return { type: "result", id: String(part["id"] ?? ""), result: parsed(part["response"] ?? part["result"]) };
  }
  const source = image(part);
  if (source) return { type: "image", source };
  return { type: "other", name: kind || "part", value: part };
}

// Pictures that are in the message itself. One elsewhere is not fetched: that would tell somebody.
function image(part: Record<string, unknown>): string | null {
  const mime = String(part["mime_type"] ?? part["mimeType"] ?? "");
  const content = part["content"] ?? part["data"];
  if (part["type"] === "blob" && /^image\/(png|jpeg|gif|webp)$/.test(mime) && typeof content === "string") {
    return `data:${mime};base64,${content}`;
  }
  return null;
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
