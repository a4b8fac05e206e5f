"""AgentTrace's Python API: traces, observations, scores, prompts, and what agents do to files.

from tracehouse.agenttrace import AgentTrace, observe

at = AgentTrace()

@observe()
def answer(question: str) -> str: ...
"""

from tracehouse.agenttrace.client import AgentTrace, Session
from tracehouse.agenttrace.observations import (
    GenerationContext,
    Observation,
    SpanContext,
    TraceContext,
)
from tracehouse.agenttrace.observe import observe, run_in_trace_context
from tracehouse.agenttrace.prompts import Prompt
from tracehouse.agenttrace.work import CheckpointInfo

__all__ = [
    "AgentTrace",
    "CheckpointInfo",
    "GenerationContext",
    "Observation",
    "Prompt",
    "Session",
    "SpanContext",
    "TraceContext",
    "observe",
    "run_in_trace_context",
]
