"""Which spans of a trace tell nothing about what an agent did.

Instrumented HTTP clients report each request to a model once more, and Codex reports hundreds of
its own functions. They are there, and views hide them until they are asked for. A request that
failed is no noise: it may be where the trace broke. In a trace without any agent or model nothing
is noise: there, an HTTP request is what happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# SQL: whether a span is one of a request over the network.
IS_HTTP = "hasAny(attributes.keys, ['http.request.method', 'http.method', 'rpc.system']) AS is_http"
_CODEX = b"codex_"


def noise_in(spans: Sequence[Mapping[str, Any]], *, in_agent: bool | None = None) -> list[bool]:
    """For each span, whether it is noise. Rows hold IS_HTTP. `in_agent`: whether their trace has an
    agent or a model; by default they are all of the trace, and are looked at."""
    if in_agent is None:
        in_agent = any(span["kind"] != b"span" for span in spans)
    return [_is_inner(span) or (in_agent and _is_transport(span)) for span in spans]


def _is_inner(span: Mapping[str, Any]) -> bool:
    return span["kind"] == b"span" and span["scope_name"].startswith(_CODEX)


def _is_transport(span: Mapping[str, Any]) -> bool:
    if span["status_code"] == "error":
        return False
    return span["kind"] == b"span" and span["span_kind"] == "client" and bool(span["is_http"])
