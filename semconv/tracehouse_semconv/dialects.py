"""What emitters of AI-agent traces call things: one table from their attributes to our columns.

A column's sources are tried in order, and the first that is there wins. To add a dialect, add its
scope or marker to `DIALECTS`, its keys to `COLUMNS`, and a captured request to the fixtures.

Sources: OpenTelemetry's GenAI conventions (`gen_ai.*`), OpenInference (`llm.*`, `tool.*`,
`openinference.*`), OpenLLMetry (`traceloop.*`, `gen_ai.prompt.*`), the Vercel AI SDK (`ai.*`),
Langfuse, LangSmith, MLflow, and what Claude Code, Codex, Gemini CLI and Qwen Code send.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Coercion = Literal["text", "texts", "kind", "finish_reason", "tokens", "usd", "milliseconds"]


@dataclass(frozen=True)
class Key:
    """A source of a column.

    `only`: the dialects in which the key means this; empty: all but those in `never`. `path`: where
    in its JSON value to look, at most two levels deep. `sum`: instead of a path, the prefix of the
    members to add up. `factor`: what its unit is multiplied with. `not_prefix`: values that begin
    so mean something else.
    """

    name: str
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    sum: str | None = None
    factor: int = 1
    not_prefix: str = ""


@dataclass(frozen=True)
class Column:
    """A column: how its sources are read, and which they are, the first match first."""

    coercion: Coercion
    sources: tuple[Key, ...]


@dataclass(frozen=True)
class Dialect:
    """How a dialect is recognised: by its instrumentation scope, else by a key."""

    scopes: tuple[str, ...] = ()
    scope_prefixes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def _column(coercion: Coercion, *sources: str | Key) -> Column:
    keys = (source if isinstance(source, Key) else Key(source) for source in sources)
    return Column(coercion, tuple(keys))


_CLI = ("claude_code", "codex", "qwen_code", "gemini_cli")

# In order: the first that is recognised. It only counts for a span that has something canonical:
# `opentelemetry.instrumentation.` is also the prefix of libraries that are not about models.
DIALECTS: Final[dict[str, Dialect]] = {
    "claude_code": Dialect(scope_prefixes=("com.anthropic.claude_code",)),
    "anthropic_native": Dialect(scope_prefixes=("com.anthropic.sdk.", "com.anthropic.claude-")),
    "codex": Dialect(scopes=("codex_exec",), scope_prefixes=("codex_",)),
    "gemini_cli": Dialect(scopes=("gemini-cli",)),
    "qwen_code": Dialect(scopes=("qwen-code",)),
    "langfuse": Dialect(scopes=("langfuse-sdk",), keys=("langfuse.observation.type",)),
    "langsmith": Dialect(scopes=("langsmith",), keys=("langsmith.span.kind",)),
    "mlflow": Dialect(scope_prefixes=("mlflow.",), keys=("mlflow.spanType",)),
    "vercel_ai": Dialect(scopes=("ai",), keys=("ai.operationId",)),
    "vercel_ai7": Dialect(scopes=("gen_ai",)),
    "openinference": Dialect(
        scope_prefixes=("openinference.instrumentation",), keys=("openinference.span.kind",)
    ),
    "pydantic_ai": Dialect(scopes=("pydantic-ai",)),
    "pydantic_evals": Dialect(scopes=("pydantic-evals",)),
    "logfire": Dialect(scope_prefixes=("logfire",)),
    "strands": Dialect(scopes=("strands.telemetry.tracer",)),
    "adk": Dialect(scopes=("gcp.vertex.agent",)),
    "ms_af": Dialect(scope_prefixes=("agent_framework",)),
    "autogen": Dialect(scope_prefixes=("autogen",)),
    "otel_genai": Dialect(
        scopes=("opentelemetry.instrumentation.openai_v2",),
        scope_prefixes=(
            "opentelemetry.instrumentation.genai.",
            "opentelemetry.util.genai",
            "opentelemetry.instrumentation.google_genai",
            "opentelemetry.instrumentation.vertexai",
        ),
    ),
    "traceloop": Dialect(
        scopes=("traceloop.tracer",),
        scope_prefixes=("opentelemetry.instrumentation.",),
        keys=("traceloop.span.kind", "llm.request.type"),
    ),
    "tracehouse": Dialect(scope_prefixes=("tracehouse",), keys=("tracehouse.span.kind",)),
    "haystack": Dialect(keys=("haystack.component.name",)),
    "crewai": Dialect(keys=("crewai.agent.role",)),
}

FRAMEWORKS: Final[dict[str, str]] = {
    "pydantic_ai": "pydantic-ai",
    "vercel_ai": "vercel-ai",
    "vercel_ai7": "vercel-ai",
    "strands": "strands-agents",
    "adk": "google-adk",
    "ms_af": "microsoft.agent_framework",
    "autogen": "autogen",
    "haystack": "haystack",
    "crewai": "crewai",
    "claude_code": "claude-code",
    "codex": "codex",
    "gemini_cli": "gemini-cli",
    "qwen_code": "qwen-code",
}

# What some emitters send as the provider is the framework that they are.
FRAMEWORK_PROVIDERS: Final = (
    "strands-agents",
    "langchain",
    "langgraph",
    "microsoft.agent_framework",
    "autogen",
    "crewai",
)

PROVIDER_SUFFIXES: Final = (".chat", ".responses", ".messages", ".embedding", ".completion")
PROVIDERS: Final[dict[str, str]] = {
    "az.ai.openai": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "google": "gcp.gemini",
    "gemini": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
}

# What a value of a kind's source stands for, in lower case.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "generation": (
        "generation", "chat", "generate_content", "text_completion", "completion", "generate",
        "llm", "llm_call", "llm_request", "chat_model", "decision",
        "ai.generatetext.dogenerate", "ai.streamtext.dostream",
        "ai.generateobject.dogenerate", "ai.streamobject.dostream",
    ),
    "embedding": (
        "embedding", "embeddings", "ai.embed.doembed", "ai.embedmany.doembed",
    ),
    "retriever": ("retriever", "retrieval", "vector_db_retrieve"),
    "reranker": ("reranker", "rerank", "ai.rerank.dorerank"),
    "tool": ("tool", "execute_tool", "tool_call", "tool_use", "tools/call", "ai.toolcall",
             "dispatch"),
    "agent": (
        "agent", "invoke_agent", "create_agent", "agent_call", "user_prompt", "interaction",
        "handle_conversation_turn", "session_task.turn", "experiment_item",
    ),
    "chain": (
        "chain", "workflow", "task", "execute_task", "execute_method", "invoke_workflow", "plan",
        "prompt", "parser", "agent_step", "execute_event_loop_cycle", "schedule_tool_calls",
        "compaction", "subagent.spawn", "experiment", "search_memory", "update_memory",
        "ai.generatetext", "ai.streamtext", "ai.generateobject", "ai.streamobject",
        "ai.embed", "ai.embedmany", "ai.rerank",
    ),
    "guardrail": ("guardrail", "apply_guardrail", "run_guardrail"),
    "evaluator": ("evaluator",),
    "event": ("event", "user_msg", "tool_result", "thinking", "attachment"),
    "span": ("span",),
}  # fmt: skip

FINISH_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "stop": ("stop", "end_turn", "completed", "stop_sequence"),
    "tool_call": ("tool_call", "tool_calls", "tool-calls", "tool_use", "function_call"),
    "length": ("length", "max_tokens"),
    "content_filter": ("content_filter", "content-filter", "safety", "refusal"),
}

COLUMNS: Final[dict[str, Column]] = {
    "kind": _column(
        "kind",
        "langfuse.observation.type", "openinference.span.kind", "mlflow.spanType",
        "gen_ai.operation.name", "langsmith.span.kind", "ai.operationId",
        Key("span.type", only=("claude_code",)), "codex.tool.phase", "traceloop.span.kind",
        "llm.request.type", "mcp.method.name", "tracehouse.span.kind",
    ),
    "provider": _column(
        "text",
        "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system",
        "ai.model.provider", "mlflow.llm.provider", "langsmith.metadata.ls_provider",
    ),
    "request_model": _column(
        "text",
        "gen_ai.request.model", "llm.request.model_name", "ai.model.id",
        "langfuse.observation.model.name", "embedding.model_name", "reranker.model_name",
        Key("model", only=(*_CLI, "mlflow")), Key("model_name", only=("pydantic_ai",)),
        Key("llm.invocation_parameters", path=("model",)),
    ),
    "response_model": _column(
        "text",
        "gen_ai.response.model", "llm.response.model_name", "llm.model_name",
        "ai.response.model", "mlflow.llm.model",
    ),
    "input_tokens": _column(
        "tokens",
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
        "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens",
        Key("input_tokens", only=_CLI), Key("input_token_count", only=_CLI),
        "decision.token_count.input",
        Key("langfuse.observation.usage_details", path=("prompt_tokens",)),
        Key("langfuse.observation.usage_details", path=("input_tokens",)),
        Key("langfuse.observation.usage_details", sum="input"),
        Key("mlflow.chat.tokenUsage", path=("input_tokens",)),
    ),
    "output_tokens": _column(
        "tokens",
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
        "llm.token_count.completion", "ai.usage.outputTokens", "ai.usage.completionTokens",
        Key("output_tokens", only=_CLI), Key("output_token_count", only=_CLI),
        Key("langfuse.observation.usage_details", path=("completion_tokens",)),
        Key("langfuse.observation.usage_details", path=("output_tokens",)),
        Key("langfuse.observation.usage_details", sum="output"),
        Key("mlflow.chat.tokenUsage", path=("output_tokens",)),
    ),
    "cache_read_tokens": _column(
        "tokens",
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input",
        "ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens",
        Key("cache_read_tokens", only=_CLI), Key("cached_token_count", only=_CLI),
        Key("cached_content_token_count", only=_CLI),
        Key("langfuse.observation.usage_details", path=("prompt_tokens_details", "cached_tokens")),
        Key("langfuse.observation.usage_details", path=("input_tokens_details", "cached_tokens")),
        Key("langfuse.observation.usage_details", path=("input_cached_tokens",)),
        Key("langfuse.observation.usage_details", path=("input_cache_read",)),
        Key("langfuse.observation.usage_details", path=("cache_read_input_tokens",)),
        Key("mlflow.chat.tokenUsage", path=("cache_read_input_tokens",)),
        Key("gen_ai.usage.input_token_details", path=("cache_read",)),
        Key("gen_ai.usage.raw", path=("prompt_tokens_details", "cached_tokens")),
        Key("gen_ai.usage.raw", path=("input_tokens_details", "cached_tokens")),
        Key("gen_ai.usage.raw", path=("cache_read_input_tokens",)),
    ),
    "cache_write_tokens": _column(
        "tokens",
        "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        Key("cache_creation_tokens", only=_CLI), Key("cache_write_token_count", only=_CLI),
        Key("langfuse.observation.usage_details", path=("input_cache_creation",)),
        Key("langfuse.observation.usage_details", path=("cache_creation_input_tokens",)),
        Key("mlflow.chat.tokenUsage", path=("cache_creation_input_tokens",)),
        Key("gen_ai.usage.input_token_details", path=("cache_creation",)),
        Key("gen_ai.usage.raw", path=("cache_creation_input_tokens",)),
    ),
    "cache_write_1h_tokens": _column(
        "tokens",
        "tracehouse.cache_write.long",
        Key("gen_ai.usage.raw", path=("cache_creation", "ephemeral_1h_input_tokens")),
    ),
    "reasoning_tokens": _column(
        "tokens",
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens", "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens",
        "codex.usage.reasoning_output_tokens",
        Key("thoughts_token_count", only=_CLI), Key("reasoning_token_count", only=_CLI),
        Key("langfuse.observation.usage_details",
            path=("completion_tokens_details", "reasoning_tokens")),
        Key("langfuse.observation.usage_details",
            path=("output_tokens_details", "reasoning_tokens")),
        Key("langfuse.observation.usage_details", path=("output_reasoning_tokens",)),
        Key("gen_ai.usage.output_token_details", path=("reasoning",)),
        Key("gen_ai.usage.raw", path=("completion_tokens_details", "reasoning_tokens")),
        Key("gen_ai.usage.raw", path=("output_tokens_details", "reasoning_tokens")),
    ),
    # Only looked at where neither input nor output is there.
    "total_tokens": _column(
        "tokens",
        "gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total",
        "ai.usage.totalTokens", "codex.usage.total_tokens", Key("total_token_count", only=_CLI),
        Key("langfuse.observation.usage_details", path=("total",)),
        Key("langfuse.observation.usage_details", path=("total_tokens",)),
        Key("mlflow.chat.tokenUsage", path=("total_tokens",)),
    ),
    "cost_usd": _column(
        "usd",
        "operation.cost", "llm.cost.total", "gen_ai.usage.cost", Key("cost_usd", only=_CLI),
        Key("langfuse.observation.cost_details", path=("total",)),
        Key("langfuse.observation.cost_details", sum=""),
        Key("mlflow.llm.cost", path=("total_cost",)),
    ),
    "finish_reason": _column(
        "finish_reason",
        "gen_ai.response.finish_reasons", "llm.finish_reason", "ai.response.finishReason",
        "gen_ai.completion.0.finish_reason", "anthropic.message.stop_reason",
        Key("stop_reason", only=_CLI), Key("finish_reason", only=_CLI),
    ),
    "ttft_ms": _column(
        "milliseconds",
        Key("gen_ai.response.time_to_first_chunk", factor=1000),
        Key("gen_ai.client.operation.time_to_first_chunk", factor=1000),
        "ai.response.msToFirstChunk", "ai.stream.msToFirstChunk",
        "gen_ai.server.time_to_first_token", Key("ttft_ms", only=_CLI),
    ),
    "response_id": _column(
        "text",
        "gen_ai.response.id", "ai.response.id", Key("request_id", only=_CLI),
        # Nothing else tells that the client's own span reports the same call.
        Key("output.value", only=("openinference",), path=("id",)),
    ),
    "session_id": _column(
        "text",
        # Microsoft's agent framework sends the id of the response before where it has no other.
        Key("gen_ai.conversation.id", not_prefix="resp_"), "session.id",
        "langfuse.session.id", Key("conversation.id", only=("codex",)),
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id", "traceloop.association.properties.chat_id",
        "ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.threadId",
        "ai.settings.context.sessionId",
        "langsmith.metadata.session_id", "langsmith.metadata.thread_id",
        "langsmith.metadata.conversation_id", "mlflow.trace.session",
        Key("metadata", path=("session_id",)), Key("metadata", path=("thread_id",)),
        Key("metadata", path=("conversation_id",)),
    ),
    "user_id": _column(
        "text",
        "user.id", "langfuse.user.id", "gen_ai.user", "llm.user", "enduser.id",
        "traceloop.association.properties.user_id", "ai.telemetry.metadata.userId",
        "ai.settings.context.userId",
        "langsmith.metadata.user_id", "mlflow.trace.user", Key("metadata", path=("user_id",)),
        "user.email",
    ),
    "agent_name": _column(
        "text",
        "gen_ai.agent.name", "agent.name", Key("agent_name", only=("pydantic_ai",)),
        "ai.telemetry.functionId", "crewai.agent.role",
        Key("metadata", path=("lc_agent_name",)), "graph.node.id",
    ),
    "tool_name": _column(
        "text",
        "gen_ai.tool.name", "tool.name", "ai.toolCall.name", Key("tool_name", only=_CLI),
        Key("function_name", only=_CLI), "haystack.tool.name",
    ),
    "tool_call_id": _column(
        "text",
        "gen_ai.tool.call.id", "gen_ai.tool.call_id", "tool.id", "ai.toolCall.id",
        Key("tool_use_id", only=_CLI), Key("call_id", only=_CLI), "tool.call_id",
        "tool_call.id",
    ),
    "prompt_name": _column(
        "text",
        # Gemini CLI's is the id of the turn.
        Key("gen_ai.prompt.name", never=("gemini_cli",)), "langfuse.observation.prompt.name",
        "langfuse.prompt.name", "traceloop.prompt.key",
        Key("ai.telemetry.metadata.langfusePrompt", path=("name",)),
    ),
    "prompt_version": _column(
        "text",
        "gen_ai.prompt.version", "langfuse.observation.prompt.version",
        "langfuse.prompt.version", "traceloop.prompt.version", "llm.prompt_template.version",
        Key("ai.telemetry.metadata.langfusePrompt", path=("version",)),
    ),
    "tags": _column(
        "texts",
        "tag.tags", "langfuse.trace.tags", "langfuse.tags", "langsmith.span.tags",
        "ai.telemetry.metadata.tags", "logfire.tags", "tracehouse.run.tags",
    ),
    "error_type": _column("text", "error.type"),
    "release": _column("text", "langfuse.release", "langfuse.version"),
    "environment": _column(
        "text", "langfuse.environment", "deployment.environment.name", "deployment.environment"
    ),
}  # fmt: skip

# The provider of a model whose emitter does not name it, by the beginning of the model's name.
MODEL_PROVIDERS: Final[dict[str, str]] = {
    "gpt-": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "text-embedding-": "openai",
    "claude": "anthropic",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "grok": "x_ai",
    "deepseek": "deepseek",
}
# Whose models they are, for dialects that do not say it.
DIALECT_PROVIDERS: Final[dict[str, str]] = {"codex": "openai", "claude_code": "anthropic"}
# Events of a span at the first piece of an answer, where no attribute says when that was.
FIRST_CHUNK_EVENTS: Final = ("First Token Stream Event", "ai.stream.firstChunk")
FIRST_CHUNK_EVENT_SUFFIX: Final = ".content.completion.chunk"
# The time itself, as ISO 8601, perhaps quoted.
FIRST_CHUNK_TIME: Final = "langfuse.observation.completion_start_time"
# Spans known by their name alone.
KIND_BY_NAME: Final[dict[tuple[str, str], str]] = {("codex", "session_task.turn"): "agent"}
# Dialects whose input tokens leave the cached ones out, and whose output tokens the reasoning.
INPUT_EXCLUDES_CACHE: Final = ("claude_code",)
OUTPUT_EXCLUDES_REASONING: Final = ("gemini_cli", "qwen_code")
