/** Chat traces: a session as a trace, and every step of it as a span. */

import {
  context,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanContext,
} from "@opentelemetry/api";
import { platform } from "#platform";
import { hrTime, isoTime, nowNs } from "./clock.js";
import { guarded, once } from "./complain.js";
import { TracehouseError } from "./errors.js";
import { sessionIdentity, type SpanIdentity } from "./identity.js";
import { watch } from "./lifetimes.js";
import { recorderFor, type Recorder } from "./recorder/recorder.js";
import { withIdentity, type Source } from "./recorder/spans.js";
import * as names from "./semconv/attributes.js";
import { Outcome, SpanKind } from "./semconv/attributes.js";
import {
  cohortAttributes,
  given,
  recall,
  remember,
  resourceAttributes,
  type Cohort,
  type Origin,
} from "./session.js";
import { resolveMode } from "./settings.js";
import { stepAttributes } from "./steps.js";
import { asText, jsonable, toJson, validText, type Json } from "./values.js";

const FLUSH_MS = 10_000;
const ERRORS: readonly string[] = ["error", "failed", "bad"];
const NO_SPAN = "0".repeat(16);

/** A logged step. `id` is what `parentSpanId` takes: 16 hex digits; times are ISO 8601. */
export interface Step {
  readonly id: string;
  readonly sessionId: string;
  readonly kind: string;
  readonly name: string;
  readonly startAt: string;
  readonly endAt?: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status?: string;
}

/** What may be said of any step. */
export interface StepDetails {
  /** The step's name; the kind when it is not given. */
  name?: string;
  /** Anything; nested values are kept as JSON. */
  attributes?: Readonly<Record<string, unknown>>;
  /** The `id` of the step that this one belongs to; the trace's root when it is not given. */
  parentSpanId?: string;
  /** `ok` or `error`. */
  status?: string;
}

export interface StepOptions extends StepDetails {
  /** user_msg, assistant_msg, tool_use, tool_result, thinking or attachment. */
  kind: string;
  text?: string;
}

export interface RunOptions extends Origin, Cohort {
  /** The session; random (`js-<uuid>`) when it is not given. The same on the same machine resumes
   * the same trace. */
  sessionId?: string;
  /** The harness that the agent runs in. */
  scaffold?: string;
  /** What the session is about; the trace's name. */
  taskName?: string;
  model?: string;
  /** The training run and step that this is a rollout of. */
  runId?: string;
  rolloutStep?: number;
}

export interface FinishOptions extends Cohort {
  /** good, bad or neutral. */
  outcome?: string;
  /** Anything that JSON has, kept as one object. */
  metadata?: Readonly<Record<string, unknown>>;
  taskName?: string;
  model?: string;
  scaffold?: string;
}

/** What a rollout takes from its training run. */
export interface Belonging {
  readonly recorder: Recorder;
  readonly link: SpanContext;
}

/** A chat trace: it begins when it is made and ends with `finish`. Constructing throws
 * TracehouseError on misuse; no method throws, and no promise rejects. */
export class Run {
  readonly sessionId: string;
  readonly project: string | undefined;
  readonly scaffold: string;
  readonly machineId: string;
  readonly runId: string | undefined;
  readonly rolloutStep: number | undefined;
  taskName: string | undefined;
  model: string | undefined;
  private readonly recorder: Recorder;
  private readonly source: Source;
  private readonly identity: SpanIdentity;
  private readonly isResumable: boolean;
  private readonly startedNs: bigint;
  private readonly root: Span;
  private attributes: Attributes;
  private readonly openTools = new Map<string, { tool: string; span: Span }>();
  private isFinished = false;
  private readonly unwatch: () => void;

