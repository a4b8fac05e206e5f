"""The agent's loop, with a span for every step as OpenTelemetry's GenAI conventions name them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

import model
from opentelemetry import metrics, trace
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode
from tools import TOOLS

logger = logging.getLogger("support_agent")
_tracer = trace.get_tracer("support_agent", "1.0.0")
_meter = metrics.get_meter("support_agent", "1.0.0")

_questions = _meter.create_counter("support.questions", "{question}", "Questions, by outcome")
_tokens = _meter.create_histogram("gen_ai.client.token.usage", "{token}", "Tokens of a call")
_seconds = _meter.create_histogram("gen_ai.client.operation.duration", "s", "Time of a call")
_confidence = _meter.create_gauge("support.confidence", "1", "How sure the last answer was")


class Agent:
    """One conversation: a trace per question, each linked to the one before."""

    def __init__(self, conversation: str) -> None:
        self._conversation = conversation
        self._messages: list[model.Message] = []
        self._previous: SpanContext | None = None
        _meter.create_observable_gauge(
            "support.conversation.messages",
            [self._observe],
            "{message}",
            "Messages that the agent remembers",
        )

    def answer(self, question: str) -> str:
        """The agent's answer. A tool that fails is apologised for, not raised."""
        with _tracer.start_as_current_span(
            "invoke_agent support",
            attributes={
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": "support",
                "gen_ai.conversation.id": self._conversation,
            },
            links=[Link(self._previous, {"link.reason": "previous question"})]
            if self._previous
            else [],
        ) as span:
            self._previous = span.get_span_context()
            self._messages.append({"role": "user", "content": question})
            logger.info("asked: %s", question)
            outcome = "answered"
            while (reply := self._chat()).tool_call:
                result = self._run_tool(reply.tool_call)
                if "error" in result:
                    outcome = "handed_over"
                    span.set_status(Status(StatusCode.ERROR, "handed over to a person"))
                self._messages.append({"role": "tool", "content": result})
            _questions.add(1, {"outcome": outcome})
            _confidence.set(0.95 if outcome == "answered" else 0.25)
            logger.info("%s", outcome, extra={"support.answer.characters": len(reply.text)})
            return reply.text

    def _chat(self) -> model.Reply:
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "tiny",
            "gen_ai.request.model": model.NAME,
        }
        with _tracer.start_as_current_span(
            f"chat {model.NAME}",
            kind=SpanKind.CLIENT,
            attributes=attributes
            | {"gen_ai.request.temperature": 0.2, "gen_ai.request.stop_sequences": ["\n\n", "END"]},
        ) as span:
            started = time.monotonic()
            reply = model.complete(self._messages)
            _seconds.record(time.monotonic() - started, attributes)
            _tokens.record(reply.input_tokens, attributes | {"gen_ai.token.type": "input"})
            _tokens.record(reply.output_tokens, attributes | {"gen_ai.token.type": "output"})
            span.set_attributes(
                {
                    "gen_ai.usage.input_tokens": reply.input_tokens,
                    "gen_ai.usage.output_tokens": reply.output_tokens,
                    "gen_ai.response.finish_reasons": [reply.finish_reason],
                }
            )
            return reply

    def _run_tool(self, call: model.ToolCall) -> dict[str, Any]:
        try:
            # The span records what is raised through it, and takes the error status.
            with _tracer.start_as_current_span(
                f"execute_tool {call.name}",
                attributes={
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": call.name,
                    "gen_ai.tool.call.id": call.id,
                    "gen_ai.tool.call.arguments": call.arguments,
                },
            ) as span:
                result = TOOLS[call.name](**call.arguments)
                span.set_attribute("gen_ai.tool.call.result", result)
                return result
        except Exception as error:
            logger.exception("the tool %s failed", call.name)
            return {"error": str(error)}

    def _observe(self, _: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        yield metrics.Observation(len(self._messages))
