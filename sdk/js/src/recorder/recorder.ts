/** The recorder: what callers put is in the buffer within milliseconds, and sent from there.
 *
 *     caller ─► queue ─► buffer (on disk in Node) ─► OTLP/HTTP
 *
 * The caller pays for an append to an array. A process that is killed loses what was put in the
 * last `FLUSH_MS`; a loop that never lets go of the event loop writes by itself. */

import type { Attributes } from "@opentelemetry/api";
import { platform } from "#platform";
import { once } from "../complain.js";
import { encodeEvents, Event } from "../otlp/events.js";
import { encodePoints, Points } from "../otlp/points.js";
import { encodeSpans, SpanVersion } from "../otlp/spans.js";
import { resolveDestination, type Destination, type Mode } from "../settings.js";
import { Signal, type Buffer } from "./buffer.js";
import { MemoryBuffer } from "./memory-buffer.js";
import { Shipper } from "./shipper.js";
import { makeSource, type Source } from "./spans.js";
import { background } from "./timers.js";

const FLUSH_MS = 40;
/** The clock is read once in so many items. */
const LOOK_EVERY = 256;
const REQUEST_WEIGHT = 2 << 20;
type Item = SpanVersion | Points | Event;

export class Recorder {
  private queue: Item[] = [];
  private readonly sources = new Map<string, Source>();
  private buffer: Buffer | undefined;
  private shipper: Shipper | undefined;
  private callOff: (() => void) | undefined;
  private written = 0;

  constructor(
    readonly mode: Mode,
    private readonly resolve: () => Destination,
  ) {
    resolve(); // misuse is told at once
  }

  /** A tracer whose spans are recorded here, with these resource attributes. */
  source(attributes: Attributes): Source {
    const key = JSON.stringify(Object.entries(attributes).sort());
    let source = this.sources.get(key);
    if (source === undefined) {
      source = makeSource(attributes, (version) => this.put(version));
      this.sources.set(key, source);
    }
    return source;
  }

  /** Record it. What it refers to must not change any more (a running span excepted). */
  put(item: Item): void {
    if (this.mode === "disabled") return;
    const { queue } = this;
    queue.push(item);
    if (this.callOff === undefined) {
      this.callOff = background(() => this.write(), FLUSH_MS);
      this.written = performance.now();
    } else if (queue.length % LOOK_EVERY === 0 && performance.now() - this.written > FLUSH_MS) {
      this.write();
    }
  }

  /** Keep a file for upload. */
  addBlob(sha256: string, content: Uint8Array): void {
    if (this.mode === "disabled") return;
    this.keep((buffer) => buffer.addBlob(sha256, content));
    this.shipper?.notify();
  }

  /** Write what is queued. Never throws. */
  write(): void {
    this.callOff?.();
    this.callOff = undefined;
    const items = this.queue;
    if (!items.length) return;
    this.queue = [];
    const of = <T extends Item>(kind: abstract new (...all: never[]) => T): T[] =>
      items.filter((item): item is T => item instanceof kind);
    this.append(Signal.traces, of(SpanVersion), encodeSpans);
    this.append(Signal.logs, of(Event), encodeEvents);
    this.append(Signal.metrics, of(Points), encodePoints);
    this.shipper?.notify();
  }

  /** Write everything; within so many milliseconds, whether a server has it all. Never rejects. */
  async flush(ms: number): Promise<boolean> {
    this.write();
    if (this.mode === "disabled" || this.buffer === undefined) return true;
    if (this.shipper === undefined) return false;
    return this.shipper.untilEmpty(ms);
  }

  /** The program ends: let the buffer go. What is left in it is for the next. */
  close(): void {
    this.write();
    this.shipper?.stop();
    this.buffer?.close();
    this.buffer = this.shipper = undefined;
  }

  /** Whether there is something that a server may still get. */
  get isWaiting(): boolean {
    const pending = this.queue.length > 0 || this.buffer?.isEmpty === false;
    return this.mode === "online" && pending && !this.shipper?.isHopeless;
  }

  /** The server as it is known now: credentials may have come since the start. */
  destination(): Destination {
    return this.resolve();
  }

  /** The folder that holds what was not sent. */
  get where(): string | undefined {
    return this.buffer?.where;
  }

  /** What the last failed attempt to send said. */
  get whyWaiting(): string {
    return this.shipper?.detail ?? "";
  }

  private append<T extends Item>(
    signal: Signal,
    items: T[],
    encode: (items: readonly T[]) => Uint8Array,
  ): void {
    for (const part of parts(items)) {
      try {
        const payload = encode(part);
        if (payload.length) this.keep((buffer) => buffer.append(signal, payload));
      } catch (error) {
        once(`what was logged cannot be encoded and is left out: ${String(error)}`);
      }
    }
  }

  /** Do it with the buffer; with a new one where that was taken away, and with one in memory where
   * the disk does not take it. */
  private keep(action: (buffer: Buffer) => void): void {
    const onDisk = (): Buffer => platform.openBuffer(this.resolve(), this.mode);
    for (const open of [onDisk, onDisk, (): Buffer => new MemoryBuffer()]) {
      try {
        if (this.buffer === undefined) this.use(open());
        action(this.buffer!);
        return;
      } catch (error) {
        once(`the buffer cannot be written (${String(error)}): another is begun`);
        this.shipper?.stop();
        this.buffer?.close();
        this.buffer = this.shipper = undefined;
      }
    }
  }

  private use(buffer: Buffer): void {
    this.buffer = buffer;
    this.shipper = this.mode === "online" ? new Shipper(buffer, this.resolve) : undefined;
  }
}

/** The items in parts that make requests of a few MB at most, one oversized item excepted. */
function* parts<T extends Item>(items: T[]): Generator<T[]> {
  let start = 0;
  let weight = 0;
  for (let at = 0; at < items.length; at++) {
    weight += weightOf(items[at]!);
    if (weight >= REQUEST_WEIGHT) {
      yield items.slice(start, at + 1);
      start = at + 1;
      weight = 0;
    }
  }
  if (start < items.length) yield items.slice(start);
}

/** About the bytes that it will be. */
function weightOf(item: Item): number {
  if (item instanceof Points) return 100 * item.values.size;
  return item instanceof Event ? 200 + item.body.length : 2000;
}

const recorders = new Map<string, Recorder>();

/** The recorder for these options, one per process. Throws TracehouseError on misuse. */
export function recorderFor(mode: Mode, apiKey?: string, apiBase?: string): Recorder {
  const resolve = (): Destination => resolveDestination(apiKey, apiBase);
  const { apiBase: base, apiKey: key } = resolve();
  const identity = JSON.stringify([mode, base, key ?? null]);
  let recorder = recorders.get(identity);
  if (recorder === undefined) {
    recorder = new Recorder(mode, resolve);
    recorders.set(identity, recorder);
  }
  return recorder;
}

/** All recorders of this process. */
export function allRecorders(): Iterable<Recorder> {
  return recorders.values();
}
