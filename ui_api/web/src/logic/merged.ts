// A list that is told what is new.
import { milliseconds } from "./tree";

/** When something began, as a number to sort by. */
export const began = (one: { start_time: string }): number => milliseconds(one.start_time);

/** Rows, with newer versions in the place of older ones. What is new goes where it belongs by
 * `time`, the latest first: a trace that began yesterday may arrive now. Behind the last row it
 * comes with its page, while there are `more`. Without a `time` nothing is new. */
export function merged<Row>(rows: readonly Row[], found: readonly Row[], key: (row: Row) => string, time: ((row: Row) => number) | null, more: boolean): Row[] {
  const fresh = new Map(found.map((row) => [key(row), row]));
  const kept = rows.map((row) => {
    const newer = fresh.get(key(row));
    fresh.delete(key(row));
    return newer ?? row;
  });
  if (!time || !fresh.size) return kept;
  const last = kept.at(-1);
  const end = more && last ? time(last) : -Infinity;
  const added = [...fresh.values()].filter((row) => time(row) >= end).sort((a, b) => time(b) - time(a));
  let next = 0;
  const all = kept.flatMap((row) => {
    const from = next;
    while (next < added.length && time(added[next]!) >= time(row)) next++;
    return [...added.slice(from, next), row];
  });
  return [...all, ...added.slice(next)];
}
