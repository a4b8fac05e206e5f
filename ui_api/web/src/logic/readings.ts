// A machine's readings as they go on.
import type { NewReadings, SystemHistory } from "../api/types";

export type Readings = SystemHistory["series"];

/** Of so many readings a key, each two become their mean. */
const MOST = 1000;

/** The readings with those that were read behind a time (ISO); null where some between are
 * missing. */
export function grown(before: Readings, after: string, told: readonly NewReadings[]): Readings | null {
  const last = before.reduce((latest, one) => later(latest, one.time.at(-1) ?? ""), "");
  if (Date.parse(after) > (last ? Date.parse(last) : 0)) return null;
  const fresh = new Map(told.map((one) => [one.key, one]));
  const known = new Set(before.map((one) => one.key));
  const all = [...before, ...told.filter((one) => !known.has(one.key)).map((one) => ({ key: one.key, time: [], mean: [] }))];
  return all.map((one) => {
    const more = fresh.get(one.key);
    if (!more) return one;
    const newest = one.time.length ? Date.parse(one.time.at(-1)!) : -Infinity;
    const from = more.time.findIndex((at) => Date.parse(at) > newest);
    if (from < 0) return one;
    return thinned({ key: one.key, time: [...one.time, ...more.time.slice(from)], mean: [...one.mean, ...more.value.slice(from)] });
  });
}

function later(one: string, other: string): string {
  return one && (!other || Date.parse(one) >= Date.parse(other)) ? one : other;
}

function thinned(series: Readings[number]): Readings[number] {
  if (series.time.length <= MOST) return series;
  const time: string[] = [];
  const mean: (number | string)[] = [];
  for (let at = 0; at < series.time.length; at += 2) {
    const [one, other] = [series.mean[at]!, series.mean[at + 1] ?? series.mean[at]!];
    time.push(series.time[at + 1] ?? series.time[at]!);
    mean.push(typeof one === "number" && typeof other === "number" ? (one + other) / 2 : typeof one === "number" ? one : other);
  }
  return { key: series.key, time, mean };
}