  constructor(
    private readonly options: RunOptions = {},
    belonging?: Belonging,
  ) {
    this.recorder =
      belonging?.recorder ??
      recorderFor(resolveMode(options.mode), options.apiKey, options.apiBase);
    this.sessionId = validText(options.sessionId ?? `js-${platform.uuid()}`);
    this.project = options.project;
    this.scaffold = options.scaffold ?? "js-sdk";
    this.taskName = options.taskName;
    this.model = options.model;
    this.runId = options.runId;
    this.rolloutStep = options.rolloutStep;
    const resource = resourceAttributes(options, this.scaffold);
    this.machineId = String(resource[names.TRACEHOUSE_MACHINE_ID]);
    this.source = this.recorder.source(resource);
    this.identity = sessionIdentity(this.machineId, this.sessionId, this.runId);
    this.isResumable = options.sessionId !== undefined && this.runId === undefined;
    const before = this.isResumable ? recall("sessions", this.identity.traceId) : {};
    const now = nowNs();
    const started = BigInt(Math.floor(Number(before.started_ns ?? now)));
    this.startedNs = before.started_ns !== undefined && started < now ? started : now;
    this.attributes = given({
      ...(before.attributes as Attributes | undefined),
      [names.GEN_AI_OPERATION_NAME]: "invoke_agent",
      [names.GEN_AI_CONVERSATION_ID]: this.sessionId,
      ...cohortAttributes(options),
      ...this.description(),
      [names.TRACEHOUSE_RUN_ID]: this.runId,
      [names.TRACEHOUSE_STEP]: this.rolloutStep,
    });
    this.root = withIdentity(this.identity, () =>
      this.source.tracer.startSpan(validText(this.taskName ?? this.sessionId), {
        attributes: this.attributes,
        startTime: hrTime(this.startedNs),
        links: belonging ? [{ context: belonging.link }] : [],
      }),
    );
    this.remember();
    this.unwatch = watch(this);
  }

  /** 32 hex digits. */
  get traceId(): string {
    return this.root.spanContext().traceId;
  }

  /** The span of the whole, for what is to lie in it. */
  get span(): Span {
    return this.root;
  }

  /** The tracer of what lies in it. */
  get tracer(): Source["tracer"] {
    return this.source.tracer;
  }

  private description(): Attributes {
    return given({
      [names.TRACEHOUSE_TASK_NAME]: this.taskName && validText(this.taskName),
      [names.GEN_AI_REQUEST_MODEL]: this.model && validText(this.model),
    });
  }

  private remember(): void {
    if (!this.isResumable || this.recorder.mode === "disabled") return;
    remember("sessions", this.identity.traceId, {
      started_ns: Number(this.startedNs),
      attributes: this.attributes,
    });
  }

  // --- steps -------------------------------------------------------------------------------------

  /** Log a step. A tool result ends the call that it belongs to. */
  log(options: StepOptions): Step {
    const { kind } = options;
    const nothing: Step = {
      id: NO_SPAN,
      sessionId: this.sessionId,
      kind: String(kind),
      name: "",
      startAt: isoTime(nowNs()),
      attributes: {},
    };
    return guarded("Run.log", () => this.logged(options), nothing, this.options.onError);
  }

  private logged({ kind: asked, name, text, attributes, parentSpanId, status }: StepOptions): Step {
    const kind = checkedKind(asked);
    const said: Record<string, unknown> = { ...attributes };
    if (text !== undefined && !("text" in said) && !("result_text" in said)) said.text = text;
    const label = validText(String(name ?? kind));
    const call = kind === "tool_result" ? this.callOf(label, parentSpanId) : undefined;
    const parent = call?.span.spanContext() ?? this.parent(parentSpanId);
    const now = nowNs();
    const span = this.source.tracer.startSpan(
      label,
      {
        attributes: stepAttributes(
          kind,
          label,
          this.sessionId,
          jsonable(said) as Record<string, Json>,
          this.model,
        ),
        startTime: hrTime(now),
      },
      trace.setSpanContext(context.active(), parent),
    );
    const failed = status !== undefined && ERRORS.includes(String(status).toLowerCase());
    if (status !== undefined) {
      span.setStatus({ code: failed ? SpanStatusCode.ERROR : SpanStatusCode.OK });
    }
    const id = span.spanContext().spanId;
    if (kind === "tool_use") {
      span.setAttribute(names.GEN_AI_TOOL_CALL_ID, id);
      this.openTools.set(id, { tool: label, span });
    } else span.end(hrTime(now));
    if (call !== undefined) this.endCall(call.span, said, failed, now);
    return {
      id,
      sessionId: this.sessionId,
      kind,
      name: label,
      startAt: isoTime(now),
      endAt: kind === "tool_use" ? undefined : isoTime(now),
      parentSpanId: parent.spanId,
      attributes: said,
      status,
    };
  }

  /** What the user said. */
  logUser(text: string, details: StepDetails = {}): Step {
    return this.log({ ...details, kind: "user_msg", text });
  }

