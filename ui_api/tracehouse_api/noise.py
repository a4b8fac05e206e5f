"""Which spans of a trace tell nothing about what an agent did.

Instrumented HTTP clients report each request to a model once more, and Codex reports hundreds of
its own functions. They are there, and views hide them until they are asked for. In a trace without
any agent or model nothing is noise: there, an HTTP request is what happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_HTTP = (b"http.request.method", b"http.method", b"rpc.system")
_CODEX = b"codex_"


def noise_in(spans: Sequence[Mapping[str, Any]]) -> list[bool]:
    """For each of a trace's spans, whether it is noise."""
    if all(span["kind"] == b"span" for span in spans):
        return [_is_inner(span) for span in spans]
    return [_is_inner(span) or _is_transport(span) for span in spans]


def _is_inner(span: Mapping[str, Any]) -> bool:
    return span["kind"] == b"span" and span["scope_name"].startswith(_CODEX)


def _is_transport(span: Mapping[str, Any]) -> bool:
    return (
        span["kind"] == b"span"
        and span["span_kind"] == "client"
        and any(key in span["attribute_keys"] for key in _HTTP)
    )
