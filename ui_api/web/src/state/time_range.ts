// The time range: how far back, as the address says it.

export const RANGES = [
  { name: "1h", label: "Last hour", ms: 3_600_000 },
  { name: "24h", label: "Last 24 hours", ms: 86_400_000 },
  { name: "7d", label: "Last 7 days", ms: 7 * 86_400_000 },
  { name: "30d", label: "Last 30 days", ms: 30 * 86_400_000 },
  { name: "", label: "All time", ms: null },
] as const;

/** `from` for the API, to the minute so that the question stays the same for a while. */
export function since(name: string, now: number): string | undefined {
  const range = RANGES.find((one) => one.name === name);
  if (!range?.ms) return undefined;
  return new Date(Math.floor((now - range.ms) / 60_000) * 60_000).toISOString();
}
