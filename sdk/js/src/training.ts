/** Training runs: scalars, structured values, media and artifacts by step, and how the run is. */

import type { Attributes } from "@opentelemetry/api";
import { platform } from "#platform";
import { ANONYMOUS, knownSession } from "./anonymous.js";
import { ask } from "./api.js";
import { describeData, type ArtifactKind } from "./artifacts.js";
import { Run, type RunOptions } from "./chat.js";
import { guarded, once } from "./complain.js";
import { runIdentity } from "./identity.js";
import { install, watch } from "./lifetimes.js";
import type { Live } from "./live-object.js";
import { Image, Video, type FileLike, type Media, type MediaOptions } from "./media.js";
import { recorderFor, type Recorder } from "./recorder/recorder.js";
import { background, repeating } from "./recorder/timers.js";
import { checkedStep, RunLog, type LogOptions } from "./run-log.js";
import { RunSpan } from "./run-span.js";
import * as names from "./semconv/attributes.js";
import { RunStatus } from "./semconv/attributes.js";
import * as events from "./semconv/events.js";
import {
  cohortAttributes,
  given,
  recall,
  remember,
  resourceAttributes,
  type Cohort,
  type Facts,
  type Origin,
} from "./session.js";
import { resolveMode } from "./settings.js";
import { toJson, validText } from "./values.js";

const FINISH_MS = 10_000;
const CAPTURE_MS = 5_000;
const PUSH_MS = 60_000; // the server draws, and asks the Hub in its turn
const HEARTBEAT_SECONDS = 15;
const LOGGED = Promise.resolve();

export interface TrainingRunOptions extends Origin, Cohort {
  /** What people call it; `run-<8 hex digits>` when it is not given. */
  name?: string;
  /** Hyper-parameters, anything that JSON has. `run.config` is live. */
  config?: Readonly<Record<string, unknown>>;
  /** The caller's identifier; random when it is not given. The same on the same machine resumes the
   * same run: its config, its start and its step counter go on. */
  clientRunId?: string;
  hfDataset?: string;
  hfDatasetSplit?: string;
  hfModel?: string;
  hfModelRevision?: string;
  tags?: readonly string[];
  notes?: string;
  group?: string;
  jobType?: string;
  /** False leaves it running when the program ends. */
  autoFinish?: boolean;
  /** False does not record what the program runs on. */
  captureEnv?: boolean;
}

export interface RolloutOptions extends Omit<RunOptions, "runId" | "rolloutStep"> {
  /** The step that it belongs to; the current one when it is not given. */
  step?: number;
  name?: string;
}

export interface PushOptions {
  commitMessage?: string;
  /** By default the linked model. */
  repo?: string;
  /** Make the repository where there is none, private. */
  create?: boolean;
}

/** A training run, alive from its making to `finish`. Constructing throws TracehouseError on
 * misuse. No other method throws, and no promise rejects, except those that ask the server:
 * `modelCard` and `pushModelCard`. */
export class TrainingRun {
  /** 32 hex digits. */
  readonly id: string;
  readonly project: string;
  readonly clientRunId: string;
  readonly machineId: string;
  /** Whether it goes on where an earlier process ended. */
  readonly resumed: boolean;
  private readonly recorder: Recorder;
  private readonly runLog: RunLog;
  private readonly span: RunSpan;
  private readonly rollouts = new Map<string, number>();
  private readonly capturing: Promise<void> | undefined;
  private readonly endHeartbeat: () => void;
  private readonly unwatch: () => void;
  /** Lines of output that Python recorded of it: their numbers go on there. */
  private readonly lines: unknown;
  private isFinished = false;

