// A list that comes in numbered pages, with how many there are in all.
import { address, get, Problem, type Parameters } from "../api/client";

export class Numbered<Row> {
  rows = $state.raw<Row[]>([]);
  problem = $state.raw<Problem>();
  loading = $state(true);
  total = $state(0);
  #page = 0;
  #turn = 0;
  #parameters: Parameters = {};
  readonly #name: string;
  #path = "";

  constructor(name: string) {
    this.#name = name;
  }

  async begin(path: string, parameters: Parameters): Promise<void> {
    this.#turn++;
    [this.#path, this.#parameters, this.#page] = [path, parameters, 0];
    await this.#load([]);
  }

  async next(): Promise<void> {
    if (!this.loading && this.rows.length < this.total) await this.#load(this.rows);
  }

  async refresh(): Promise<void> {
    await this.begin(this.#path, this.#parameters);
  }

  async #load(before: Row[]): Promise<void> {
    const turn = this.#turn;
    this.loading = true;
    try {
      const answer = await get<Record<string, unknown>>(address(this.#path, { ...this.#parameters, page: this.#page + 1 }));
      if (turn !== this.#turn) return;
      this.#page++;
      const found = answer[this.#name] as Row[];
      // An empty page ends the list, also where rows went away while it was read.
      this.rows = [...before, ...found];
      this.total = found.length ? (answer["total"] as number) : this.rows.length;
      this.problem = undefined;
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Problem ? error : new Problem(0, "Something went wrong", String(error));
    }
    if (turn === this.#turn) this.loading = false;
  }
}

/** The pages of a list at `path()`, for parameters that may change. */
export function numbered<Row>(name: string, path: () => string, parameters: () => Parameters): Numbered<Row> {
  const found = new Numbered<Row>(name);
  const asked = $derived(JSON.stringify([path(), parameters()]));
  $effect(() => {
    const [at, given] = JSON.parse(asked) as [string, Parameters];
    void found.begin(at, given);
  });
  return found;
}
