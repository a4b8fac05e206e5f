// An answer of the API that follows what is asked: old until the new one is there, never blank.
import { get, Problem } from "../api/client";
import { clock } from "./clock.svelte";

export class Answer<T> {
  data = $state.raw<T>();
  problem = $state.raw<Problem>();
  /** Whether what is shown is not yet what was asked for last. */
  stale = $state(true);
  #asked = 0;
  #again = $state(0);

  /** Ask once more. */
  refresh(): void {
    this.#again++;
  }

  /** @internal */
  get turn(): number {
    return this.#again;
  }

  /** @internal */
  async fetch(path: string, signal: AbortSignal): Promise<void> {
    const mine = ++this.#asked;
    try {
      const data = await get<T>(path, signal);
      if (mine === this.#asked) [this.data, this.problem, this.stale] = [data, undefined, false];
    } catch (error) {
      if (mine !== this.#asked || signal.aborted) return;
      this.problem = error instanceof Problem ? error : new Problem(0, "Something went wrong", String(error));
      this.stale = false;
    }
  }

  /** @internal */
  clear(): void {
    [this.data, this.problem, this.stale] = [undefined, undefined, true];
  }
}

/** Ask for `path()` now, whenever it changes, and every `every()` milliseconds while somebody
 * looks. `null` asks for nothing. What belongs to another address (up to the `?`) is not shown. */
export function ask<T>(path: () => string | null, every: () => number | null = () => null): Answer<T> {
  const answer = new Answer<T>();
  let shown = "";
  $effect(() => {
    const wanted = path();
    void answer.turn;
    if (wanted === null) return;
    const address = wanted.split("?")[0] ?? "";
    if (address !== shown) answer.clear();
    shown = address;
    answer.stale = true;
    const abort = new AbortController();
    void answer.fetch(wanted, abort.signal);
    return () => abort.abort();
  });
  $effect(() => {
    const pause = every();
    const wanted = path();
    if (pause === null || wanted === null || !clock.seen) return;
    const abort = new AbortController();
    const timer = setInterval(() => void answer.fetch(wanted, abort.signal), pause);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  });
  return answer;
}