  constructor(private readonly options: TrainingRunOptions = {}) {
    this.project = options.project ?? "default";
    this.clientRunId = options.clientRunId ?? `js-${platform.uuid()}`;
    this.recorder = recorderFor(resolveMode(options.mode), options.apiKey, options.apiBase);
    const resource = resourceAttributes({ ...options, project: this.project });
    this.machineId = String(resource[names.TRACEHOUSE_MACHINE_ID]);
    const identity = runIdentity(this.machineId, this.clientRunId);
    this.id = identity.traceId;
    const before: Facts = options.clientRunId === undefined ? {} : recall("runs", this.id);
    this.resumed = before.next_step !== undefined;
    this.lines = before.lines ?? 0;
    const source = this.recorder.source(resource);
    const nextStep = Number(before.next_step ?? 0);
    this.runLog = new RunLog(this.recorder, source.resource, this.id, nextStep, options.onError);
    const heartbeatSeconds =
      Number(platform.env("TRACEHOUSE_HEARTBEAT_SECONDS")) || HEARTBEAT_SECONDS;
    this.span = new RunSpan(this.recorder, source, identity, {
      name: options.name ?? (before.name as string) ?? `run-${platform.uuid().slice(0, 8)}`,
      clientRunId: this.clientRunId,
      config: options.config ?? {},
      facts: factsOf(options),
      before,
      heartbeatSeconds,
    });
    this.remember();
    this.endHeartbeat = repeating(() => {
      this.span.changed();
      this.remember();
    }, heartbeatSeconds * 1000);
    install();
    const isOff = !["0", undefined].includes(platform.env("TRACEHOUSE_DISABLE_AUTOFINISH"));
    this.unwatch = options.autoFinish === false || isOff ? () => {} : watch(this);
    if (options.captureEnv !== false && this.recorder.mode !== "disabled") {
      this.capturing = this.capture();
    }
  }

  // --- what it is --------------------------------------------------------------------------------

  /** What people call it. */
  get name(): string {
    return this.span.name;
  }

  /** running, finished, failed, crashed or killed. */
  get status(): RunStatus {
    return this.span.status;
  }

  /** The configuration; setting or deleting a key is seen at once. */
  get config(): Live {
    return this.span.config;
  }

  /** Values set by hand as the run's result; setting or deleting a key is seen at once. */
  get summary(): Live {
    return this.span.summary;
  }

  /** Where the run is seen. */
  get url(): string {
    const { apiBase, apiKey } = this.recorder.destination();
    const session = apiKey?.startsWith(ANONYMOUS) ? knownSession(apiBase) : undefined;
    const web = platform.env("TRACEHOUSE_WEB_URL") ?? session?.web_url ?? apiBase;
    const shown = `${web.replace(/\/+$/, "")}/runs/${this.id}`;
    return session ? `${shown}?t=${session.read_token}` : shown;
  }

  /** The step that the next `log` without one gets. */
  get step(): number {
    return this.runLog.nextStep;
  }

  /** NaN and infinite values that were not recorded. */
  get droppedValues(): number {
    return this.runLog.droppedValues;
  }

  private remember(): void {
    if (this.recorder.mode === "disabled") return;
    const steps = { next_step: this.runLog.nextStep, lines: this.lines };
    remember("runs", this.id, { ...this.span.toRemember(), ...steps });
  }

  // --- logging -----------------------------------------------------------------------------------

  /** Log values at a step, or at the next one. The last value of a key and step counts.
   *
   * Numbers, booleans and BigInts are scalars; NaN and infinities are dropped, counted and warned
   * of. Lists, objects, texts, media, histograms and tables are kept as they are; typed arrays of
   * more than 1,024 numbers as histograms. Resolves at once: what was logged is on its way. */
  log(values: Readonly<Record<string, unknown>>, options?: LogOptions | number): Promise<void> {
    if (this.isFinished) {
      once(`run ${this.name} is finished: what is logged to it is dropped`);
      return LOGGED;
    }
    try {
      this.runLog.log(values, options);
    } catch (error) {
      this.runLog.failed("run.log", error);
    }
    return LOGGED;
  }

  /** Log an image, from a path, bytes or a Blob. */
  async logImage(
    key: string,
    data: FileLike | Blob | Image,
    options: MediaOptions & LogOptions = {},
  ): Promise<void> {
    await this.logMedia(key, options, async () =>
      data instanceof Image ? data : new Image(await contentOf(data), options),
    );
  }

