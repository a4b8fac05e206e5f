/** The current chat trace and the current training run: of the function that is under way where one
 * was given (`withTrace`, `withRun`), of the process otherwise. */

import { platform } from "#platform";
import {
  Run,
  type FinishOptions,
  type RunOptions,
  type Step,
  type StepDetails,
  type StepOptions,
} from "./chat.js";
import { inSpan } from "./context.js";
import { TracehouseError } from "./errors.js";
import type { LogOptions } from "./run-log.js";
import { TrainingRun, type TrainingRunOptions } from "./training.js";

const scopedChat = platform.scope<Run>();
const scopedTraining = platform.scope<TrainingRun>();
let chat: Run | undefined;
let training: TrainingRun | undefined;

/** Begin the current chat trace. An earlier one is finished first, and this one at the end of the
 * program at the latest. Rejects with TracehouseError on misuse. */
export function init(options: RunOptions = {}): Promise<Run> {
  return handled(async () => {
    chat?.end();
    chat = new Run(options);
    return chat;
  });
}

/** The current chat trace. Throws TracehouseError when there is none. */
export function current(): Run {
  const run = scopedChat.get() ?? chat;
  if (run === undefined) {
    throw new TracehouseError("there is no current trace: call init() or withTrace() first");
  }
  return run;
}

/** The current chat trace, where there is one. */
export function knownChat(): Run | undefined {
  return scopedChat.get() ?? chat;
}

/** Log a step to the current trace. */
export function log(options: StepOptions): Step {
  return current().log(options);
}

/** What the user said. */
export function logUser(text: string, details?: StepDetails): Step {
  return current().logUser(text, details);
}

/** What the assistant said. */
export function logAssistant(text: string, details?: StepDetails): Step {
  return current().logAssistant(text, details);
}

/** What the assistant thought. */
export function logThinking(text: string, details?: StepDetails): Step {
  return current().logThinking(text, details);
}

/** A tool call. It lasts until its result is logged. */
export function logToolUse(tool: string, input?: unknown, details?: StepDetails): Step {
  return current().logToolUse(tool, input, details);
}

/** What a tool returned. */
export function logToolResult(text: string, details?: Parameters<Run["logToolResult"]>[1]): Step {
  return current().logToolResult(text, details);
}

/** A file or image that belongs to the conversation. */
export function logAttachment(name: string, attributes?: Readonly<Record<string, unknown>>): Step {
  return current().logAttachment(name, attributes);
}

/** End the current trace, if there is one. Never rejects. */
export async function finish(options?: FinishOptions): Promise<void> {
  const run = knownChat();
  if (run === chat) chat = undefined;
  await run?.finish(options);
}

/** Begin the current training run. An earlier one that is still running is marked `killed`. Rejects
 * with TracehouseError on misuse. */
export function initRun(options: TrainingRunOptions = {}): Promise<TrainingRun> {
  return handled(async () => {
    training?.end({ status: "killed" });
    training = new TrainingRun(options);
    return training;
  });
}

/** The current training run. Throws TracehouseError when there is none. */
export function currentRun(): TrainingRun {
  const run = scopedTraining.get() ?? training;
  if (run === undefined) {
    throw new TracehouseError("there is no current run: call initRun() or withRun() first");
  }
  return run;
}

/** Log values to the current training run. */
export function runLog(
  values: Readonly<Record<string, unknown>>,
  options?: LogOptions | number,
): Promise<void> {
  return currentRun().log(values, options);
}

/** End the current training run, if there is one. Never rejects. */
export async function runFinish(options?: Parameters<TrainingRun["finish"]>[0]): Promise<void> {
  const run = scopedTraining.get() ?? training;
  if (run === training) training = undefined;
  await run?.finish(options);
}

/** A chat trace that is the current one of `action`, and of all that it awaits; it is finished when
 * that is, with the outcome `bad` where it throws. */
export async function withTrace<T>(
  options: RunOptions,
  action: (run: Run) => T | Promise<T>,
): Promise<T> {
  const run = new Run(options);
  try {
    return await scopedChat.run(run, () => inSpan(run.span, () => action(run)));
  } catch (error) {
    run.fail(error);
    throw error;
  } finally {
    await run.finish();
  }
}

/** A training run that is the current one of `action`, and of all that it awaits; it is finished
 * when that is, as `crashed` where it throws. */
export async function withRun<T>(
  options: TrainingRunOptions,
  action: (run: TrainingRun) => T | Promise<T>,
): Promise<T> {
  const run = new TrainingRun(options);
  try {
    return await scopedTraining.run(run, () => action(run));
  } catch (error) {
    run.fail(error);
    throw error;
  } finally {
    await run.finish();
  }
}

/** What is thrown at once is for those who await it; nobody has to. */
function handled<T>(begin: () => Promise<T>): Promise<T> {
  const promise = begin();
  promise.catch(() => {});
  return promise;
}
