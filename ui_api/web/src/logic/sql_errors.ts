// Where in a query a complaint of the server belongs.

/** From one offset to another. */
export interface Place {
  from: number;
  to: number;
}

const AT = /line (\d+), column (\d+)(?:, near '([^']*)')?/;
const NAMES = [
  /there is no table ([^\s:]+)/,
  /the function (\S+) is not offered/i,
  /Unknown (?:expression|table expression|function)(?: or \w+)*(?: identifier)? [`'"]?([\w.]+)[`'"]?/i,
  /(?:Missing columns|identifier|function|column):? [`'"]([\w.]+)[`'"]/i,
  /\bhere, not (\w+)/,
];

/** The words that a complaint is about; null where it is about the whole. */
export function placeOf(detail: string, query: string): Place | null {
  const at = AT.exec(detail);
  if (at) return placeAt(query, Number(at[1]), Number(at[2]), at[3] ?? "");
  for (const pattern of NAMES) {
    const name = pattern.exec(detail)?.[1];
    const found = name ? wordIn(query, name) : null;
    if (found) return found;
  }
  return null;
}

/** The column is where the word ends. */
function placeAt(query: string, line: number, column: number, near: string): Place | null {
  const lines = query.split("\n");
  if (line < 1 || line > lines.length) return null;
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const end = start + Math.min(column, lines[line - 1]!.length);
  const from = near ? query.lastIndexOf(near, end) : end - 1;
  if (near && from >= start) return { from, to: from + near.length };
  return { from: Math.max(start, end - 1), to: Math.max(start + 1, end) };
}

function wordIn(query: string, name: string): Place | null {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(`(?<![\\w.])${escaped}(?!\\w)`, "i").exec(query);
  return found && { from: found.index, to: found.index + found[0].length };
}
