/** Attribute names.
 *
 * Generated from semconv/registry by `make generate`. Do not edit.
 */

// OpenTelemetry's, used here
/** The session that a span or log record belongs to. */
export const GEN_AI_CONVERSATION_ID = "gen_ai.conversation.id";
/** The session, where a GenAI-unaware emitter names it. */
export const SESSION_ID = "session.id";
/** What the span does; `invoke_agent` for the root of a chat trace. */
export const GEN_AI_OPERATION_NAME = "gen_ai.operation.name";
/** The model that was asked for. */
export const GEN_AI_REQUEST_MODEL = "gen_ai.request.model";
/** The model that answered. */
export const GEN_AI_RESPONSE_MODEL = "gen_ai.response.model";
/** The tool that was called. */
export const GEN_AI_TOOL_NAME = "gen_ai.tool.name";
/** The arguments of the tool call. */
export const GEN_AI_TOOL_CALL_ARGUMENTS = "gen_ai.tool.call.arguments";
/** What the tool call returned. */
export const GEN_AI_TOOL_CALL_RESULT = "gen_ai.tool.call.result";
/** The messages that went in. */
export const GEN_AI_INPUT_MESSAGES = "gen_ai.input.messages";
/** The messages that came out. */
export const GEN_AI_OUTPUT_MESSAGES = "gen_ai.output.messages";
/** Tokens in. */
export const GEN_AI_USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens";
/** Tokens out. */
export const GEN_AI_USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
/** The agent that the span is of. */
export const GEN_AI_AGENT_NAME = "gen_ai.agent.name";
/** That agent's id. */
export const GEN_AI_AGENT_ID = "gen_ai.agent.id";
/** Whose model it is. */
export const GEN_AI_PROVIDER_NAME = "gen_ai.provider.name";
/** The answer's id. Calls that have one in common are one call. */
export const GEN_AI_RESPONSE_ID = "gen_ai.response.id";
/** Why the model stopped. */
export const GEN_AI_RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons";
/** The id of the tool call. */
export const GEN_AI_TOOL_CALL_ID = "gen_ai.tool.call.id";
/** Of the tokens in, those read from the cache. */
export const GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.cache_read.input_tokens";
/** Of the tokens in, those written to the cache. */
export const GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS = "gen_ai.usage.cache_write.input_tokens";
/** Of the tokens out, those of reasoning. */
export const GEN_AI_USAGE_REASONING_OUTPUT_TOKENS = "gen_ai.usage.reasoning.output_tokens";
/** The folder that the agent works in. */
export const PROCESS_WORKING_DIRECTORY = "process.working_directory";
/** The branch that is checked out there. */
export const VCS_REF_HEAD_NAME = "vcs.ref.head.name";
/** The version of the service that sent it. */
export const SERVICE_VERSION = "service.version";
/** The service that sent it. */
export const SERVICE_NAME = "service.name";
/** The machine it ran on. */
export const HOST_ID = "host.id";
/** What was judged. */
export const GEN_AI_EVALUATION_NAME = "gen_ai.evaluation.name";
/** The judgement as a number. */
export const GEN_AI_EVALUATION_SCORE_VALUE = "gen_ai.evaluation.score.value";
/** The judgement as a word. */
export const GEN_AI_EVALUATION_SCORE_LABEL = "gen_ai.evaluation.score.label";
/** Why. */
export const GEN_AI_EVALUATION_EXPLANATION = "gen_ai.evaluation.explanation";
/** The prompt that was used. */
export const GEN_AI_PROMPT_NAME = "gen_ai.prompt.name";
/** Its version. */
export const GEN_AI_PROMPT_VERSION = "gen_ai.prompt.version";

// Resource
/** The project that traces and runs are filed under; `default` when it is not sent. */
export const TRACEHOUSE_PROJECT = "tracehouse.project";
/** A stable, random identifier of the machine, where `host.id` is not known. */
export const TRACEHOUSE_MACHINE_ID = "tracehouse.machine.id";
/** The agent harness that produced the telemetry. */
export const TRACEHOUSE_SCAFFOLD = "tracehouse.scaffold";

// Chat traces
/** What the step is. */
export const TRACEHOUSE_SPAN_KIND = "tracehouse.span.kind";
/** The text of the step, as it was logged. */
export const TRACEHOUSE_TEXT = "tracehouse.text";
/** The input of a tool call, as JSON. */
export const TRACEHOUSE_TOOL_INPUT = "tracehouse.tool.input";
/** What a tool returned, as it was logged. */
export const TRACEHOUSE_TOOL_RESULT = "tracehouse.tool.result";
/** How a conversation ended, in the judgement of whoever logged it. */
export const TRACEHOUSE_OUTCOME = "tracehouse.outcome";
/** What the conversation was about. */
export const TRACEHOUSE_TASK_NAME = "tracehouse.task.name";
/** What else was said of a conversation, as a JSON object. */
export const TRACEHOUSE_METADATA = "tracehouse.metadata";

