"""Which runs are asked for: the filters of the list and of what is new in it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query, Request

from tracehouse_api.filters import Filters
from tracehouse_api.parameters import From, To
from tracehouse_api.runs import listing


def asked_runs(
    request: Request,
    project: str | None = None,
    status: Literal["running", "finished", "failed", "crashed", "killed"] | None = None,
    tag: str | None = None,
    group: str | None = None,
    sweep: str | None = None,
    subject: str | None = None,
    experiment: str | None = None,
    variant: str | None = None,
    name: str | None = Query(None, description="text in the name"),
    start: From = None,
    end: To = None,
    config: str | None = Query(
        None,
        alias=listing.CONFIG_PREFIX,
        description="`config.<key>=<value>`; the value may begin with >, >=, <, <= or !=",
    ),
    summary: str | None = Query(
        None,
        alias=listing.SUMMARY_PREFIX,
        description="`summary.<key>=<value>`, compared in the same way",
    ),
) -> Filters:
    """What a request asks of runs. Raises HTTPException 422."""
    del config, summary  # any key: they are read from the request
    filters = Filters()
    filters.equal(
        project=project,
        run_group=group,
        sweep_id=sweep,
        subject_id=subject,
        experiment=experiment,
        variant=variant,
        shown_status=status,
    )
    filters.add("positionCaseInsensitiveUTF8(shown_name, {name:String}) > 0", name=name)
    filters.add(listing.HAS_TAG, tag=tag)
    filters.within("start_time", start, end)
    values = [
        (key, value)
        for key, value in request.query_params.multi_items()
        if key.startswith((listing.CONFIG_PREFIX, listing.SUMMARY_PREFIX))
    ]
    try:
        for place, (key, value) in enumerate(values):
            listing.add_value_filter(filters, key, value, place)
    except ValueError as error:
        raise HTTPException(422, f"{error}") from None
    return filters


AskedRuns = Annotated[Filters, Depends(asked_runs)]
