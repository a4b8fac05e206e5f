/** tracehouse: chat traces, training runs, media and rollouts, on OpenTelemetry.
 *
 *     import { init, logUser, finish, initRun } from "@tracehouse/sdk";
 *
 *     await init({ project: "my-bot", sessionId: "run-001" });
 *     logUser("hello");
 *     await finish({ outcome: "good" });
 *
 *     const run = await initRun({ project: "demo", config: { lr: 1e-4 } });
 *     await run.log({ "train/loss": 0.5 }, 0);
 *     await run.finish();
 */

export { Run } from "./chat.js";
export type { FinishOptions, RunOptions, Step, StepDetails, StepOptions } from "./chat.js";
export {
  current,
  currentRun,
  finish,
  init,
  initRun,
  log,
  logAssistant,
  logAttachment,
  logThinking,
  logToolResult,
  logToolUse,
  logUser,
  runFinish,
  runLog,
  withRun,
  withTrace,
} from "./current.js";
export { ApiError, TracehouseError } from "./errors.js";
export { Audio, Histogram, Image, Table, Video } from "./media.js";
export type { FileLike, MediaOptions } from "./media.js";
export { observe } from "./observe.js";
export type { ObserveOptions } from "./observe.js";
export type { LogOptions } from "./run-log.js";
export type { Cohort, Origin } from "./session.js";
export { TrainingRun } from "./training.js";
export type { PushOptions, RolloutOptions, TrainingRunOptions } from "./training.js";
export { VERSION } from "./version.js";
