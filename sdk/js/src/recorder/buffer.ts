/** What was logged, until a server has it. */

/** The signals of OTLP; the value is the field number of a record's payload. */
export const Signal = { traces: 5, logs: 6, metrics: 7 } as const;
export type Signal = (typeof Signal)[keyof typeof Signal];

export const SIGNAL_NAMES: Readonly<Record<Signal, "traces" | "logs" | "metrics">> = {
  5: "traces",
  6: "logs",
  7: "metrics",
};

/** OTLP requests that are sent together. The same again until they are acknowledged. */
export interface Batch {
  readonly requests: readonly (readonly [Signal, Uint8Array])[];
}

/** A file that records refer to. */
export interface Blob {
  readonly sha256: string;
  readonly content: Uint8Array;
}

export interface Buffer {
  /** The folder that it is in; undefined when it is in memory. */
  readonly where: string | undefined;
  append(signal: Signal, payload: Uint8Array): void;
  /** The oldest that was not acknowledged; undefined when there is nothing. */
  nextBatch(): Batch | undefined;
  acknowledge(batch: Batch): void;
  addBlob(sha256: string, content: Uint8Array): void;
  nextBlob(): Blob | undefined;
  removeBlob(sha256: string): void;
  readonly isEmpty: boolean;
  /** Let go of it, and remove it when nothing is left in it. */
  close(): void;
}