  /** Log a video, from a path, bytes or a Blob. */
  async logVideo(
    key: string,
    data: FileLike | Blob | Video,
    options: MediaOptions & LogOptions = {},
  ): Promise<void> {
    await this.logMedia(key, options, async () =>
      data instanceof Video ? data : new Video(await contentOf(data), options),
    );
  }

  private async logMedia(
    key: string,
    options: LogOptions,
    make: () => Promise<Media>,
  ): Promise<void> {
    const step = options.step ?? this.runLog.currentStep;
    try {
      await this.log({ [key]: await make() }, { ...options, step });
    } catch (error) {
      this.runLog.failed(`"${key}"`, error);
    }
  }

  // --- what belongs to the run -------------------------------------------------------------------

  /** The dataset that the run uses, as the Hugging Face Hub names it. */
  linkDataset(slug: string, { split }: { split?: string } = {}): void {
    this.tell({ [names.TRACEHOUSE_DATASET_NAME]: slug, [names.TRACEHOUSE_DATASET_SPLIT]: split });
  }

  /** The model repository that the run writes to, as the Hugging Face Hub names it. */
  linkModel(repo: string, { revision }: { revision?: string } = {}): void {
    this.tell({ [names.TRACEHOUSE_MODEL_NAME]: repo, [names.TRACEHOUSE_MODEL_REVISION]: revision });
  }

  /** Add tags; those that the run has stay. */
  addTags(...tags: string[]): void {
    const now = (this.span.fact(names.TRACEHOUSE_RUN_TAGS) as string[] | undefined) ?? [];
    this.tell({ [names.TRACEHOUSE_RUN_TAGS]: [...new Set([...now, ...tags.map(String)])] });
  }

  /** Give the run another name. */
  rename(name: string): void {
    this.span.name = String(name);
    this.span.changed();
  }

  private tell(facts: Attributes): void {
    guarded("a fact of the run", () => this.span.tell(facts), undefined, this.options.onError);
  }

  /** Keep a small thing under a name: `kind` is json (the default), params (JSON, too) or text. */
  addArtifact(name: string, { data, kind = "json" }: { data: unknown; kind?: ArtifactKind }): void {
    guarded(
      "run.addArtifact",
      () => {
        const { content, sha256, body } = describeData(data, kind);
        this.recorder.addBlob(sha256, content);
        this.runLog.event(events.TRACEHOUSE_RUN_ARTIFACT, validText(name), toJson(body));
      },
      undefined,
      this.options.onError,
    );
  }

  /** A chat trace that belongs to this run and step (the current one when it is not given). Each
   * call is a trace of its own: the second of a step is called `<name>-step<n>-2`. */
  rollout({ step: asked, name, sessionId, ...more }: RolloutOptions = {}): Run {
    const step = guarded(
      "run.rollout",
      () => (asked === undefined ? this.runLog.currentStep : checkedStep(asked)),
      this.runLog.currentStep,
      this.options.onError,
    );
    const label = sessionId ?? `${name ?? this.name}-step${step}`;
    const count = (this.rollouts.get(label) ?? 0) + 1;
    this.rollouts.set(label, count);
    const fact = (key: string): string | undefined => this.span.fact(key) as string | undefined;
    return new Run(
      {
        project: this.project,
        taskName: name ?? `rollout step ${step}`,
        machineId: this.machineId,
        hostname: this.options.hostname,
        subjectId: fact(names.TRACEHOUSE_SUBJECT_ID),
        experiment: fact(names.TRACEHOUSE_EXPERIMENT_NAME),
        variant: fact(names.TRACEHOUSE_EXPERIMENT_VARIANT),
        onError: this.options.onError,
        ...more,
        sessionId: count === 1 || sessionId !== undefined ? label : `${label}-${count}`,
        runId: this.id,
        rolloutStep: step,
      },
      { recorder: this.recorder, link: this.span.context },
    );
  }

  // --- what only the server can do ---------------------------------------------------------------