// Recorded agents
/** How the span came to be known, where it is not the program itself that sent it. */
export const TRACEHOUSE_SOURCE = "tracehouse.source";
/** The span is a turn; from a prompt of the user to the next. */
export const TRACEHOUSE_TURN = "tracehouse.turn";
/** How hard the model was told to think, in the agent's own words. */
export const TRACEHOUSE_EFFORT = "tracehouse.effort";
/** The tier of speed at which the call was served, where it has a price of its own. */
export const TRACEHOUSE_SPEED = "tracehouse.speed";
/** Of the tokens written to the cache, those kept for an hour. */
export const TRACEHOUSE_CACHE_WRITE_LONG = "tracehouse.cache_write.long";
/** The user stopped it, or it never got an answer. */
export const TRACEHOUSE_INTERRUPTED = "tracehouse.interrupted";
/** A retry or an edit has replaced this answer. It was billed all the same. */
export const TRACEHOUSE_SUPERSEDED = "tracehouse.superseded";
/** The session whose history this one began with. */
export const TRACEHOUSE_FORKED_FROM = "tracehouse.forked_from";
/** How many values were taken out of the session's text before it was written or sent. */
export const TRACEHOUSE_REDACTIONS = "tracehouse.redactions";
/** Why a step's content is not there. */
export const TRACEHOUSE_OMITTED = "tracehouse.omitted";

// Training runs
/** The run that a span, a log record or a metric point belongs to. */
export const TRACEHOUSE_RUN_ID = "tracehouse.run.id";
/** The training step. Any order; the last write of a (run, key, step) wins. */
export const TRACEHOUSE_STEP = "tracehouse.step";
/** The run's name; need not be unique. */
export const TRACEHOUSE_RUN_NAME = "tracehouse.run.name";
/** The caller's own identifier of the run. The same one resumes the same run. */
export const TRACEHOUSE_RUN_CLIENT_ID = "tracehouse.run.client_id";
/** The state of the run. */
export const TRACEHOUSE_RUN_STATUS = "tracehouse.run.status";
/** The run's configuration, as a JSON object. */
export const TRACEHOUSE_RUN_CONFIG = "tracehouse.run.config";
/** Values set by hand as the run's result, as a JSON object. */
export const TRACEHOUSE_RUN_SUMMARY = "tracehouse.run.summary";
/** The run's tags. */
export const TRACEHOUSE_RUN_TAGS = "tracehouse.run.tags";
/** The run's description. */
export const TRACEHOUSE_RUN_NOTES = "tracehouse.run.notes";
/** The group of runs that this one belongs to. */
export const TRACEHOUSE_RUN_GROUP = "tracehouse.run.group";
/** What the run does in its group. */
export const TRACEHOUSE_RUN_JOB_TYPE = "tracehouse.run.job_type";
/** The sweep that chose the run's configuration. */
export const TRACEHOUSE_SWEEP_ID = "tracehouse.sweep.id";
/** When this version of the run's span was made, in Unix nanoseconds. The latest counts. */
export const TRACEHOUSE_RUN_UPDATED = "tracehouse.run.updated";
/** Seconds after which a living run is exported again. */
export const TRACEHOUSE_RUN_HEARTBEAT = "tracehouse.run.heartbeat";
/** The dataset that the run used, as the Hugging Face Hub names it. */
export const TRACEHOUSE_DATASET_NAME = "tracehouse.dataset.name";
/** The split of that dataset. */
export const TRACEHOUSE_DATASET_SPLIT = "tracehouse.dataset.split";
/** The model repository that the run writes to, as the Hugging Face Hub names it. */
export const TRACEHOUSE_MODEL_NAME = "tracehouse.model.name";
/** The revision of that repository. */
export const TRACEHOUSE_MODEL_REVISION = "tracehouse.model.revision";

// What a run logs beside its scalars
/** What the record is called inside its run. */
export const TRACEHOUSE_KEY = "tracehouse.key";
/** The place among records of one kind, key and step, from 0. */
export const TRACEHOUSE_INDEX = "tracehouse.index";

