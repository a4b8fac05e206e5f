// All spans of a trace in few cells: a column a pixel, a lane a depth or several of them. Counted in
// one pass over the spans, however many columns each lies in.
import { COLOURS, look } from "./kinds";
import type { Branch } from "./tree";

/** What a cell can show: a kind's colour, or that what lies there failed by itself. */
export const PAINTS = [...COLOURS, "bad"] as const;
const FAILED = PAINTS.length - 1;
// A span shorter than this part of a column counts as so long: else nothing of it was seen.
const LEAST = 0.02;

export interface Overview {
  columns: number;
  lanes: number;
  /** Of each cell, lane by lane: the place in PAINTS of what covers most of it; 255: nothing. */
  paint: Uint8Array;
  /** Of each cell: how much of it is covered, 0 to 1. */
  density: Float32Array;
  /** Of each column: whether something that failed by itself ended there. What failed because of
   * what it holds is not of them: where all of a trace was red, nothing was to be seen. */
  errors: Uint8Array;
}

/** `length` and `now` in milliseconds since the trace began: what is pending reaches to `now`. */
export function overviewOf(branches: Iterable<Branch>, asked: { columns: number; lanes: number; length: number; now: number }): Overview {
  const { columns, length, now } = asked;
  const spans = [...branches];
  const deepest = spans.reduce((most, one) => Math.max(most, one.depth), 0);
  const lanes = Math.min(asked.lanes, deepest + 1);
  const errors = new Uint8Array(columns);
  // Of what goes on through whole columns only the ends are noted, and summed up afterwards.
  const wide = columns + 1;
  const covered = new Float32Array(lanes * PAINTS.length * wide);
  const through = new Float32Array(lanes * PAINTS.length * wide);
  const scale = length > 0 ? columns / length : 0;
  for (const span of spans) {
    const lane = Math.floor((span.depth * lanes) / (deepest + 1));
    const failed = span.span.status === "error" && span.errors === 1;
    const base = (lane * PAINTS.length + (failed ? FAILED : COLOURS.indexOf(look(span.span).colour))) * wide;
    const begin = Math.min(columns - LEAST, Math.max(0, span.start * scale));
    const end = Math.min(columns, Math.max(begin + LEAST, (span.end ?? Math.max(now, span.start)) * scale));
    const [first, last] = [Math.floor(begin), Math.floor(end)];
    if (first === last) covered[base + first]! += end - begin;
    else {
      covered[base + first]! += first + 1 - begin;
      covered[base + last]! += end - last;
      through[base + first + 1]! += 1;
      through[base + last]! -= 1;
    }
    if (failed) errors[Math.min(columns - 1, Math.max(0, Math.ceil(end) - 1))] = 1;
  }
  return { columns, lanes, ...dominant(covered, through, lanes, columns), errors };
}

function dominant(covered: Float32Array, through: Float32Array, lanes: number, columns: number): { paint: Uint8Array; density: Float32Array } {
  const paint = new Uint8Array(lanes * columns).fill(255);
  const density = new Float32Array(lanes * columns);
  const most = new Float32Array(columns);
  for (let lane = 0; lane < lanes; lane++) {
    most.fill(0);
    for (let kind = 0; kind < PAINTS.length; kind++) {
      const base = (lane * PAINTS.length + kind) * (columns + 1);
      let whole = 0;
      for (let column = 0; column < columns; column++) {
        whole += through[base + column]!;
        const amount = covered[base + column]! + whole;
        if (amount <= 1e-6) continue;
        const cell = lane * columns + column;
        density[cell] = Math.min(1, density[cell]! + amount);
        // Of the same amount, what failed is seen: it is the last.
        if (amount >= most[column]!) [most[column], paint[cell]] = [amount, kind];
      }
    }
  }
  return { paint, density };
}

export interface Run {
  lane: number;
  column: number;
  width: number;
  paint: (typeof PAINTS)[number];
  /** How strong, in eighths: 1 to 8. */
  strength: number;
}

/** Cells side by side that look the same, as one rectangle each. */
export function runs(overview: Overview): Run[] {
  const found: Run[] = [];
  const { columns, lanes, paint, density } = overview;
  const strengthOf = (cell: number) => (paint[cell] === 255 ? 0 : Math.max(1, Math.round(density[cell]! * 8)));
  for (let lane = 0; lane < lanes; lane++) {
    for (let column = 0; column < columns; ) {
      const cell = lane * columns + column;
      const strength = strengthOf(cell);
      let width = 1;
      while (column + width < columns && paint[cell + width] === paint[cell] && strengthOf(cell + width) === strength) width++;
      if (strength) found.push({ lane, column, width, paint: PAINTS[paint[cell]!]!, strength });
      column += width;
    }
  }
  return found;
}
