"""Scores as Langfuse takes them: from the log records that hold ours to events of its batch.

`score-create` events are taken by every version of Langfuse's server, and are known by the score's
id, so that one that is sent again replaces itself.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tracehouse_semconv import attributes as names

_EVENT = "gen_ai.evaluation.result"
_TYPES = {"numeric": "NUMERIC", "boolean": "BOOLEAN", "categorical": "CATEGORICAL", "text": "TEXT"}


def scores_in(payload: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """The events for the scores in an OTLP request of logs, and the ids of those taken back."""
    events, deleted = list[dict[str, Any]](), list[str]()
    for group in ExportLogsServiceRequest.FromString(payload).resource_logs:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_logs:
            for record in scope.log_records:
                said = _attributes(record.attributes)
                if _EVENT not in (record.event_name, said.get("event.name")):
                    continue
                identity = str(said.get(names.TRACEHOUSE_SCORE_ID) or "")
                if said.get(names.TRACEHOUSE_SCORE_DELETED) is True:
                    deleted.append(identity)
                elif said.get(names.GEN_AI_EVALUATION_NAME):
                    event = _event(record, said, resource, identity)
                    # Langfuse has no score of a run alone, and JSON has no NaN.
                    if event["body"].keys() & {"traceId", "sessionId"} and "value" in event["body"]:
                        events.append(event)
    return events, deleted


def _event(
    record: LogRecord, said: dict[str, Any], resource: dict[str, Any], identity: str
) -> dict[str, Any]:
    at = datetime.fromtimestamp(
        (record.time_unix_nano or record.observed_time_unix_nano) / 1e9, UTC
    ).isoformat(timespec="milliseconds")
    value, label = (
        said.get(names.GEN_AI_EVALUATION_SCORE_VALUE),
        said.get(names.GEN_AI_EVALUATION_SCORE_LABEL),
    )
    kind = str(
        said.get(names.TRACEHOUSE_SCORE_DATA_TYPE) or ("categorical", "numeric")[value is not None]
    )
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    body = {
        "id": identity or None,
        "name": said[names.GEN_AI_EVALUATION_NAME],
        "value": label if kind in ("categorical", "text") else value,
        "dataType": _TYPES.get(kind),
        "traceId": record.trace_id.hex() or None,
        "observationId": record.span_id.hex() or None,
        "sessionId": said.get(names.SESSION_ID),
        "comment": said.get(names.GEN_AI_EVALUATION_EXPLANATION),
        "metadata": _json(said.get(names.TRACEHOUSE_SCORE_METADATA)),
        "environment": resource.get("langfuse.environment")
        or resource.get("deployment.environment.name"),
        "timestamp": at,
    }
    found = {name: value for name, value in body.items() if value is not None}
    # The event's own id: what is sent again is the same event.
    return {"id": f"{identity}-{at}", "type": "score-create", "timestamp": at, "body": found}


def _json(value: Any) -> Any:
    """What a text of JSON says; anything else as it is."""
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _attributes(attributes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kv in attributes:
        kind = kv.value.WhichOneof("value")
        if kind in ("string_value", "int_value", "double_value", "bool_value"):
            found[kv.key] = getattr(kv.value, kind)
    return found
