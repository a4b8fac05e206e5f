/** What this package needs of the place it runs in. There is one for Node (and Bun, and Deno) and
 * one without any built-in module, for browsers and workers; the build chooses. */

import type { Buffer } from "../recorder/buffer.js";
import type { Destination, Mode } from "../settings.js";

/** What is kept for values of a context, over awaits where the platform can. */
export interface Scope<T> {
  get(): T | undefined;
  run<R>(value: T, action: () => R): R;
}

/** What is told when the program ends. */
export interface Endings {
  /** Nothing is left to do: there is time to send. `code` is the exit code so far. */
  idle(code: number): Promise<void>;
  /** It may end, and nobody will say so: send what there is. */
  hidden(): void;
  /** It ends now: nothing that waits. */
  ending(code: number): void;
  /** Something was thrown that nobody caught; `ending` follows. */
  crashed(error: unknown): void;
  /** A signal ends it; it has a moment. */
  killed(): Promise<void>;
}

export interface Platform {
  /** What a resource calls the language: `nodejs` or `webjs`. */
  readonly language: string;
  uuid(): string;
  env(name: string): string | undefined;
  /** `<host name>-<system>`, and the host's name. */
  machine(): { id: string; hostname: string };
  sha256(content: Uint8Array): Uint8Array;
  scope<T>(): Scope<T>;
  /** A buffer for what is to be sent. */
  openBuffer(destination: Destination, mode: Mode): Buffer;
  /** Buffers that ended processes left for the same server and key. */
  orphans(destination: Destination, except: string | undefined): Iterable<Buffer>;
  /** What was put under this name; undefined where there is nothing. */
  recall(folder: "config" | "state" | "cache", name: string): unknown;
  /** Keep a JSON value under this name. What fails is not kept. */
  remember(folder: "state" | "cache", name: string, value: unknown): void;
  /** Keep what a server refused for good; where. */
  keepRefused(what: string, content: Uint8Array): string | undefined;
  /** A file's content and name. Throws TracehouseError where there are no files. */
  readFile(path: string, most: number): { content: Uint8Array; name: string };
  /** What a run starts with; undefined where that says nothing. */
  environment(): Promise<unknown> | undefined;
  /** Be told of the end, once. */
  onEnd(endings: Endings): void;
}
