/** Scalars of runs as OTLP gauge points (opentelemetry/proto/metrics/v1/metrics.proto).
 *
 * A training loop logs more of these than of anything else, and OpenTelemetry's metrics model has
 * no steps. */

import { TRACEHOUSE_RUN_ID, TRACEHOUSE_STEP } from "../semconv/attributes.js";
import { encodeByResource, writeAttribute } from "./common.js";
import { Writer } from "./writer.js";

/** Scalars that were logged together: one step, one time. `run` is the encoded attribute that says
 * of which run. */
export class Points {
  constructor(
    readonly resource: Uint8Array,
    readonly run: Uint8Array,
    readonly values: Map<string, number>,
    readonly step: number,
    readonly timeNs: bigint,
  ) {}
}

/** The attribute that every point of a run carries, encoded once. */
export function encodeRunAttribute(runId: string): Uint8Array {
  const writer = new Writer();
  writeAttribute(writer, 0x3a, TRACEHOUSE_RUN_ID, runId);
  return writer.finish();
}

/** An ExportMetricsServiceRequest: a metric for each key of a resource, with its points. */
export function encodePoints(batch: readonly Points[]): Uint8Array {
  return encodeByResource(batch, writeMetrics);
}

function writeMetrics(to: Writer, batch: readonly Points[]): void {
  const byKey = new Map<string, Points[]>();
  for (const points of batch) {
    for (const key of points.values.keys()) {
      const known = byKey.get(key);
      if (known) known.push(points);
      else byKey.set(key, [points]);
    }
  }
  for (const [key, all] of byKey) {
    const metric = to.begin(0x12);
    to.text(0x0a, key);
    const gauge = to.begin(0x2a);
    for (const points of all) writePoint(to, points, points.values.get(key)!);
    to.end(gauge);
    to.end(metric);
  }
}

function writePoint(to: Writer, points: Points, value: number): void {
  const point = to.begin(0x0a);
  to.raw(points.run);
  writeAttribute(to, 0x3a, TRACEHOUSE_STEP, points.step);
  to.fixed64(0x19, points.timeNs);
  if (Number.isSafeInteger(value)) to.fixed64(0x31, BigInt(value));
  else to.double(0x21, value);
  to.end(point);
}
