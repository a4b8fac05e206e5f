// A list that comes in pages, by its cursor; what is new is put into it as it is told.
import { address, get, Problem, type Parameters } from "../api/client";
import { merged } from "../logic/merged";

// What is new in a first page is newer than all that is there.
const ON_TOP = () => Number.MAX_VALUE;

export class Pages<Row> {
  rows = $state.raw<Row[]>([]);
  problem = $state.raw<Problem>();
  loading = $state(true);
  /** Whether there are more rows than are shown. */
  more = $state(false);
  #cursor: string | null = null;
  /** The last cursor there was: where `tail` asks on. */
  #last: string | null = null;
  #turn = 0;
  #early: [readonly Row[], ((row: Row) => number) | null][] = [];
  #path = "";
  #parameters: Parameters = {};
  readonly #name: string;
  readonly #key: (row: Row) => string;

  constructor(name: string, key: (row: Row) => string) {
    this.#name = name;
    this.#key = key;
  }

  async begin(path: string, parameters: Parameters): Promise<void> {
    this.#turn++;
    [this.#path, this.#parameters, this.#cursor] = [path, parameters, null];
    [this.#last, this.#early] = [null, []];
    await this.#load((found) => found);
    for (const [found, time] of this.#early.splice(0)) this.merge(found, time);
  }

  /** Ask anew, from the first page. */
  async refresh(): Promise<void> {
    await this.begin(this.#path, this.#parameters);
  }

  async next(): Promise<void> {
    if (this.loading || !this.more) return;
    await this.#load((found) => [...this.rows, ...found]);
  }

  /** Put rows in the place of what they are newer versions of, and new ones where they belong by
   * `time`; see `merged`. What is told before the list is there is put in when it is. */
  merge(found: readonly Row[], time: ((row: Row) => number) | null): void {
    if (this.loading) this.#early.push([found, time]);
    else this.rows = merged(this.rows, found, this.#key, time, this.more);
  }

  /** Ask for the first page again, and put what is new or has changed in it where it belongs. */
  async top(): Promise<void> {
    const turn = this.#turn;
    try {
      const page = await this.#get(null);
      if (turn !== this.#turn) return;
      this.merge(page.rows, ON_TOP);
      this.problem = undefined;
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
    }
  }

  /** Put rows behind the last one, if all before them are there. */
  append(found: readonly Row[]): void {
    if (this.more || this.loading) return;
    const known = new Set(this.rows.slice(-2 * found.length - 100).map(this.#key));
    this.rows = [...this.rows, ...found.filter((row) => !known.has(this.#key(row)))];
  }

  /** Put what came behind the last row behind it: for lists whose oldest rows come first. */
  async tail(): Promise<void> {
    if (this.more || this.loading) return;
    const turn = this.#turn;
    try {
      const page = await this.#get(this.#last);
      if (turn !== this.#turn) return;
      const known = new Set(this.rows.map(this.#key));
      const fresh = page.rows.filter((row) => !known.has(this.#key(row)));
      if (fresh.length) this.rows = [...this.rows, ...fresh];
      if (page.cursor) [this.#cursor, this.#last, this.more] = [page.cursor, page.cursor, true];
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
    }
  }

  async #load(joined: (found: Row[]) => Row[]): Promise<void> {
    const turn = this.#turn;
    this.loading = true;
    try {
      const page = await this.#get(this.#cursor);
      if (turn !== this.#turn) return;
      this.rows = joined(page.rows);
      this.#last = page.cursor ?? this.#last;
      [this.#cursor, this.more, this.problem] = [page.cursor, page.cursor !== null, undefined];
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
    }
    if (turn === this.#turn) this.loading = false;
  }

  #failed(error: unknown): void {
    this.problem = error instanceof Problem ? error : new Problem(0, "Something went wrong", String(error));
  }

  async #get(cursor: string | null): Promise<{ rows: Row[]; cursor: string | null }> {
    const answer = await get<Record<string, unknown>>(address(this.#path, { ...this.#parameters, cursor }));
    return { rows: answer[this.#name] as Row[], cursor: answer["next_cursor"] as string | null };
  }
}

/** The pages of a list, for parameters that may change. */
export function pages<Row>(name: string, key: (row: Row) => string, path: string, parameters: () => Parameters): Pages<Row> {
  const found = new Pages<Row>(name, key);
  const asked = $derived(JSON.stringify(parameters()));
  $effect(() => {
    void found.begin(path, JSON.parse(asked) as Parameters);
  });
  return found;
}
