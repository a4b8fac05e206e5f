"""`/v1/rollouts`: attempts of datapoints, over all runs, and what those of a step were worth."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from tracehouse_api.access import Rows
from tracehouse_api.filters import Filters
from tracehouse_api.models.rollouts import RolloutPage, RolloutSteps
from tracehouse_api.parameters import Cursor, Limit
from tracehouse_api.rollouts.asked import asked
from tracehouse_api.rollouts.listing import page
from tracehouse_api.rollouts.steps import steps_page
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"])


Asked = Annotated[Filters, Depends(asked)]


@router.get("", response_model=RolloutPage)
def list_rollouts(
    rows: Rows, filters: Asked, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Rollouts, by run, step and trace."""
    return json_response(page(rows, filters, limit, cursor))


@router.get("/steps", response_model=RolloutSteps)
def list_rollout_steps(
    rows: Rows, filters: Asked, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The steps of the rollouts that are asked for, how these ended, and what they were worth."""
    return json_response(steps_page(rows, filters, limit, cursor))
