// A run's series as what a chart draws: numbers in order of x, with the band they came from.
import type { NewPoints, RunSeries } from "../api/types";

export interface Curve {
  x: number[];
  y: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

/** Times become seconds, as uPlot wants them; NaN and the infinities, which come as texts, gaps. */
export function curve(series: RunSeries): Curve {
  const x = series.x.map((one) => (typeof one === "string" ? Date.parse(one) / 1000 : Number(one)));
  return { x, y: series.mean.map(finite), min: series.min.map(finite), max: series.max.map(finite) };
}

function finite(value: number | string): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A series that grows. One in buckets goes on in buckets of the same width, the last of which is
 * open: it began at x, and holds so many points. */
export interface Growing extends RunSeries {
  open?: { from: number; points: number; width: number };
}

type Columns = Pick<RunSeries, "x" | "step" | "min" | "max" | "mean" | "last">;

/** A series that begins with points that are told; null where there are others before them. */
export function behind(points: NewPoints, x: string): Growing | null {
  if (points.after !== null || !points.step.length) return null;
  return { key: points.key, count: points.step.length, exact: true, ...columnsOf(points, x) };
}

/** The series with points that came later, up to `to` (a step); null where some between are
 * missing. */
export function append(before: Growing, points: NewPoints, x: string, to = ""): Growing | null {
  const last = before.step.at(-1) ?? -Infinity;
  const most = to ? Number(to) : Infinity;
  if (points.after !== null && points.after >= most) return before;
  if (points.after !== null && points.after > last) return null;
  return put(before, rows(columnsOf(points, x), (step) => step > last && step <= most));
}

/** The series with what was asked for behind its last step; in order of x, which another metric need
 * not be. */
export function joined(before: Growing, tail: RunSeries, x: string): Growing {
  const last = before.step.reduce((most, step) => Math.max(most, step), -Infinity);
  const later = rows(tail, (step) => step > last);
  if (tail.exact && (x === "step" || x === "time")) return put(before, later);
  const all = { ...concatenated(before, later), exact: before.exact && tail.exact, open: undefined };
  const order = all.x.map((_, at) => at).sort((a, b) => position(all.x[a]) - position(all.x[b]));
  return { ...all, ...taken(all, order) };
}

function columnsOf(points: NewPoints, x: string): Columns {
  const y = points.value;
  return { x: x === "time" ? points.time : points.step, step: points.step, min: y, max: y, mean: y, last: y };
}

function rows(columns: Columns, wanted: (step: number) => boolean): Columns {
  return taken(columns, columns.step.flatMap((step, at) => (wanted(step) ? [at] : [])));
}

function taken(columns: Columns, places: readonly number[]): Columns {
  const of = <T>(values: readonly T[]) => places.map((at) => values[at]!);
  return { x: of(columns.x as unknown[]), step: of(columns.step), min: of(columns.min), max: of(columns.max), mean: of(columns.mean), last: of(columns.last) };
}

function concatenated(before: Growing, later: Columns): Growing {
  return {
    ...before,
    count: before.count + later.step.length,
    x: [...before.x, ...later.x] as RunSeries["x"],
    step: [...before.step, ...later.step],
    min: [...before.min, ...later.min],
    max: [...before.max, ...later.max],
    mean: [...before.mean, ...later.mean],
    last: [...before.last, ...later.last],
  };
}

const position = (x: unknown) => (typeof x === "string" ? Date.parse(x) : Number(x));

/** Single points behind a series: as they are where it is exact, else in its buckets. */
function put(before: Growing, later: Columns): Growing {
  if (!later.step.length) return before;
  if (before.exact || before.x.length < 2) return concatenated(before, later);
  const width = before.open?.width ?? (position(before.x.at(-1)) - position(before.x[0])) / (before.x.length - 1);
  const none = rows(later, () => false);
  const grown: Growing = { ...concatenated(before, none), count: before.count + later.step.length };
  let open = before.open && { ...before.open };
  for (let at = 0; at < later.step.length; at++) {
    const x = position(later.x[at]);
    if (!open || x - open.from >= width) {
      open = { from: x, points: 0, width };
      for (const name of COLUMNS) (grown[name] as unknown[]).push(later[name][at]);
    }
    const [points, end] = [++open.points, grown.x.length - 1];
    [grown.x[end], grown.step[end], grown.last[end]] = [later.x[at] as unknown, later.step[at]!, later.last[at]!];
    grown.min[end] = combined(grown.min[end]!, later.min[at]!, Math.min);
    grown.max[end] = combined(grown.max[end]!, later.max[at]!, Math.max);
    grown.mean[end] = combined(grown.mean[end]!, later.mean[at]!, (mean, value) => mean + (value - mean) / points);
  }
  return { ...grown, open };
}

const COLUMNS = ["x", "step", "min", "max", "mean", "last"] as const;

/** Of two values that may be NaN or infinite, which come as texts: the other one then. */
function combined(one: number | string, other: number | string, how: (one: number, other: number) => number): number | string {
  if (typeof one !== "number") return other;
  return typeof other === "number" ? how(one, other) : one;
}

/** The range of y without the outer 1% on each side, where that leaves out most of the height;
 * else null. */
export function withoutOutliers(values: readonly (number | null)[]): [number, number] | null {
  const sorted = values.filter((one): one is number => one !== null).sort((a, b) => a - b);
  if (sorted.length < 20) return null;
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const [low, high] = [at(0.01), at(0.99)];
  const whole = sorted.at(-1)! - sorted[0]!;
  if (high <= low || whole < (high - low) * 2) return null;
  const margin = (high - low) * 0.06;
  return [low - margin, high + margin];
}
