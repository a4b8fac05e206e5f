/** A buffer in memory: for browsers, and for machines whose disk does not take what is logged. */

import { concat } from "../bytes.js";
import { once } from "../complain.js";
import type { Batch, Blob, Buffer, Signal } from "./buffer.js";

const BATCH_BYTES = 1 << 20;
const MOST_BYTES = 64 << 20;

export class MemoryBuffer implements Buffer {
  readonly where = undefined;
  private records: { signal: Signal; payload: Uint8Array }[] = [];
  private blobs = new Map<string, Uint8Array>();
  private bytes = 0;
  private sending: { batch: Batch; records: number } | undefined;

  append(signal: Signal, payload: Uint8Array): void {
    this.records.push({ signal, payload });
    this.bytes += payload.length;
    while (this.bytes > MOST_BYTES && this.records.length > 1) {
      const [oldest] = this.records.splice(this.sending?.records ?? 0, 1);
      if (oldest === undefined) return;
      this.bytes -= oldest.payload.length;
      once("the server is away for so long that the oldest of what was logged is dropped");
    }
  }

  nextBatch(): Batch | undefined {
    if (this.sending) return this.sending.batch;
    if (!this.records.length) return undefined;
    const parts = new Map<Signal, Uint8Array[]>();
    let size = 0;
    let records = 0;
    for (const { signal, payload } of this.records) {
      if (records && size + payload.length > BATCH_BYTES) break;
      parts.set(signal, [...(parts.get(signal) ?? []), payload]);
      size += payload.length;
      records++;
    }
    // OTLP requests are one repeated field: joined, they are one request.
    const requests = [...parts].map(([signal, all]) => [signal, concat(all)] as const);
    this.sending = { batch: { requests }, records };
    return this.sending.batch;
  }

  acknowledge(batch: Batch): void {
    if (this.sending?.batch !== batch) return;
    for (const { payload } of this.records.splice(0, this.sending.records)) {
      this.bytes -= payload.length;
    }
    this.sending = undefined;
  }

  addBlob(sha256: string, content: Uint8Array): void {
    if (this.blobs.has(sha256)) return;
    this.blobs.set(sha256, content);
  }

  nextBlob(): Blob | undefined {
    for (const [sha256, content] of this.blobs) return { sha256, content };
    return undefined;
  }

  removeBlob(sha256: string): void {
    this.blobs.delete(sha256);
  }

  get isEmpty(): boolean {
    return !this.records.length && !this.blobs.size;
  }

  close(): void {
    this.records = [];
    this.blobs.clear();
  }
}
