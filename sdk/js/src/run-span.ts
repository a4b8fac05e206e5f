/** The span of a training run: pending while it lives, and exported again whenever it changes. */

import {
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Span,
  type SpanContext,
} from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { hrTime, nowNs } from "./clock.js";
import type { SpanIdentity } from "./identity.js";
import { liveObject, type Live } from "./live-object.js";
import { SpanVersion } from "./otlp/spans.js";
import type { Recorder } from "./recorder/recorder.js";
import { withIdentity, type Source } from "./recorder/spans.js";
import * as names from "./semconv/attributes.js";
import type { RunStatus } from "./semconv/attributes.js";
import { given, type Facts } from "./session.js";
import { jsonable, toJson, validText } from "./values.js";

export interface RunSpanOptions {
  readonly name: string;
  readonly clientRunId: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly facts: Attributes;
  /** What is known of an earlier part of the run. */
  readonly before: Facts;
  readonly heartbeatSeconds: number;
}

export class RunSpan {
  name: string;
  status: RunStatus = "running";
  readonly config: Live;
  readonly summary: Live;
  private facts: Attributes;
  private readonly startedNs: bigint;
  private readonly span: Span;
  private isEnded = false;
  private hasError = false;
  private isQueued = false;

  constructor(
    private readonly recorder: Recorder,
    private readonly source: Source,
    identity: SpanIdentity,
    { name, clientRunId, config, facts, before, heartbeatSeconds }: RunSpanOptions,
  ) {
    this.name = name;
    const changed = (): void => this.changed();
    this.config = liveObject({ ...(before.config as object | undefined), ...config }, changed);
    this.summary = liveObject({ ...(before.summary as object | undefined) }, changed);
    this.facts = { ...(before.facts as Attributes | undefined), ...facts };
    this.startedNs =
      before.started_ns === undefined ? nowNs() : BigInt(Math.floor(Number(before.started_ns)));
    const around = trace.getSpanContext(context.active());
    // A run is never sampled away by what surrounds it.
    const isLeftOut = around !== undefined && !(around.traceFlags & TraceFlags.SAMPLED);
    this.span = withIdentity(identity, () =>
      source.tracer.startSpan(
        "tracehouse.run",
        {
          attributes: {
            [names.TRACEHOUSE_RUN_ID]: identity.traceId,
            [names.TRACEHOUSE_RUN_CLIENT_ID]: validText(clientRunId),
            [names.TRACEHOUSE_RUN_HEARTBEAT]: heartbeatSeconds,
            ...this.state(),
          },
          startTime: hrTime(this.startedNs),
        },
        isLeftOut ? ROOT_CONTEXT : context.active(),
      ),
    );
  }

  /** What other spans link to. */
  get context(): SpanContext {
    return this.span.spanContext();
  }

  /** One of the facts; undefined when it is not known. */
  fact(name: string): unknown {
    return this.facts[name];
  }

  /** Set facts; those that are undefined stay as they are. */
  tell(facts: Attributes): void {
    Object.assign(this.facts, given(facts));
    this.changed();
  }

  /** Export the span again, as it is now: once for all changes that are made in one go. */
  changed(): void {
    if (this.isEnded || this.isQueued) return;
    this.isQueued = true;
    queueMicrotask(() => {
      this.isQueued = false;
      if (this.isEnded) return;
      this.span.setAttributes(this.state());
      if (isReadable(this.span)) {
        this.recorder.put(new SpanVersion(this.source.resource, this.span, true));
      }
    });
  }

  private state(): Attributes {
    return {
      ...this.facts,
      [names.TRACEHOUSE_RUN_NAME]: validText(this.name),
      [names.TRACEHOUSE_RUN_STATUS]: this.status,
      [names.TRACEHOUSE_RUN_CONFIG]: toJson(this.config),
      [names.TRACEHOUSE_RUN_SUMMARY]: toJson(this.summary),
      [names.TRACEHOUSE_RUN_UPDATED]: Number(nowNs()),
    };
  }

  /** What a later process needs to go on. */
  toRemember(): Facts {
    return {
      name: this.name,
      started_ns: Number(this.startedNs),
      config: jsonable(this.config),
      summary: jsonable(this.summary),
      facts: this.facts,
    };
  }

  /** Keep what ended the run. */
  recordException(error: Error): void {
    this.hasError = true;
    this.span.recordException(error);
    const message = validText(`${error.name}: ${error.message}`);
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  /** End the span with this status. */
  end(status: RunStatus): void {
    this.status = status;
    this.span.setAttributes(this.state());
    this.isEnded = true;
    if ((status === "failed" || status === "crashed") && !this.hasError) {
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end(hrTime(nowNs()));
  }
}

function isReadable(span: Span): span is Span & ReadableSpan {
  return span.isRecording() && "attributes" in span;
}
