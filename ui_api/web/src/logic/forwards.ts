// How a destination is doing, in a word, and what a form says of one.
import type { ForwardDestination } from "../api/types";

/** Waiting less than this is the ordinary way of things. */
const LATE_SECONDS = 30;

export type Health = "fine" | "late" | "failing" | "paused";

/** What waits for a workspace's own destination is not told (null), so there the problem decides. */
export function healthOf(one: Pick<ForwardDestination, "signals" | "paused">): Health {
  if (one.paused) return "paused";
  if (one.signals.some((way) => way.problem && way.backlog_bytes !== 0)) return "failing";
  return one.signals.some((way) => way.lag_seconds > LATE_SECONDS) ? "late" : "fine";
}

export const HEALTH = { fine: "Up to date", late: "Behind", failing: "Failing", paused: "Paused" } as const;

/** What a form begins with. */
export function forwardOf(before: ForwardDestination | undefined) {
  return {
    name: before?.name ?? "",
    url: before?.url ?? "",
    kind: before?.kind ?? "otlp",
    protocol: before?.protocol ?? "http",
    publicKey: "",
    secretKey: "",
    headers: "",
    signals: [...(before?.takes ?? ["traces", "logs", "metrics"])] as string[],
    services: before?.services.join(", ") ?? "",
    dropped: before?.drop_attributes.join(", ") ?? "",
  };
}

/** "a, b" → ["a", "b"]. */
export function wordsOf(text: string): string[] {
  return text.split(/[,\s]+/).filter(Boolean);
}

/** Lines of "name: value"; undefined where there are none, and what is kept stays. */
export function headersOf(text: string): Record<string, string> | undefined {
  const lines = text.split("\n").filter((line) => line.trim());
  if (!lines.length) return undefined;
  return Object.fromEntries(lines.map((line) => {
    const [name = "", ...value] = line.split(":");
    return [name.trim(), value.join(":").trim()];
  }));
}
