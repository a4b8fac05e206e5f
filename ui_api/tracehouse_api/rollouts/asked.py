"""Which rollouts are asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from tracehouse_api.filters import Filters
from tracehouse_semconv.attributes import RolloutPhase, RolloutStatus

# Of a chat trace that belongs to a run nobody says how it ended, but its span does.
STATUS = (
    "multiIf(rollout_status != '', toString(rollout_status), toUnixTimestamp64Nano(end_time) = 0,"
    " 'PENDING', status_code = 'error', 'ERROR', 'COMPLETED')"
)
# Tags are an encoded OTLP ArrayValue: `0a <n+2> 0a <n> <text>` for each.
_HAS_TAG = (
    "position(tags, concat(char(10, length({tag:String}) + 2, 10, length({tag:String})),"
    " {tag:String})) > 0"
)


def asked(
    run: Annotated[str | None, Query(description="a run's id")] = None,
    step: Annotated[int | None, Query(ge=-(1 << 63), lt=1 << 63)] = None,
    phase: RolloutPhase | None = None,
    datapoint: str | None = None,
    status: RolloutStatus | None = None,
    environment: str | None = None,
    project: str | None = None,
    tag: Annotated[str | None, Query(max_length=120)] = None,
) -> Filters:
    """Conditions on `run_spans`, from the parameters of a query; of what is None, nothing is
    asked."""
    filters = Filters()
    filters.where.append("is_rollout")
    filters.equal(run_id=run, phase=phase, datapoint=datapoint, environment=environment)
    filters.equal(project=project)
    filters.add("has_step AND step = {step:Int64}", step=step)
    filters.add(f"{STATUS} = {{status:String}}", status=status)
    filters.add(_HAS_TAG, tag=tag)
    return filters
