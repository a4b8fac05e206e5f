/** What a run logs: scalars as points, everything else as events, by step. */

import type { Attributes } from "@opentelemetry/api";
import { nowNs } from "./clock.js";
import { complain, guarded, once, type OnError } from "./complain.js";
import { TracehouseError } from "./errors.js";
import { Histogram, Media } from "./media.js";
import { Event } from "./otlp/events.js";
import { encodeRunAttribute, Points } from "./otlp/points.js";
import type { Recorder } from "./recorder/recorder.js";
import * as names from "./semconv/attributes.js";
import * as events from "./semconv/events.js";
import { asScalar, toJson, validText } from "./values.js";

const MOST_ELEMENTS = 1024;

export interface LogOptions {
  /** Any step, in any order; the next one when it is not given. */
  step?: number;
  /** Unix seconds of the values; now when it is not given. */
  wallTime?: number;
  /** False leaves the next step to be the same one. */
  commit?: boolean;
}

export class RunLog {
  /** NaN and infinite values that were not recorded. */
  droppedValues = 0;
  private readonly run: Uint8Array;

  constructor(
    private readonly recorder: Recorder,
    private readonly resource: Uint8Array,
    private readonly runId: string,
    /** The step that the next `log` without one gets. */
    public nextStep: number,
    private readonly onError: OnError | undefined,
  ) {
    this.run = encodeRunAttribute(runId);
  }

  /** The step that was logged last. */
  get currentStep(): number {
    return Math.max(0, this.nextStep - 1);
  }

  /** Log values at a step. Throws TracehouseError for a step that is none. */
  log(values: Readonly<Record<string, unknown>>, options: LogOptions | number | undefined): void {
    const {
      step: asked,
      wallTime,
      commit = true,
    } = typeof options === "object" && options !== null ? options : { step: options };
    let step = this.nextStep;
    if (asked === undefined || asked === null) {
      if (commit) this.nextStep++;
    } else {
      step = checkedStep(asked);
      this.nextStep = Math.max(this.nextStep, step + 1);
    }
    const now = wallTime === undefined ? nowNs() : BigInt(Math.round(wallTime * 1e6)) * 1000n;
    const scalars = new Map<string, number>();
    for (const key in values) {
      const value = values[key];
      if (typeof value === "number" && value - value === 0 && key) {
        scalars.set(validText(key), value);
      } else this.logOther(validText(key), value, step, now, scalars);
    }
    if (scalars.size) this.recorder.put(new Points(this.resource, this.run, scalars, step, now));
  }

  /** One value that is not simply a number; what fails costs this value alone. */
  private logOther(
    key: string,
    value: unknown,
    step: number,
    now: bigint,
    scalars: Map<string, number>,
  ): void {
    if (value === undefined || value === null || key === "") return;
    const number = asScalar(value);
    if (number !== undefined) {
      if (Number.isFinite(number)) {
        scalars.set(key, number);
        return;
      }
      this.droppedValues++;
      once(
        `"${key}" is ${number} at step ${step}: NaN and infinite values are dropped`,
        `nonfinite ${this.runId} ${key}`,
      );
      return;
    }
    guarded(
      `run.log of "${key}"`,
      () => {
        const media = value instanceof Media ? [value] : mediaList(value);
        if (media === undefined) {
          const body = toJson(isLarge(value) ? new Histogram(value) : value);
          this.event(events.TRACEHOUSE_RUN_VALUE, key, body, { now, step });
        } else {
          media.forEach((item, index) => this.logMedia(key, item, step, now, index));
        }
      },
      undefined,
      this.onError,
    );
  }

  private logMedia(key: string, media: Media, step: number, now: bigint, index: number): void {
    this.recorder.addBlob(media.sha256, media.content);
    const body = toJson(media.reference());
    this.event(events.TRACEHOUSE_RUN_MEDIA, key, body, { now, step, index });
  }

  /** Record an event of the run; `body` is text, or JSON. */
  event(
    name: string,
    key: string,
    body: string,
    { now = nowNs(), step, index = 0 }: { now?: bigint; step?: number; index?: number } = {},
  ): void {
    const attributes: Attributes = {
      [names.TRACEHOUSE_RUN_ID]: this.runId,
      [names.TRACEHOUSE_KEY]: key,
      [names.TRACEHOUSE_STEP]: step,
      [names.TRACEHOUSE_INDEX]: index || undefined,
    };
    this.recorder.put(new Event(this.resource, name, now, body, attributes));
  }

  /** Tell of what a method of the run could not do. */
  failed(what: string, error: unknown): void {
    complain(what, error, this.onError);
  }
}

/** A step that is one. Throws TracehouseError. */
export function checkedStep(step: unknown): number {
  const number = asScalar(step);
  if (number === undefined || !Number.isSafeInteger(number)) {
    throw new TracehouseError(`step must be a whole number, not ${String(step)}`);
  }
  return number;
}

function mediaList(value: unknown): Media[] | undefined {
  const isList = Array.isArray(value) && value.length > 0;
  return isList && value.every((item) => item instanceof Media) ? value : undefined;
}

/** A large typed array is kept as a histogram. */
function isLarge(value: unknown): value is Iterable<number> {
  const isArray = ArrayBuffer.isView(value) && !(value instanceof DataView);
  return isArray && (value as unknown as ArrayLike<number>).length > MOST_ELEMENTS;
}
