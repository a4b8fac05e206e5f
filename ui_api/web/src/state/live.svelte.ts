// What is new, as the server tells it: one stream a page, which a hidden tab lets go, and which is
// taken up again where it broke off.
import { Problem, stream } from "../api/client";
import { EventReader, wait } from "../logic/events";
import { clock } from "./clock.svelte";

type Listener = (data: never) => void;

export class Live {
  /** Whether the server tells us at the moment. */
  connected = $state(false);
  /** The last event: who asks goes on behind it. */
  #last = "";
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Hear events of a name; what comes back hears them no more. For `$effect(() => live.on(…))`. */
  on<Data>(name: string, listener: (data: Data) => void): () => void {
    const mine = this.#listeners.get(name) ?? new Set<Listener>();
    this.#listeners.set(name, mine.add(listener));
    return () => void mine.delete(listener);
  }

  /** @internal Read until told to stop; a server that is away is asked again, less and less often. */
  async read(path: string, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        for await (const text of stream(path, this.#last, signal)) {
          if (!this.connected) this.#reader = new EventReader();
          [this.connected, tries] = [true, 0];
          for (const event of this.#reader.take(text)) {
            this.#last = event.id;
            const data = JSON.parse(event.data) as never;
            for (const listener of this.#listeners.get(event.name) ?? []) listener(data);
          }
        }
      } catch (error) {
        // Nothing is there, or nothing may be seen: asking again would change nothing.
        if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) return;
      } finally {
        this.connected = false;
      }
      if (!signal.aborted) await pause(wait(tries, Math.random()), signal);
    }
  }

  /** @internal */
  forget(): void {
    this.#last = "";
  }

  #reader = new EventReader();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}

/** The stream at `path()` while somebody looks; null: none. */
export function live(path: () => string | null): Live {
  const found = new Live();
  let told = "";
  $effect(() => {
    const wanted = path();
    if (wanted === null || !clock.seen) return;
    if (wanted !== told) found.forget();
    told = wanted;
    const abort = new AbortController();
    void found.read(wanted, abort.signal);
    return () => abort.abort();
  });
  return found;
}
