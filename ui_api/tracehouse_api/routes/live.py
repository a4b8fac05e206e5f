"""`…/live`: what is new, as Server-Sent Events. Each is under what it is about, so that whoever may
read that, with a key, a session or a link, may watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from tracehouse_api.access import House, Rows, TheHouse, principal
from tracehouse_api.asked_traces import SCORE_PARAMETER, Asked
from tracehouse_api.live.comparison import ComparisonFeed
from tracehouse_api.live.run import RunFeed
from tracehouse_api.live.runs import RunsFeed
from tracehouse_api.live.spans import SpansFeed
from tracehouse_api.live.streams import Bounds, EventStream, Feed
from tracehouse_api.live.traces import TracesFeed
from tracehouse_api.models.live import RunEvent, RunsEvent, SpansEvent, TracesEvent
from tracehouse_api.parameters import Cursor, TraceId
from tracehouse_api.routes.runs import ComparedRuns, RunId, TheRun, compared_runs
from tracehouse_api.runs.asked import AskedRuns

router = APIRouter(prefix="/v1", tags=["live"])

LastEventId = Annotated[
    str | None, Header(description="the id of the last event that came: what was missed is sent")
]
Seconds = Annotated[
    float, Query(ge=0, le=3600, description="how long it lasts at most; 0: what is new now")
]


@dataclass(frozen=True)
class Watcher:
    """Who watches, from which event on, and how long."""

    house: House
    request: Request
    after: str | None
    seconds: float

    def shown(self, feed: Feed) -> Response:
        """The events of a feed."""
        return self.house.streams.stream(
            feed, Bounds(self.seconds, lambda: principal(self.request))
        )


def _watcher(
    house: TheHouse,
    request: Request,
    cursor: Cursor = None,
    last_event_id: LastEventId = None,
    seconds: Seconds = 300,
) -> Watcher:
    return Watcher(house, request, last_event_id or cursor, seconds)


Watching = Annotated[Watcher, Depends(_watcher)]


@router.get(
    "/traces/live",
    response_class=EventStream,
    response_model=TracesEvent,
    openapi_extra=SCORE_PARAMETER,
)
def watch_traces(
    watcher: Watching,
    rows: Rows,
    asked: Asked,
) -> Response:
    """Traces that begin, grow or end, under the filters of the list. Without a cursor, from ten
    seconds ago on."""
    return watcher.shown(TracesFeed(rows, asked, watcher.after))


@router.get("/traces/{trace_id}/live", response_class=EventStream, response_model=SpansEvent)
def watch_trace(
    watcher: Watching,
    rows: Rows,
    trace_id: TraceId,
) -> Response:
    """Spans of a trace that begin, end or come again; also of one that is not there yet. The cursor
    is that of its outline; without one, from ten seconds ago on."""
    return watcher.shown(SpansFeed(rows, trace_id, watcher.after))


@router.get("/runs/live", response_class=EventStream, response_model=RunsEvent)
def watch_runs(
    watcher: Watching,
    rows: Rows,
    asked: AskedRuns,
) -> Response:
    """Runs that begin, move, end or are edited, under the filters of the list; at first those of
    the last ten minutes."""
    return watcher.shown(RunsFeed(rows, asked, watcher.after))


@router.get("/runs/{run_id}/live", response_class=EventStream, response_model=RunEvent)
def watch_run(
    watcher: Watching,
    rows: Rows,
    run_id: RunId,
    _: TheRun,
    points: Annotated[bool, Query(description="with its scalars")] = False,
    system: Annotated[bool, Query(description="with readings of its machine")] = False,
    console: Annotated[bool, Query(description="with what it prints")] = False,
) -> Response:
    """A run as it is, whenever that changes; and what it logs from now on."""
    feed = RunFeed(rows, run_id, watcher.after, points=points, system=system, console=console)
    return watcher.shown(feed)


@router.get("/compare/live", response_class=EventStream, response_model=RunEvent)
def watch_comparison(watcher: Watching, rows: Rows, runs: ComparedRuns) -> Response:
    """Several runs as they are, whenever that changes, and their scalars from now on: one stream
    for all of them."""
    return watcher.shown(ComparisonFeed(rows, compared_runs(runs), watcher.after))
