/** `observe`: a function's calls as observations. */

import { SpanStatusCode, trace, type Attributes, type Span, type Tracer } from "@opentelemetry/api";
import { nowNs, hrTime } from "./clock.js";
import { guarded } from "./complain.js";
import { activeContext, inSpan } from "./context.js";
import { knownChat } from "./current.js";
import { install } from "./lifetimes.js";
import { recorderFor } from "./recorder/recorder.js";
import { GEN_AI_OPERATION_NAME } from "./semconv/attributes.js";
import { resourceAttributes } from "./session.js";
import { resolveMode } from "./settings.js";
import { asText, validText } from "./values.js";

const MOST_YIELDS = 1000;
const TYPE = "langfuse.observation.type";
const INPUT = "langfuse.observation.input";
const OUTPUT = "langfuse.observation.output";
const LEVEL = "langfuse.observation.level";
const MESSAGE = "langfuse.observation.status_message";

export interface ObserveOptions {
  /** The observation's; the function's by default. */
  name?: string;
  /** `span` (the default) or `generation`. */
  asType?: "span" | "generation";
  /** False keeps no arguments. */
  captureInput?: boolean;
  /** False keeps no results. */
  captureOutput?: boolean;
}

type AnyFunction = (this: never, ...all: never[]) => unknown;

/** The function, whose every call is observed: sync, async, a generator, a method. What it calls
 * that is observed lies in it; the outermost lies in the current chat trace, or begins a trace of
 * its own. What is thrown is recorded, and goes on its way. */
export function observe<F extends AnyFunction>(fn: F, options: ObserveOptions = {}): F {
  const { captureInput = true, captureOutput = true } = options;
  const name = options.name || fn.name || "function";
  function observed(this: never, ...all: never[]): unknown {
    const call = Call.begin(name, options.asType ?? "span", captureInput ? all : undefined);
    if (call === undefined) return fn.apply(this, all);
    let result: unknown;
    try {
      result = call.run(() => fn.apply(this, all));
    } catch (error) {
      call.fail(error);
      throw error;
    }
    if (isThenable(result)) {
      // The caller gets the promise itself, which may be more than one.
      result.then(
        (value) => call.end(captureOutput ? value : undefined),
        (error: unknown) => call.fail(error),
      );
      return result;
    }
    if (isGenerator(result)) return observedGenerator(result, call, captureOutput);
    call.end(captureOutput ? result : undefined);
    return result;
  }
  Object.defineProperty(observed, "name", { value: fn.name });
  Object.defineProperty(observed, "length", { value: fn.length });
  return observed as unknown as F;
}

/** One call: its span, until it returns, throws, or its generator is done. */
class Call {
  private isEnded = false;

  private constructor(private readonly span: Span) {}

  static begin(name: string, type: string, input: unknown): Call | undefined {
    return guarded("observe", () => new Call(start(name, type, input)), undefined);
  }

  run<T>(action: () => T): T {
    return inSpan(this.span, action);
  }

  end(output: unknown): void {
    this.close(output === undefined ? {} : { [OUTPUT]: asText(output) });
  }

  fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const message = validText(error.message || error.name);
    if (!this.isEnded) {
      this.span.recordException(error);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    this.close({ [LEVEL]: "ERROR", [MESSAGE]: message });
  }

  private close(attributes: Attributes): void {
    if (this.isEnded) return;
    this.isEnded = true;
    guarded("observe", () => this.span.setAttributes(attributes), undefined);
    this.span.end(hrTime(nowNs()));
  }
}

function start(name: string, type: string, input: unknown): Span {
  install();
  let around = activeContext();
  const chat = knownChat();
  if (trace.getSpan(around) === undefined && chat) around = trace.setSpan(around, chat.span);
  const attributes: Attributes = { [TYPE]: type };
  if (trace.getSpan(around) === undefined) attributes[GEN_AI_OPERATION_NAME] = "invoke_agent";
  if (input !== undefined) attributes[INPUT] = asText(input);
  const options = { attributes, startTime: hrTime(nowNs()) };
  return tracer(chat?.tracer).startSpan(validText(name), options, around);
}

/** That of the chat trace, or one of our own. */
function tracer(known: Tracer | undefined): Tracer {
  if (known) return known;
  const recorder = recorderFor(resolveMode(undefined));
  return recorder.source(resourceAttributes({}, "js-sdk")).tracer;
}

type AnyGenerator =
  Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown>;

/** The generator, whose span is open until it is done, returned from or thrown into. */
function observedGenerator(source: AnyGenerator, call: Call, captureOutput: boolean): AnyGenerator {
  const yielded: unknown[] = [];
  const settle = (step: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (step.done) call.end(captureOutput ? yielded : undefined);
    else if (captureOutput && yielded.length < MOST_YIELDS) yielded.push(step.value);
    return step;
  };
  const failed = (error: unknown): never => {
    call.fail(error);
    throw error;
  };
  const forward =
    (method: "next" | "return" | "throw") =>
    (...all: unknown[]) => {
      try {
        const step = call.run(() => Reflect.apply(source[method], source, all) as unknown);
        return isThenable(step)
          ? step.then((value) => settle(value as IteratorResult<unknown>), failed)
          : settle(step as IteratorResult<unknown>);
      } catch (error) {
        return failed(error);
      }
    };
  // Of the same kind: what looks for its methods, or whether it is one, finds the same.
  return Object.assign(Object.create(source) as AnyGenerator, {
    next: forward("next"),
    return: forward("return"),
    throw: forward("throw"),
    [Symbol.iterator in source ? Symbol.iterator : Symbol.asyncIterator](this: unknown) {
      return this;
    },
  });
}

function isThenable(value: unknown): value is Promise<unknown> {
  return (
    value instanceof Promise || typeof (value as { then?: unknown } | null)?.then === "function"
  );
}

function isGenerator(value: unknown): value is AnyGenerator {
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Generator]" || tag === "[object AsyncGenerator]";
}
