// The curves of some keys of a run. They grow by the points that are told; what is missing between,
// and what cannot be put behind by itself, is asked for from the last step on.
import { address, get, Problem } from "../api/client";
import type { History, NewPoints, RunSeries } from "../api/types";
import { append, behind, joined, type Growing } from "../logic/curves";
import type { Live } from "./live.svelte";

const POINTS = 800;
/** So many times as long as it was asked for, a curve is asked for anew, in wider buckets. */
const GROWN = 2;
/** Between two questions for what is missing. */
const TAIL_MS = 10_000;

export interface Wanted {
  run: string;
  keys: readonly string[];
  x: string;
  from: string;
  to: string;
}

export class Curves {
  series = $state.raw<ReadonlyMap<string, Growing>>(new Map());
  problem = $state.raw<Problem>();
  loading = $state(true);

  async load(wanted: Wanted, signal: AbortSignal): Promise<void> {
    this.loading = true;
    try {
      const found = await this.#get(wanted, wanted.keys, null, signal);
      [this.series, this.problem] = [new Map(found.map((one) => [one.key, one])), undefined];
    } catch (error) {
      if (signal.aborted) return;
      this.problem = error instanceof Problem ? error : new Problem(0, "Something went wrong", String(error));
    }
    this.loading = false;
  }

  /** Put new points behind those that are there. The keys for which that does not make the whole
   * curve, as points between are missing, or x is another metric. */
  grow(wanted: Wanted, told: readonly NewPoints[]): string[] {
    const next = new Map(this.series);
    const missing: string[] = [];
    for (const points of told) {
      if (!wanted.keys.includes(points.key)) continue;
      const isOwnAxis = wanted.x === "step" || wanted.x === "time";
      const before = next.get(points.key);
      const grown = !isOwnAxis ? null : before ? append(before, points, wanted.x, wanted.to) : behind(points, wanted.x);
      if (grown) next.set(points.key, grown);
      else missing.push(points.key);
    }
    this.series = next;
    return missing;
  }

  /** Ask for what came behind the last steps of these keys. */
  async tail(wanted: Wanted, keys: readonly string[], signal: AbortSignal): Promise<void> {
    const known = keys.map((key) => last(this.series.get(key)));
    const from = known.some((step) => step === null) ? null : Math.min(...(known as number[]));
    try {
      const found = await this.#get(wanted, keys, from, signal);
      const next = new Map(this.series);
      for (const one of found) {
        const before = next.get(one.key);
        next.set(one.key, before && from !== null ? joined(before, one, wanted.x) : one);
      }
      this.series = next;
    } catch {
      // What is shown stays; the next points that are told ask once more.
    }
  }

  /** Whether a curve has become so long that it is to be asked for in wider buckets. */
  get isLong(): boolean {
    return [...this.series.values()].some((one) => one.x.length > GROWN * POINTS);
  }

  async #get(wanted: Wanted, keys: readonly string[], after: number | null, signal: AbortSignal): Promise<RunSeries[]> {
    const path = address(`/v1/runs/${encodeURIComponent(wanted.run)}/history`, {
      keys: keys.join(","), x: wanted.x, max_points: POINTS, min_x: wanted.from, max_x: wanted.to, after_step: after,
    });
    return (await get<History>(path, signal)).series;
  }
}

function last(series: RunSeries | undefined): number | null {
  return series?.step.length ? series.step.reduce((most, step) => Math.max(most, step)) : null;
}

/** Curves for what is wanted now (null: nothing yet), growing by what is `told`. */
export function curves(wanted: () => Wanted | null, told: Live | null): Curves {
  const found = new Curves();
  const asked = $derived(JSON.stringify(wanted()));
  $effect(() => {
    const now = JSON.parse(asked) as Wanted | null;
    if (!now) return;
    const abort = new AbortController();
    const missing = new Set<string>();
    let early: NewPoints[] = [];
    let due: ReturnType<typeof setTimeout> | undefined;
    let askedAt = -TAIL_MS;
    const ask = () => {
      [due, askedAt] = [undefined, performance.now()];
      if (found.isLong) void found.load(now, abort.signal);
      else void found.tail(now, [...missing], abort.signal);
      missing.clear();
    };
    const grow = (points: readonly NewPoints[]) => {
      for (const key of found.grow(now, points)) missing.add(key);
      if (missing.size || found.isLong) due ??= setTimeout(ask, Math.max(0, askedAt + TAIL_MS - performance.now()));
    };
    void found.load(now, abort.signal).then(() => {
      if (!abort.signal.aborted) grow(early.splice(0));
    });
    const deaf = told?.on<{ run_id: string; series: NewPoints[] }>("points", (event) => {
      if (event.run_id !== now.run) return;
      const mine = event.series.filter((one) => now.keys.includes(one.key));
      // While the curves are on their way it is not known behind what the points lie.
      if (found.loading) early = [...early, ...mine];
      else if (mine.length) grow(mine);
    });
    return () => {
      deaf?.();
      clearTimeout(due);
      abort.abort();
    };
  });
  return found;
}
