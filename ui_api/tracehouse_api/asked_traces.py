"""Which traces are asked for: the filters of the list, of what is new in it, and of what is counted
over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query, Request

from tracehouse_api.comparisons import Comparison, parse_comparison
from tracehouse_api.filters import Filters
from tracehouse_api.parameters import From, To
from tracehouse_api.store import Store
from tracehouse_api.traces import saying

_SCORE_PREFIX = "score."
SCORE_PARAMETER = {
    "parameters": [
        {
            "name": "score.<name>",
            "in": "query",
            "schema": {"type": "string"},
            "description": "a score of the trace or of a span in it: a label, or a number, "
            "which may be behind >, >=, <, <= or !=",
        }
    ]
}
_HAS_TEXT = (
    "(positionCaseInsensitiveUTF8(name, {q:String}) > 0"
    " OR positionCaseInsensitiveUTF8(status_message, {q:String}) > 0"
    " OR arrayExists(v -> positionCaseInsensitiveUTF8(v, {q:String}) > 0, mapValues(attributes)))"
)
Facet = Literal["service", "status", "user", "tag"]


@dataclass(frozen=True)
class AskedTraces:
    """What is asked of traces; None asks for nothing. Times in Unix nanoseconds."""

    project: str | None
    service: str | None
    start: int | None
    end: int | None
    session: str | None
    user: str | None
    tag: str | None
    status: str | None
    min_duration_ms: float | None
    q: str | None
    scores: Sequence[tuple[str, Comparison]]
    noise: bool
    runs: bool

    def conditions(self, rows: Store, without: Facet | None = None) -> tuple[Filters, Filters]:
        """Conditions on a trace's root, and on what leads to it; but for one of them."""

        def wanted(facet: Facet, value: str | None) -> str | None:
            return None if facet == without else value

        of_root, window = Filters(), Filters()
        of_root.equal(
            project=self.project,
            service=wanted("service", self.service),
            status_code=wanted("status", self.status),
        )
        of_root.lasts(self.min_duration_ms)
        if not self.runs:
            of_root.where.append("run_id = ''")
        window.within("start_time", self.start, self.end)
        if self.q is not None:
            matching = rows.select("trace_id", "spans", [*window.where, _HAS_TEXT])
            window.add(f"trace_id IN ({matching})", q=self.q)
        saying(
            window,
            session=self.session,
            user=wanted("user", self.user),
            tag=wanted("tag", self.tag),
        )
        for number, (name, asked) in enumerate(self.scores):
            judged = rows.select(
                "trace_id", "scores", ["NOT deleted", *_judged(number, asked)], final=True
            )
            window.add(f"trace_id IN ({judged})", **{f"score{number}": name})
            window.parameters |= {
                f"score_value{number}": asked.number or 0.0,
                f"score_text{number}": asked.value,
            }
        noisy = rows.select("trace_id", "trace_roots", ["is_noise"])
        if not self.noise and rows.rows(f"{noisy} LIMIT 1"):
            rest = rows.select(
                "trace_id", "trace_roots", ["NOT is_noise", f"trace_id IN ({noisy})"]
            )
            window.where.append(f"NOT (is_noise AND trace_id NOT IN ({rest}))")
        return of_root, window


def _judged(number: int, asked: Comparison) -> list[str]:
    """Conditions on scores: a number is compared with the value, a text with the label."""
    compared = (
        f"label {asked.operator} {{score_text{number}:String}}"
        if asked.number is None
        else f"value {asked.operator} {{score_value{number}:Float64}}"
    )
    return [f"name = {{score{number}:String}}", compared]


def _scores(request: Request) -> list[tuple[str, Comparison]]:
    found: list[tuple[str, Comparison]] = []
    for name, value in request.query_params.multi_items():
        if name.startswith(_SCORE_PREFIX):
            try:
                found.append((name.removeprefix(_SCORE_PREFIX), parse_comparison(value)))
            except ValueError as error:
                raise HTTPException(422, f"{name}: {error}") from None
    return found


def asked_traces(
    request: Request,
    project: str | None = None,
    service: str | None = Query(None, description="of the trace's root span"),
    start: From = None,
    end: To = None,
    session: str | None = None,
    user: str | None = None,
    tag: str | None = Query(None, description="one of the trace's tags"),
    status: Literal["unset", "ok", "error"] | None = Query(
        None, description="of the trace's root span"
    ),
    min_duration_ms: float | None = Query(None, ge=0, le=1e12),
    q: str | None = Query(
        None, min_length=1, description="text in any span's name, status message or attributes"
    ),
    score: str | None = Query(
        None,
        alias=_SCORE_PREFIX,
        include_in_schema=False,  # stands for all `score.<name>`
    ),
    noise: bool = Query(
        False, description="with traces that hold nothing but the inner workings of an agent"
    ),
    runs: bool = Query(
        True, description="with traces of training runs: their rollouts, and the runs themselves"
    ),
) -> AskedTraces:
    """What a request asks of traces. Raises HTTPException 422."""
    del score
    return AskedTraces(
        project=project, service=service, start=start, end=end, session=session, user=user,
        tag=tag, status=status, min_duration_ms=min_duration_ms, q=q, scores=_scores(request),
        noise=noise, runs=runs,
    )  # fmt: skip


Asked = Annotated[AskedTraces, Depends(asked_traces)]