// Rollouts
/** The input that was tried. */
export const TRACEHOUSE_ROLLOUT_DATAPOINT_ID = "tracehouse.rollout.datapoint_id";
/** What it was for. */
export const TRACEHOUSE_ROLLOUT_PHASE = "tracehouse.rollout.phase";
/** The environment that it ran in. */
export const TRACEHOUSE_ROLLOUT_ENVIRONMENT = "tracehouse.rollout.environment";
/** Who judged it. */
export const TRACEHOUSE_ROLLOUT_GRADER = "tracehouse.rollout.grader";
/** How it ended. */
export const TRACEHOUSE_ROLLOUT_STATUS = "tracehouse.rollout.status";
/** How many turns it had. */
export const TRACEHOUSE_ROLLOUT_TURNS = "tracehouse.rollout.turns";
/** How many messages were logged. */
export const TRACEHOUSE_ROLLOUT_MESSAGES = "tracehouse.rollout.messages";
/** How many tool calls were logged. */
export const TRACEHOUSE_ROLLOUT_TOOL_CALLS = "tracehouse.rollout.tool_calls";
/** Its reward. */
export const TRACEHOUSE_ROLLOUT_REWARD = "tracehouse.rollout.reward";
/** All of its rewards by name, as a JSON object. */
export const TRACEHOUSE_ROLLOUT_REWARDS = "tracehouse.rollout.rewards";
/** Its tags. */
export const TRACEHOUSE_ROLLOUT_TAGS = "tracehouse.rollout.tags";
/** The caller's own id of the trace, where it is not 32 hex digits. */
export const TRACEHOUSE_ROLLOUT_EXTERNAL_ID = "tracehouse.rollout.external_id";
/** The turn of a message, from 0. On the span of a message. */
export const TRACEHOUSE_ROLLOUT_TURN = "tracehouse.rollout.turn";
/** The place of a message in its turn, from 0. On the span of a message. */
export const TRACEHOUSE_ROLLOUT_INTRA = "tracehouse.rollout.intra";
/** The token ids of a message as a JSON array. On the span of a message. */
export const TRACEHOUSE_ROLLOUT_INPUT_IDS = "tracehouse.rollout.input_ids";
/** Their log probabilities as a JSON array. On the span of a message. */
export const TRACEHOUSE_ROLLOUT_LOGPROBS = "tracehouse.rollout.logprobs";
/** Which of them count in the loss, as a JSON array. On the span of a message. */
export const TRACEHOUSE_ROLLOUT_LOSS_MASK = "tracehouse.rollout.loss_mask";

// Cohorts
/** The subject (a person, an account, a task) that the work was done for. */
export const TRACEHOUSE_SUBJECT_ID = "tracehouse.subject.id";
/** The experiment that a span or run takes part in. */
export const TRACEHOUSE_EXPERIMENT_NAME = "tracehouse.experiment.name";
/** The arm of the experiment. */
export const TRACEHOUSE_EXPERIMENT_VARIANT = "tracehouse.experiment.variant";

// Evaluations
/** The item that is tried. */
export const TRACEHOUSE_DATASET_ITEM_ID = "tracehouse.dataset.item.id";
/** The run over the dataset that this belongs to. */
export const TRACEHOUSE_EVALUATION_RUN_NAME = "tracehouse.evaluation.run.name";
/** What the task was given, as JSON. */
export const TRACEHOUSE_EVALUATION_INPUT = "tracehouse.evaluation.input";
/** What the task returned, as JSON. */
export const TRACEHOUSE_EVALUATION_OUTPUT = "tracehouse.evaluation.output";
/** What it should have returned, as JSON. */
export const TRACEHOUSE_EVALUATION_EXPECTED_OUTPUT = "tracehouse.evaluation.expected_output";

// Scores
/** The score's identity; the same again replaces it. */
export const TRACEHOUSE_SCORE_ID = "tracehouse.score.id";
/** What kind of value it has. */
export const TRACEHOUSE_SCORE_DATA_TYPE = "tracehouse.score.data_type";
/** Where it comes from. */
export const TRACEHOUSE_SCORE_SOURCE = "tracehouse.score.source";
/** Who gave it. */
export const TRACEHOUSE_SCORE_AUTHOR = "tracehouse.score.author";
/** A JSON object of what else is known of it. */
export const TRACEHOUSE_SCORE_METADATA = "tracehouse.score.metadata";
/** Whether it was taken back. */
export const TRACEHOUSE_SCORE_DELETED = "tracehouse.score.deleted";

/** What the step is. */
export const SpanKind = ["user_msg", "assistant_msg", "tool_use", "tool_result", "thinking", "attachment"] as const;
export type SpanKind = (typeof SpanKind)[number];

/** How a conversation ended, in the judgement of whoever logged it. */
export const Outcome = ["good", "bad", "neutral"] as const;
export type Outcome = (typeof Outcome)[number];

/** How the span came to be known, where it is not the program itself that sent it. */
export const Source = ["transcript"] as const;
export type Source = (typeof Source)[number];

/** The state of the run. */
export const RunStatus = ["running", "finished", "failed", "crashed", "killed"] as const;
export type RunStatus = (typeof RunStatus)[number];

/** What it was for. */
export const RolloutPhase = ["train", "eval", "prod"] as const;
export type RolloutPhase = (typeof RolloutPhase)[number];

/** How it ended. */
export const RolloutStatus = ["PENDING", "COMPLETED", "TRUNCATED", "ABORTED", "ENV_SETUP_ERROR", "STEP_ERROR", "GRADER_TIMEOUT", "GRADER_ERROR", "TOOL_ERROR", "ERROR"] as const;
export type RolloutStatus = (typeof RolloutStatus)[number];

/** What kind of value it has. */
export const ScoreDataType = ["numeric", "boolean", "categorical", "text"] as const;
export type ScoreDataType = (typeof ScoreDataType)[number];

/** Where it comes from. */
export const ScoreSource = ["api", "annotation", "eval"] as const;
export type ScoreSource = (typeof ScoreSource)[number];
