// A trace as a tree: what each span holds, how deep it lies, and what its branch used.
import type { OutlinedSpan, TraceOutline } from "../api/types";

export interface Branch {
  span: OutlinedSpan;
  parent: Branch | null;
  children: Branch[];
  depth: number;
  /** Milliseconds since the trace began. A pending span has no end. */
  start: number;
  end: number | null;
  /** Of the span and all below it. */
  tokens: number;
  cost: number | null;
  errors: number;
  size: number;
}

export interface Tree {
  roots: Branch[];
  branches: Map<string, Branch>;
  /** Unix milliseconds. */
  begin: number;
  /** Milliseconds from `begin` to the last thing that is known. */
  length: number;
}

/** Unix time in milliseconds, microseconds kept: `Date.parse` cuts them off. */
export function milliseconds(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  const whole = Date.parse(time.replace(/\.\d+/, ""));
  return whole + (fraction ? Number(`0.${fraction}`) * 1000 : 0);
}

/** Spans come parents first. One whose parent is not there is a root. */
export function grow(spans: readonly OutlinedSpan[]): Tree {
  const branches = new Map<string, Branch>();
  const roots: Branch[] = [];
  const starts = spans.map((span) => milliseconds(span.start_time));
  const begin = starts.reduce((least, one) => Math.min(least, one), Infinity);
  let length = 0;
  spans.forEach((span, place) => {
    const start = (starts[place] ?? begin) - begin;
    const end = span.duration_ms === null ? null : start + span.duration_ms;
    const parent = span.parent_span_id ? (branches.get(span.parent_span_id) ?? null) : null;
    const branch: Branch = {
      span, parent, children: [], start, end,
      depth: parent ? parent.depth + 1 : 0,
      tokens: span.total_tokens,
      cost: span.cost_usd,
      errors: span.status === "error" ? 1 : 0,
      size: 1,
    };
    branches.set(span.span_id, branch);
    (parent?.children ?? roots).push(branch);
    length = Math.max(length, end ?? start);
  });
  for (const branch of [...branches.values()].reverse()) rollUp(branch);
  return { roots, branches, begin, length };
}

/** The trace with spans that came later, in the place of their earlier versions or behind them. */
export function joined(trace: TraceOutline, later: readonly OutlinedSpan[]): TraceOutline {
  const found = new Map(trace.spans.map((span) => [span.span_id, span]));
  for (const span of later) {
    const known = found.get(span.span_id);
    if (!known || BigInt(span.version) >= BigInt(known.version)) found.set(span.span_id, span);
  }
  const spans = parentsFirst([...found.values()]);
  const pending = spans.some((span) => span.pending);
  const begin = spans.reduce((least, span) => Math.min(least, milliseconds(span.start_time)), Infinity);
  const end = spans.reduce((most, span) => Math.max(most, milliseconds(span.start_time) + (span.duration_ms ?? 0)), 0);
  return {
    ...trace, spans, pending,
    name: spans[0]!.name, status: spans[0]!.status, start_time: spans[0]!.start_time,
    duration_ms: pending ? null : end - begin,
    span_count: spans.length,
    error_count: spans.reduce((sum, span) => sum + (span.status === "error" ? 1 : 0), 0),
  };
}

/** In the order of the tree, siblings by start. What hangs in a circle stands at the end. */
function parentsFirst(spans: OutlinedSpan[]): OutlinedSpan[] {
  const byStart = spans.toSorted((a, b) => (a.start_time < b.start_time ? -1 : a.start_time > b.start_time ? 1 : 0));
  const known = new Set(byStart.map((span) => span.span_id));
  const children = new Map<string, OutlinedSpan[]>();
  for (const span of byStart) {
    const parent = span.parent_span_id && known.has(span.parent_span_id) ? span.parent_span_id : "";
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  const ordered = new Set<OutlinedSpan>();
  const stack = (children.get("") ?? []).toReversed();
  for (let span = stack.pop(); span; span = stack.pop()) {
    ordered.add(span);
    stack.push(...(children.get(span.span_id) ?? []).toReversed());
  }
  return [...ordered, ...byStart.filter((span) => !ordered.has(span))];
}

// What a span says it used has often been used by a call below it: then the call counts.
function rollUp(branch: Branch): void {
  let tokens = 0;
  let cost: number | null = null;
  for (const child of branch.children) {
    tokens += child.tokens;
    if (child.cost !== null) cost = (cost ?? 0) + child.cost;
    branch.errors += child.errors;
    branch.size += child.size;
  }
  if (tokens) branch.tokens = tokens;
  if (cost !== null) branch.cost = cost;
}

/** The rows to show, in order: without what lies under a folded span, and without noise unless it
 * is asked for. Children of noise move up in sight, not in depth. */
export function visible(tree: Tree, folded: ReadonlySet<string>, withNoise: boolean): Branch[] {
  const rows: Branch[] = [];
  const stack = [...tree.roots].reverse();
  for (let branch = stack.pop(); branch; branch = stack.pop()) {
    if (withNoise || !branch.span.noise) rows.push(branch);
    if (folded.has(branch.span.span_id)) continue;
    for (let place = branch.children.length - 1; place >= 0; place--) stack.push(branch.children[place]!);
  }
  return rows;
}
