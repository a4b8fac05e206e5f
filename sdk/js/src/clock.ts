/** Unix time in nanoseconds. Of two readings the later is the larger: steps that are logged within
 * one millisecond keep their order. */

const TOLERATED_MS = 20;
let anchor = Date.now() - performance.now();
let last = 0n;

export function nowNs(): bigint {
  let ms = anchor + performance.now();
  if (Math.abs(ms - Date.now()) > TOLERATED_MS) {
    // The machine slept, or its clock was set.
    anchor = Date.now() - performance.now();
    ms = Date.now();
  }
  const ns = BigInt(Math.round(ms * 1000)) * 1000n;
  last = ns > last ? ns : last + 1n;
  return last;
}

/** As OpenTelemetry has it: seconds, and nanoseconds of a second. */
export function hrTime(ns: bigint): [number, number] {
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
}

export function isoTime(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
