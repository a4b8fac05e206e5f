// Prompts as people read them: their parts, their variables, and what changed between two.
import type { PromptVersion } from "../api/types";

/** The text of a prompt, or the JSON of its messages: what is edited. */
export function shownBody(prompt: Pick<PromptVersion, "prompt">): string {
  return typeof prompt.prompt === "string" ? prompt.prompt : JSON.stringify(prompt.prompt, null, 2);
}

export interface Said {
  role: string;
  text: string;
}

/** The messages of a chat; of a text prompt the one that it is. A placeholder names what comes
 * in its place. */
export function messagesOf(prompt: Pick<PromptVersion, "prompt">): Said[] {
  if (typeof prompt.prompt === "string") return [{ role: "", text: prompt.prompt }];
  return prompt.prompt.map((given) => {
    const one = given as Record<string, unknown>;
    if (one["type"] === "placeholder") return { role: "placeholder", text: String(one["name"] ?? "") };
    const content = one["content"];
    return { role: String(one["role"] ?? ""), text: typeof content === "string" ? content : JSON.stringify(content, null, 2) };
  });
}

export interface Run {
  text: string;
  isVariable: boolean;
}

/** A text in runs, its {{variables}} apart. */
export function runsOf(text: string): Run[] {
  return text
    .split(/(\{\{\s*[\w.-]+\s*\}\})/)
    .map((part, at) => ({ text: part, isVariable: at % 2 === 1 }))
    .filter((run) => run.text);
}

/** The names of the variables, in order of first use. */
export function variablesOf(prompt: Pick<PromptVersion, "prompt">): string[] {
  const found = messagesOf(prompt).flatMap((one) => [...one.text.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)].map((match) => match[1]!));
  return [...new Set(found)];
}

export interface DiffLine {
  kind: "same" | "added" | "removed" | "skipped";
  text: string;
}

/** The lines of a unified diff, without the names of the two that it compares. */
export function diffLines(diff: string): DiffLine[] {
  return diff
    .split("\n")
    .slice(2)
    .map((line): DiffLine => {
      if (line.startsWith("@@")) return { kind: "skipped", text: "" };
      if (line.startsWith("+")) return { kind: "added", text: line.slice(1) };
      if (line.startsWith("-")) return { kind: "removed", text: line.slice(1) };
      return { kind: "same", text: line.slice(1) };
    })
    .filter((line, at) => line.kind !== "skipped" || at > 0);
}