  /** What the assistant said. */
  logAssistant(text: string, details: StepDetails = {}): Step {
    return this.log({ ...details, kind: "assistant_msg", text });
  }

  /** What the assistant thought. */
  logThinking(text: string, details: StepDetails = {}): Step {
    return this.log({ ...details, kind: "thinking", text });
  }

  /** A tool call. It lasts until its result is logged. */
  logToolUse(tool: string, input: unknown = {}, details: StepDetails = {}): Step {
    const attributes = { tool_input: input ?? {}, ...details.attributes };
    return this.log({ ...details, kind: "tool_use", name: tool, attributes });
  }

  /** What a tool returned. It ends the call that `parentSpanId` names; without one, the earliest
   * open call of this `tool`, or simply the earliest. */
  logToolResult(text: string, details: Omit<StepDetails, "name"> & { tool?: string } = {}): Step {
    const { tool = "tool_result", ...more } = details;
    const attributes = { result_text: text, ...details.attributes };
    return this.log({ ...more, kind: "tool_result", name: tool, attributes });
  }

  /** A file or image that belongs to the conversation. */
  logAttachment(name: string, attributes: Readonly<Record<string, unknown>> = {}): Step {
    return this.log({ kind: "attachment", name, attributes });
  }

  /** The open tool call that a result belongs to. */
  private callOf(tool: string, parentSpanId?: string): { span: Span } | undefined {
    if (parentSpanId !== undefined) return this.openTools.get(parentSpanId);
    const open = [...this.openTools.values()];
    return open.find((call) => call.tool === tool) ?? open[0];
  }

  private endCall(
    span: Span,
    result: Readonly<Record<string, unknown>>,
    failed: boolean,
    now: bigint,
  ): void {
    this.openTools.delete(span.spanContext().spanId);
    const text = result.result_text ?? result.text;
    if (text !== undefined) span.setAttribute(names.GEN_AI_TOOL_CALL_RESULT, asText(text));
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(hrTime(now));
  }

  private parent(spanId: string | undefined): SpanContext {
    const root = this.root.spanContext();
    if (spanId === undefined) return root;
    if (/^(?!0{16})[0-9a-f]{16}$/.test(spanId)) return { ...root, spanId };
    once(`parentSpanId must be the id of a logged step: "${spanId}" is not`);
    return root;
  }

  // --- the end -----------------------------------------------------------------------------------

  /** End the session. Open tool calls end with it. A second call changes nothing. Resolves when a
   * server has it, or after ten seconds. */
  async finish(options: FinishOptions = {}): Promise<void> {
    guarded("Run.finish", () => this.end(options), undefined, this.options.onError);
    await this.recorder.flush(FLUSH_MS);
  }

  /** End it at once, without waiting for a server. */
  end(options: FinishOptions = {}): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.unwatch();
    this.taskName = options.taskName ?? this.taskName;
    this.model = options.model ?? this.model;
    const { outcome, scaffold, metadata } = options;
    const isOutcome = Outcome.some((known) => known === outcome);
    if (outcome !== undefined && !isOutcome) {
      once(`outcome must be good, bad or neutral: "${outcome}" is left out`);
    }
    const attributes = given({
      ...cohortAttributes(options),
      ...this.description(),
      [names.TRACEHOUSE_SCAFFOLD]: scaffold,
      [names.TRACEHOUSE_OUTCOME]: isOutcome ? outcome : undefined,
      [names.TRACEHOUSE_METADATA]: metadata && toJson(metadata),
    });
    this.root.setAttributes(attributes);
    if (options.taskName) this.root.updateName(validText(options.taskName));
    const now = hrTime(nowNs());
    for (const { span } of this.openTools.values()) span.end(now);
    this.openTools.clear();
    this.root.end(now);
    this.attributes = { ...this.attributes, ...attributes };
    this.remember();
  }

  /** End it with what was thrown. */
  fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.root.recordException(error);
    this.root.setStatus({ code: SpanStatusCode.ERROR, message: validText(error.message) });
    this.end({ outcome: "bad", metadata: { error: `${error.name}: ${error.message}` } });
  }

  /** For `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
  }
}

/** The kind of that name. Throws TracehouseError. */
function checkedKind(kind: string): SpanKind {
  const found = SpanKind.find((known) => known === kind);
  if (found === undefined) {
    throw new TracehouseError(`kind is "${kind}": choose one of ${SpanKind.join(", ")}`);
  }
  return found;
}
