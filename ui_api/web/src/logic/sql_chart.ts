// An answer of SQL as something to draw: which column goes across, which are measured, and what
// splits them.
import type { SqlAnswer } from "../api/types";
import type { Curve } from "./curves";

export type Kind = "time" | "number" | "category";

export interface Roles {
  x: string;
  y: string[];
  /** The column whose values are lines of their own; "" for none. */
  by: string;
}

export const MOST_LINES = 8;
export const MOST_BARS = 50;

export function kindOf(type: string): Kind | null {
  if (/^(Nullable\(|LowCardinality\()*(Date|DateTime)/.test(type)) return "time";
  if (/^(Nullable\(|LowCardinality\()*(U?Int|Float|Decimal)/.test(type)) return "number";
  if (/^(Nullable\(|LowCardinality\()*(String|FixedString|Enum|Bool|UUID)/.test(type)) return "category";
  return null;
}

type Columns = SqlAnswer["columns"];

export function columnsOf(columns: Columns, ...kinds: readonly Kind[]): string[] {
  return columns.filter((one) => kinds.includes(kindOf(one.type) as Kind)).map((one) => one.name);
}

/** What is drawn where nothing was chosen; null where nothing can be measured. */
export function roles(columns: Columns, chosen: Partial<Roles> = {}): Roles | null {
  const numbers = columnsOf(columns, "number");
  const categories = columnsOf(columns, "category");
  const times = columnsOf(columns, "time");
  const across = [...times, ...categories, ...numbers];
  const x = chosen.x && across.includes(chosen.x) ? chosen.x : (times[0] ?? categories[0] ?? (numbers.length > 1 ? numbers[0] : undefined));
  if (x === undefined) return null;
  const measured = numbers.filter((name) => name !== x);
  if (!measured.length) return null;
  const y = (chosen.y ?? []).filter((name) => measured.includes(name));
  const isBars = categories.includes(x);
  const by = isBars || !chosen.by ? "" : categories.includes(chosen.by) ? chosen.by : "";
  return { x, y: y.length ? y : measured.slice(0, isBars || by ? 1 : MOST_LINES), by };
}

/** One that splits the lines, offered first where there is a time and one word a row. */
export function splitBy(columns: Columns): string {
  return columnsOf(columns, "time").length ? (columnsOf(columns, "category")[0] ?? "") : "";
}

export interface NamedCurve extends Curve {
  name: string;
}

/** Lines over time or a number, in order of x; of very many values of `by` those that come first. */
export function curvesOf(answer: SqlAnswer, chosen: Roles): NamedCurve[] {
  const place = (name: string) => answer.columns.findIndex((one) => one.name === name);
  const [x, by] = [place(chosen.x), chosen.by ? place(chosen.by) : -1];
  const isTime = kindOf(answer.columns[x]!.type) === "time";
  const lines = new Map<string, [number, number | null][]>();
  for (const row of answer.rows) {
    const at = isTime ? seconds(row[x]) : finite(row[x]);
    if (at === null) continue;
    for (const name of chosen.y) {
      const line = by >= 0 ? String(row[by] || "(none)") + (chosen.y.length > 1 ? ` · ${name}` : "") : name;
      if (!lines.has(line) && lines.size >= MOST_LINES) continue;
      const points = lines.get(line) ?? [];
      points.push([at, finite(row[place(name)])]);
      lines.set(line, points);
    }
  }
  return [...lines].map(([name, points]) => {
    points.sort(([a], [b]) => a - b);
    const y = points.map(([, value]) => value);
    return { name, x: points.map(([at]) => at), y, min: y, max: y };
  });
}

export interface Bar {
  name: string;
  value: number | null;
}

/** A bar a row, as they come. */
export function barsOf(answer: SqlAnswer, chosen: Roles): Bar[] {
  const [x, y] = [chosen.x, chosen.y[0]].map((name) => answer.columns.findIndex((one) => one.name === name)) as [number, number];
  return answer.rows.slice(0, MOST_BARS).map((row) => ({ name: String(row[x] ?? "") || "(none)", value: finite(row[y]) }));
}

function finite(value: unknown): number | null {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** ClickHouse writes times of UTC without saying so. */
function seconds(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const text = value.replace(" ", "T");
  const at = Date.parse(text.length <= 10 ? text : `${text.slice(0, 23)}Z`);
  return Number.isNaN(at) ? null : at / 1000;
}
