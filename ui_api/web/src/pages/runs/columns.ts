// Which of a run's config and last values stand in the table.
import type { RunSummary } from "../../api/types";

export interface Column {
  /** As the API sorts by it: `config.lr`, `summary.loss`. */
  id: string;
  of: "config" | "summary";
  key: string;
}

const FEW = 5;
const WORTH = /loss|acc|reward|score|f1|bleu|perplexity/i;

export function columnsOf(text: string): Column[] {
  return text.split(",").filter(Boolean).map((id) => ({
    id,
    of: id.startsWith("config.") ? "config" : "summary",
    key: id.slice(id.indexOf(".") + 1),
  }));
}

export function valueOf(run: RunSummary, column: Column): unknown {
  return run[column.of][column.key];
}

/** With the one that the runs are sorted by, which nobody is to guess. */
export function withSorted(columns: readonly Column[], sort: string): Column[] {
  const id = sort.replace(/^-/, "");
  return !/^(config|summary)\./.test(id) || columns.some((one) => one.id === id) ? [...columns] : [...columnsOf(id), ...columns];
}

/** For a phone, where two columns are in sight: what the runs are sorted by, then what they measured. */
export function mostTelling(columns: readonly Column[], sort: string): Column[] {
  const rank = (one: Column) => (one.id === sort.replace(/^-/, "") ? 0 : one.of === "summary" ? 1 : 2);
  return [...columns].sort((a, b) => rank(a) - rank(b));
}

/** Every config and summary key that holds something short, as columns. */
export function possible(rows: readonly RunSummary[]): Column[] {
  const ids = new Set<string>();
  for (const run of rows) {
    for (const of of ["config", "summary"] as const) {
      for (const [key, value] of Object.entries(run[of])) if (typeof value !== "object") ids.add(`${of}.${key}`);
    }
  }
  return columnsOf([...ids].sort().join(","));
}

/** What a reader would look at first: config that differs, and last values of what runs are for. */
export function suggested(rows: readonly RunSummary[]): Column[] {
  const all = possible(rows);
  const differs = (column: Column) => new Set(rows.map((run) => valueOf(run, column)).filter((value) => value !== undefined)).size > 1;
  const config = all.filter((one) => one.of === "config" && differs(one)).slice(0, 2);
  const summary = all.filter((one) => one.of === "summary").sort((a, b) => Number(WORTH.test(b.key)) - Number(WORTH.test(a.key)));
  return [...config, ...summary.slice(0, FEW - config.length)];
}
