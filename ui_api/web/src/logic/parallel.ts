// Parallel coordinates: an axis a key, a line a run. Where the values of a key lie on its axis.

export interface Axis {
  key: string;
  /** The values at the ends, or all of them from bottom to top where they are words. */
  ends: [number, number] | null;
  words: string[];
  log: boolean;
}

export type Value = number | string | null;

/** What a run has under a key, as an axis shows it. */
export function shown(value: unknown): Value {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value === null || value === undefined || value === "") return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const MOST_WORDS = 12;
const LOG_FROM = 100;

/** The axis of a key; null where it would say nothing: one value, or too many words. Numbers that
 * lie orders of magnitude apart, as learning rates do, get a logarithmic one. */
export function axis(key: string, values: readonly Value[]): Axis | null {
  const known = values.filter((one) => one !== null);
  if (new Set(known).size < 2) return null;
  if (known.every((one) => typeof one === "number")) {
    const numbers = known as number[];
    const ends: [number, number] = [Math.min(...numbers), Math.max(...numbers)];
    return { key, ends, words: [], log: ends[0] > 0 && ends[1] / ends[0] >= LOG_FROM };
  }
  const words = [...new Set(known.map(String))].sort();
  return words.length > MOST_WORDS ? null : { key, ends: null, words, log: false };
}

/** Where a value lies: 0 at the bottom, 1 at the top; null where there is none. */
export function height(axis: Axis, value: Value): number | null {
  if (value === null) return null;
  if (!axis.ends) return axis.words.indexOf(String(value)) / (axis.words.length - 1);
  if (typeof value !== "number") return null;
  const of = (one: number) => (axis.log ? Math.log(one) : one);
  return (of(value) - of(axis.ends[0])) / (of(axis.ends[1]) - of(axis.ends[0]));
}

/** A range on an axis, by heights. */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

/** Whether a line passes through all the ranges that are drawn. */
export function passes(axes: readonly Axis[], values: readonly Value[], ranges: Ranges): boolean {
  return axes.every((one, at) => {
    const range = ranges[one.key];
    if (!range) return true;
    const place = height(one, values[at] ?? null);
    return place !== null && place >= range[0] && place <= range[1];
  });
}
