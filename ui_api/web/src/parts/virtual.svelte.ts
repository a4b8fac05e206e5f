// Only the rows of a long list that are in sight, by @tanstack/virtual-core.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem } from "@tanstack/virtual-core";

export interface Options {
  count: number;
  size: (index: number) => number;
  /** Whether rows are measured because their height is not known before. */
  measured?: boolean;
  key?: (index: number) => string | number;
}

export class Rows {
  items = $state.raw<VirtualItem[]>([]);
  total = $state(0);
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;

  constructor(element: () => HTMLElement | undefined, options: () => Options) {
    const read = () => {
      const asked = options();
      return {
        count: asked.count,
        estimateSize: asked.size,
        getItemKey: asked.key ?? ((index: number) => index),
        getScrollElement: () => element() ?? null,
        scrollToFn: elementScroll,
        observeElementRect,
        observeElementOffset,
        overscan: 10,
        onChange: () => this.#show(),
      };
    };
    this.#virtualizer = new Virtualizer(read());
    $effect(() => {
      void element();
      const done = this.#virtualizer._didMount();
      this.#virtualizer._willUpdate();
      return done;
    });
    $effect(() => {
      this.#virtualizer.setOptions(read());
      if (!options().measured) this.#virtualizer.measure();
      this.#virtualizer._willUpdate();
      this.#show();
    });
  }

  #show(): void {
    this.items = this.#virtualizer.getVirtualItems();
    this.total = this.#virtualizer.getTotalSize();
  }

  scrollTo(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: "auto" });
  }

  /** For rows that are measured: `use:rows.measure`. */
  measure = (node: HTMLElement): void => {
    this.#virtualizer.measureElement(node);
  };
}
