// Which columns a query can mean.
import type { SqlView } from "../api/types";

/** The columns of the views that a query names, each name once; of all views while it names none. */
export function columnsNamed(views: readonly SqlView[], query: string): SqlView["columns"] {
  const words = new Set(query.toLowerCase().match(/\w+/g) ?? []);
  const named = views.filter((view) => words.has(view.name));
  const found = new Map<string, SqlView["columns"][number]>();
  for (const view of named.length ? named : views) for (const column of view.columns) if (!found.has(column.name)) found.set(column.name, column);
  return [...found.values()];
}
