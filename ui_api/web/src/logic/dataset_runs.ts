// Runs over a dataset side by side: what came of an item in one run, against another.
import type { ComparedItem, DatasetRunInNumbers, ItemResult } from "../api/types";
import { measure, percent } from "./format";

/** A value as one line of text: of messages what they say, of a flat object its fields. */
export function oneLine(value: unknown): string {
  if (value === null || value === undefined) return "";
  return (typeof value === "string" ? value : (saidIn(value) ?? fieldsOf(value) ?? JSON.stringify(value))).replace(/\s+/g, " ").trim();
}

/** The texts of messages in OpenTelemetry's form; null where these are none. */
function saidIn(value: unknown): string | null {
  if (!Array.isArray(value) || !value.length) return null;
  const texts = value.map((message: unknown) => {
    const parts = (message as { parts?: unknown } | null)?.parts;
    if (!Array.isArray(parts)) return null;
    return parts.map((part: unknown) => {
      const { type, content, name } = part as { type?: string; content?: unknown; name?: string };
      return typeof content === "string" ? content : `[${name ?? type ?? "part"}]`;
    }).join(" ");
  });
  return texts.every((text) => text !== null) ? texts.join(" ") : null;
}

function fieldsOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const fields = Object.entries(value);
  const isFlat = fields.length > 0 && fields.every(([, one]) => one === null || typeof one !== "object");
  return isFlat ? fields.map(([name, one]) => `${name}: ${String(one)}`).join(", ") : null;
}

/** The score of an item by name: a number (of a boolean 1 or 0), a word, or null. */
export function scoreOf(result: ItemResult | null | undefined, name: string): number | string | null {
  const value = (result?.scores as Record<string, unknown> | undefined)?.[name];
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" || typeof value === "string" ? value : null;
}

export function scoreNames(runs: readonly DatasetRunInNumbers[]): string[] {
  return [...new Set(runs.flatMap((run) => Object.keys(run.summary.scores)))].sort();
}

/** What a whole run has of a score: its mean, or how often each label was given. */
export function summaryOf(run: DatasetRunInNumbers, name: string): { shown: string; mean: number | null } {
  const score = run.summary.scores[name] as { mean?: number; labels?: Record<string, number> } | undefined;
  if (!score) return { shown: "–", mean: null };
  if (score.mean !== undefined) return { shown: measure(score.mean), mean: score.mean };
  const all = Object.values(score.labels ?? {}).reduce((sum, one) => sum + one, 0);
  return { shown: Object.entries(score.labels ?? {}).map(([label, times]) => `${label} ${percent(times / all)}`).join(", "), mean: null };
}

/** The score that tells the runs apart: the one whose means lie farthest apart, for how large they are. */
export function telling(runs: readonly DatasetRunInNumbers[]): string | undefined {
  const apart = (name: string) => {
    const means = runs.map((run) => summaryOf(run, name).mean).filter((mean): mean is number => mean !== null);
    const [least, most] = [Math.min(...means), Math.max(...means)];
    return means.length > 1 && most > least ? (most - least) / Math.max(Math.abs(least), Math.abs(most)) : 0;
  };
  return scoreNames(runs).filter((name) => apart(name) > 0).sort((a, b) => apart(b) - apart(a))[0];
}

export type Change = "better" | "worse" | "same" | "unknown";

/** Whether a run did better with an item than the run that is compared to: by a score of numbers, of
 * which more is better, and before that by whether it failed. */
export function change(item: ComparedItem, base: string, other: string, score: string): Change {
  const [before, after] = [item.results[base], item.results[other]];
  if (!before || !after) return "unknown";
  const failed = [before, after].map((one) => one.status === "error");
  if (failed[0] !== failed[1]) return failed[1] ? "worse" : "better";
  const [a, b] = [scoreOf(before, score), scoreOf(after, score)];
  if (typeof a !== "number" || typeof b !== "number") return a === b && a !== null ? "same" : "unknown";
  return a === b ? "same" : b > a ? "better" : "worse";
}

/** Whether the outputs of an item differ between runs that have it. */
export function differs(item: ComparedItem, runs: readonly string[]): boolean {
  const outputs = runs.flatMap((run) => (item.results[run] ? [JSON.stringify(item.results[run].output)] : []));
  return new Set(outputs).size > 1;
}

export const SHOWN = [
  { name: "", label: "All items" },
  { name: "differ", label: "Outputs differ" },
  { name: "worse", label: "Worse than the first run" },
  { name: "better", label: "Better than the first run" },
  { name: "failed", label: "Failed in some run" },
] as const;

/** The items that a filter of `SHOWN` lets through. The first run is what others are compared to. */
export function chosenItems(items: readonly ComparedItem[], runs: readonly string[], filter: string, score: string): ComparedItem[] {
  const [base, ...others] = runs;
  return items.filter((item) => {
    if (filter === "differ") return differs(item, runs);
    if (filter === "failed") return runs.some((run) => item.results[run]?.status === "error");
    if (filter === "worse" || filter === "better") return others.some((run) => change(item, base!, run, score) === filter);
    return true;
  });
}
