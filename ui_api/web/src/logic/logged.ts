// What a run logged beside scalars and files: tables as people sort and search them, and histograms
// over steps.
import type { RunHistogram } from "../api/types";

export interface Table {
  columns: string[];
  rows: unknown[][];
}

/** A file that a cell refers to. */
export interface FileInCell {
  sha256: string;
  mime: string;
  caption?: string;
}

/** The table of a value: of a table, or of a chart that was made from one; null of anything else. */
export function tableOf(value: unknown): Table | null {
  const given = value as { table?: unknown; columns?: unknown; data?: unknown } | null;
  const found = (given?.table ?? given) as { columns?: unknown; data?: unknown } | null;
  if (!Array.isArray(found?.columns) || !Array.isArray(found.data)) return null;
  return { columns: found.columns.map(String), rows: found.data.map((row) => (Array.isArray(row) ? row : [row])) };
}

/** The files of a cell: one, a list of them, or none. */
export function filesOf(cell: unknown): FileInCell[] {
  const all = Array.isArray(cell) ? cell : [cell];
  const found = all.filter((one): one is FileInCell => typeof one === "object" && one !== null && /^[0-9a-f]{64}$/.test(String((one as FileInCell).sha256)) && typeof (one as FileInCell).mime === "string");
  return found.length === all.length ? found : [];
}

/** A cell as text: what is searched, sorted and saved. */
export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  const files = filesOf(cell);
  if (files.length) return files.map((one) => one.caption ?? one.sha256).join(" ");
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** The places of the rows that hold a text somewhere, in the order of a column (its name, "-" before
 * it for the greatest first). Numbers come by size, what is empty last. */
export function arranged(table: Table, text: string, sort: string): number[] {
  const wanted = text.trim().toLowerCase();
  const places = table.rows.map((_, place) => place).filter((place) => !wanted || table.rows[place]!.some((cell) => cellText(cell).toLowerCase().includes(wanted)));
  const way = sort.startsWith("-") ? -1 : 1;
  const column = table.columns.indexOf(sort.replace(/^-/, ""));
  if (column < 0) return places;
  const cellAt = (place: number) => table.rows[place]![column];
  const isEmpty = (cell: unknown) => cell === null || cell === undefined || cell === "";
  return places.sort((a, b) => {
    const [one, other] = [cellAt(a), cellAt(b)];
    if (isEmpty(one) || isEmpty(other)) return Number(isEmpty(one)) - Number(isEmpty(other)) || a - b;
    const order = typeof one === "number" && typeof other === "number" ? one - other : cellText(one).localeCompare(cellText(other), "en", { numeric: true });
    return way * order || a - b;
  });
}

/** Counts and the edges around them; undefined for what is no histogram. */
export function histogramOf(value: unknown): Pick<RunHistogram, "counts" | "bins"> | undefined {
  const { counts, bins } = (value ?? {}) as { counts?: unknown; bins?: unknown };
  const areNumbers = (all: unknown): all is number[] => Array.isArray(all) && all.every((one) => typeof one === "number");
  return areNumbers(counts) && areNumbers(bins) && counts.length > 0 && bins.length === counts.length + 1 ? { counts, bins } : undefined;
}

export interface Heat {
  /** How dense values are in a cell, 0 to 1; by step, then from the lowest value to the highest. */
  cells: Float64Array;
  low: number;
  high: number;
}

/** Histograms over steps as a grid of so many rows over one range. A column's densest cell is 1. */
export function heat(histograms: readonly RunHistogram[], rows: number): Heat {
  const low = Math.min(...histograms.map((one) => one.bins[0]!));
  const high = Math.max(...histograms.map((one) => one.bins.at(-1)!));
  const cells = new Float64Array(histograms.length * rows);
  const height = (high - low) / rows || 1;
  histograms.forEach(({ counts, bins }, column) => {
    let bin = 0;
    let densest = 0;
    for (let row = 0; row < rows; row++) {
      const middle = low + (row + 0.5) * height;
      while (bin < counts.length - 1 && middle >= bins[bin + 1]!) bin++;
      const inside = middle >= bins[0]! && middle <= bins.at(-1)!;
      const width = bins[bin + 1]! - bins[bin]! || 1;
      const density = inside ? counts[bin]! / width : 0;
      cells[column * rows + row] = density;
      densest = Math.max(densest, density);
    }
    if (densest) for (let row = 0; row < rows; row++) cells[column * rows + row]! /= densest;
  });
  return { cells, low, high };
}

/** The place of the step that is nearest to one. */
export function nearest(steps: readonly number[], wanted: number): number {
  let best = 0;
  for (let place = 1; place < steps.length; place++) if (Math.abs(steps[place]! - wanted) < Math.abs(steps[best]! - wanted)) best = place;
  return best;
}
