// A value a day, with the days between on which nothing happened.

const DAY_MS = 86_400_000;
const MOST_DAYS = 400;

export interface DayValue {
  day: string;
  /** null: nothing happened, or nothing is known. */
  value: number | null;
}

/** Days as ISO dates in order, from the first that is known to the last; of very many the latest. */
export function everyDay(known: readonly DayValue[]): DayValue[] {
  if (!known.length) return [];
  const values = new Map(known.map((one) => [one.day, one.value]));
  const days = [...values.keys()].sort();
  const last = Date.parse(days.at(-1)!);
  const count = Math.min(MOST_DAYS, Math.round((last - Date.parse(days[0]!)) / DAY_MS) + 1);
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(last - (count - 1 - at) * DAY_MS).toISOString().slice(0, 10);
    return { day, value: values.get(day) ?? null };
  });
}

export function dayLabel(day: string): string {
  return new Date(day).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}
