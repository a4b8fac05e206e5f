// The part of a trace's time that is looked at. It is in the address, once it has come to rest:
// a drag or a wheel is one step back, and not a hundred.
import { moved, readRange, writeRange, zoomed, type Range } from "../../logic/waterfall";
import { place } from "../../state/place.svelte";

const PARAMETER = "zoom";
const RESTS_MS = 250;

export class Zoom {
  readonly #length: () => number;
  #moving = $state.raw<Range | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #text: string = $derived(place.get(PARAMETER));
  readonly #kept: Range | null = $derived.by(() => readRange(this.#text, this.length));
  readonly range: Range = $derived.by(() => this.#moving ?? this.#kept ?? { from: 0, to: this.length });
  readonly isZoomed: boolean = $derived.by(() => writeRange(this.range, this.length) !== "");

  /** `length`: of the whole trace in milliseconds. To be made where effects can be. */
  constructor(length: () => number) {
    this.#length = length;
    // Whoever goes back, or to another page, has no use for what moved here.
    $effect(() => {
      void this.#text;
      return () => this.#stop();
    });
  }

  get length(): number {
    return this.#length();
  }

  /** Show this now, as far as it is possible; the address follows. */
  show(range: Range): void {
    this.#moving = zoomed(range, 1, this.length);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), RESTS_MS);
  }

  /** Longer by so many times, about a share of what is shown. */
  by(times: number, about = 0.5): void {
    this.show(zoomed(this.range, times, this.length, about));
  }

  /** Along the time by a share of what is shown. */
  move(by: number): void {
    this.show(moved(this.range, by, this.length));
  }

  all(): void {
    this.#stop();
    if (this.#text) place.set({ [PARAMETER]: "" });
  }

  #keep(): void {
    const text = this.#moving ? writeRange(this.#moving, this.length) : "";
    this.#stop();
    if (text !== this.#text) place.set({ [PARAMETER]: text });
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#moving = null;
  }
}