  /** The model card that the server makes of this run, in Markdown. Rejects with ApiError. */
  async modelCard(): Promise<string> {
    await this.flush();
    return ask(this.recorder.destination(), "GET", `/v1/runs/${this.id}/model_card.md`);
  }

  /** Push the model card to the Hub: {commit_url, commit_oid, repo}. The server asks the Hub with
   * the token that is saved there. Rejects with ApiError. */
  async pushModelCard({ commitMessage, repo, create }: PushOptions = {}): Promise<
    Record<string, unknown>
  > {
    await this.flush();
    const body = { commit_message: commitMessage, repo, create: create || undefined };
    const destination = { ...this.recorder.destination(), timeoutMs: PUSH_MS };
    const said = await ask(destination, "POST", `/v1/runs/${this.id}/push_model_card`, body);
    return JSON.parse(said) as Record<string, unknown>;
  }

  // --- the end -----------------------------------------------------------------------------------

  private async capture(): Promise<void> {
    try {
      const found = await platform.environment();
      if (found === undefined) return;
      this.runLog.event(events.TRACEHOUSE_RUN_ENVIRONMENT, "environment", toJson(found));
    } catch (error) {
      this.runLog.failed("the environment", error);
    }
  }

  /** Whether a server has all that was logged, within so many milliseconds. */
  flush(ms = FINISH_MS): Promise<boolean> {
    return this.recorder.flush(ms);
  }

  /** End the run. Resolves when a server has it, or after `timeoutMs` (10,000): what it has not
   * got by then is sent by the next program. A second call changes nothing. */
  async finish({
    status = "finished",
    timeoutMs = FINISH_MS,
  }: { status?: string; timeoutMs?: number } = {}): Promise<void> {
    const known = RunStatus.find((one) => one === status);
    if (known === undefined) {
      once(`status must be one of ${RunStatus.join(", ")}: "${status}" is taken for finished`);
    }
    if (this.capturing && !this.isFinished) {
      const enough = new Promise<void>((resolve) => {
        background(resolve, Math.min(timeoutMs, CAPTURE_MS));
      });
      await Promise.race([this.capturing, enough]);
    }
    this.end({ status: known ?? "finished" });
    const delivered = await this.recorder.flush(timeoutMs);
    if (!delivered && this.recorder.mode === "online") {
      const { whyWaiting, where } = this.recorder;
      const why = whyWaiting ? ` (${whyWaiting})` : "";
      const rest = where
        ? `in ${where}, and the next program or \`tracehouse sync\` sends it`
        : "in memory, and sent while the program runs";
      once(`run ${this.name}: not everything was sent${why}; the rest is ${rest}`);
    }
  }

  /** End the run at once, without waiting for a server. */
  end({ status = "finished" }: { status?: RunStatus } = {}): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.unwatch();
    this.endHeartbeat();
    guarded("run.finish", () => this.span.end(status), undefined, this.options.onError);
    this.remember();
  }

  /** End the run with what was thrown. */
  fail(thrown: unknown): void {
    if (this.isFinished) return;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.span.recordException(error);
    this.end({ status: "crashed" });
  }

  /** For `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
  }
}

function factsOf(options: TrainingRunOptions): Attributes {
  return given({
    [names.TRACEHOUSE_DATASET_NAME]: options.hfDataset,
    [names.TRACEHOUSE_DATASET_SPLIT]: options.hfDatasetSplit,
    [names.TRACEHOUSE_MODEL_NAME]: options.hfModel,
    [names.TRACEHOUSE_MODEL_REVISION]: options.hfModelRevision,
    [names.TRACEHOUSE_RUN_NOTES]: options.notes,
    [names.TRACEHOUSE_RUN_GROUP]: options.group,
    [names.TRACEHOUSE_RUN_JOB_TYPE]: options.jobType,
    [names.TRACEHOUSE_RUN_TAGS]: options.tags?.length ? options.tags.map(String) : undefined,
    ...cohortAttributes(options),
  });
}

async function contentOf(data: FileLike | Blob): Promise<FileLike> {
  return data instanceof Blob ? data.arrayBuffer() : data;
}
