// A score as people read it, and where what was judged is shown.
import type { Score } from "../api/types";
import { measure } from "./format";

export function shownValue(score: Pick<Score, "data_type" | "value" | "label">): string {
  if (score.data_type === "boolean") return score.value ? "true" : "false";
  if (score.data_type === "numeric") return measure(score.value);
  return String(score.label ?? score.value ?? "");
}

/** The path of the page of what was judged, and what that is; null when nothing of ours was. */
export function judged(score: Pick<Score, "trace_id" | "span_id" | "session" | "run">): { path: string; kind: string; name: string; span?: string } | null {
  if (score.trace_id && score.span_id) return { path: `/traces/${score.trace_id}`, kind: "span", name: score.span_id, span: score.span_id };
  if (score.trace_id) return { path: `/traces/${score.trace_id}`, kind: "trace", name: score.trace_id };
  if (score.run) return { path: `/runs/${encodeURIComponent(score.run)}`, kind: "run", name: score.run };
  if (score.session) return { path: `/sessions/${encodeURIComponent(score.session)}`, kind: "session", name: score.session };
  return null;
}
