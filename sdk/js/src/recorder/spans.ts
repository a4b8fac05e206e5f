/** OpenTelemetry's own spans, recorded when they start and when they end. */

import { TraceFlags, type Attributes, type Tracer } from "@opentelemetry/api";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  RandomIdGenerator,
  type IdGenerator,
  type ReadableSpan,
  type Span,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { SpanIdentity } from "../identity.js";
import { encodeResource, SCOPE } from "../otlp/common.js";
import { SpanVersion } from "../otlp/spans.js";

let chosen: SpanIdentity | undefined;

/** What `start` returns; the span that it starts gets these ids (the trace id if it has no
 * parent). */
export function withIdentity<T>(identity: SpanIdentity, start: () => T): T {
  chosen = identity;
  try {
    return start();
  } finally {
    chosen = undefined;
  }
}

class ChosenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  generateTraceId = (): string => chosen?.traceId ?? this.random.generateTraceId();
  generateSpanId = (): string => chosen?.spanId ?? this.random.generateSpanId();
}

/** Gives every span to `put` twice: when it starts, as pending, and when it ends. */
class RecordingProcessor implements SpanProcessor {
  constructor(
    private readonly resource: Uint8Array,
    private readonly put: (version: SpanVersion) => void,
  ) {}

  onStart(span: Span): void {
    if (isSampled(span)) this.put(new SpanVersion(this.resource, span, true));
  }

  onEnd(span: ReadableSpan): void {
    if (isSampled(span)) this.put(new SpanVersion(this.resource, span, false));
  }

  /** The recorder outlives every provider. */
  async shutdown(): Promise<void> {}
  async forceFlush(): Promise<void> {}
}

function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** Where telemetry comes from: the tracer of its spans, and its resource, encoded. */
export interface Source {
  readonly tracer: Tracer;
  readonly resource: Uint8Array;
}

/** A provider of our own: the application's global one is not touched. OpenTelemetry's variables
 * for the sampler, for limits and for the resource count, as in any provider. */
export function makeSource(attributes: Attributes, put: (version: SpanVersion) => void): Source {
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(attributes));
  const encoded = encodeResource(resource.attributes);
  const provider = new BasicTracerProvider({
    resource,
    idGenerator: new ChosenIds(),
    spanProcessors: [new RecordingProcessor(encoded, put)],
  });
  return { tracer: provider.getTracer(SCOPE), resource: encoded };
}
