"""`/v1/usage`: tokens and cost of all calls of models, by what they have in common."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Query, Response

from tracehouse_api.access import Rows
from tracehouse_api.filters import Filters
from tracehouse_api.models.agents import UsageAnswer
from tracehouse_api.parameters import From, To
from tracehouse_api.usage.calls import counted_rows
from tracehouse_api.usage.counting import SUMS, Usage, gather, tier
from tracehouse_api.values import json_response, text

router = APIRouter(prefix="/v1/usage", tags=["usage"])

GroupBy = Literal[
    "model", "provider", "user", "session", "project", "service", "environment", "agent",
    "prompt", "day", "trace",
]  # fmt: skip
_COLUMNS: dict[str, tuple[str, ...]] = {
    "model": ("provider", "model"),
    "provider": ("provider",),
    "user": ("user_id",),
    "session": ("session_id",),
    "project": ("project",),
    "service": ("service",),
    "environment": ("environment",),
    "agent": ("agent_name",),
    "prompt": ("prompt_name", "prompt_version"),
    "day": ("day",),
    "trace": ("trace_id",),
}
_NAMES = {
    "user_id": "user",
    "session_id": "session",
    "agent_name": "agent",
    "prompt_name": "prompt",
}
# What a call has from its trace where it does not say it itself.
_INHERITED = ("session_id", "user_id")


@router.get("", response_model=UsageAnswer)
def usage(
    rows: Rows,
    group_by: list[GroupBy] = Query([], description="may be given several times"),  # noqa: B008
    project: str | None = None,
    service: str | None = None,
    environment: str | None = None,
    model: str | None = None,
    user: str | None = None,
    session: str | None = None,
    start: From = None,
    end: To = None,
    limit: int = Query(1000, ge=1, le=10_000),
) -> Response:
    """Usage by group, the dearest first (then by tokens), and in total.

    Each call counts once, however often it was reported; spans that repeat what their children
    used do not count."""
    filters, outer = Filters(), Filters()
    filters.equal(project=project, service=service, environment=environment)
    filters.within("start_time", start, end)
    filters.add("day >= toDate(fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC'))", from_ns=start)
    filters.add("day <= toDate(fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC'))", to_ns=end)
    outer.equal(model=model, user_id=user, session_id=session)
    keys = [column for name in dict.fromkeys(group_by) for column in _COLUMNS[name]]
    asked = {*keys, *(name for name in outer.parameters)}
    grouped = list(dict.fromkeys([*keys, *rows.pricing.depends_on]))
    tail = f"WHERE {' AND '.join(outer.where)} " if outer.where else ""
    found = counted_rows(
        rows,
        f"{', '.join(name for name in grouped if name not in ('tier', 'has_cost'))},"
        f" {tier()} AS tier, {SUMS}",
        filters.where,
        f"{tail}GROUP BY {', '.join(grouped)}",
        filters.parameters | outer.parameters,
        inherit=[name for name in _INHERITED if name in asked],
    )
    groups = gather(found, *keys, pricing=rows.pricing)
    ordered = sorted(
        groups.items(),
        key=lambda item: (-(item[1].cost_usd or 0), -item[1].tokens["input_tokens"]),
    )
    total = Usage()
    for group in groups.values():
        total.merge(group)
    return json_response(
        {
            "usage": [
                {
                    _NAMES.get(key, key): _shown(key, value)
                    for key, value in zip(keys, values, strict=True)
                }
                | group.json()
                for values, group in ordered[:limit]
            ]
            if keys
            else [],
            "truncated": len(ordered) > limit,
            "total": total.json(),
        }
    )


def _shown(key: str, value: Any) -> str:
    if key == "trace_id":
        return value.hex()
    return text(value) if isinstance(value, bytes) else str(value)
