/** OpenTelemetry's spans as OTLP (opentelemetry/proto/trace/v1/trace.proto). */

import type { HrTime, SpanContext } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { validText } from "../values.js";
import { encodeByResource, writeAttributes } from "./common.js";
import type { Writer } from "./writer.js";

/** A span as it is to be exported: pending (still running) or finished. */
export class SpanVersion {
  constructor(
    readonly resource: Uint8Array,
    readonly span: ReadableSpan,
    readonly pending: boolean,
  ) {}
}

/** An ExportTraceServiceRequest. A span that has ended meanwhile is in it once, as finished. */
export function encodeSpans(versions: readonly SpanVersion[]): Uint8Array {
  const latest = new Map<string, SpanVersion>();
  for (const version of versions) {
    if (version.pending && version.span.ended) continue;
    const id = version.span.spanContext().spanId;
    latest.delete(id);
    latest.set(id, version);
  }
  return encodeByResource([...latest.values()], (to, own) => {
    for (const version of own) writeSpan(to, version.span);
  });
}

function writeSpan(to: Writer, span: ReadableSpan): void {
  const message = to.begin(0x12);
  const context = span.spanContext();
  writeIds(to, context);
  if (span.parentSpanContext) to.bytes(0x22, unhex(span.parentSpanContext.spanId));
  to.text(0x2a, validText(span.name));
  to.int(0x30, span.kind + 1); // OTLP's kinds begin with "unspecified"
  to.fixed64(0x39, nanos(span.startTime));
  if (span.ended) to.fixed64(0x41, nanos(span.endTime));
  writeAttributes(to, 0x4a, span.attributes);
  for (const event of span.events) {
    const entry = to.begin(0x5a);
    to.fixed64(0x09, nanos(event.time));
    to.text(0x12, validText(event.name));
    writeAttributes(to, 0x1a, event.attributes ?? {});
    to.end(entry);
  }
  for (const link of span.links) {
    const entry = to.begin(0x6a);
    writeIds(to, link.context);
    writeAttributes(to, 0x22, link.attributes ?? {});
    to.end(entry);
  }
  const status = to.begin(0x7a);
  if (span.status.message) to.text(0x12, validText(span.status.message));
  to.int(0x18, span.status.code);
  to.end(status);
  to.end(message);
}

function writeIds(to: Writer, context: SpanContext): void {
  to.bytes(0x0a, unhex(context.traceId));
  to.bytes(0x12, unhex(context.spanId));
}

function unhex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  );
}

function nanos([seconds, rest]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest);
}
