"""`GET /api/public/prompts`, as AgentTrace's SDK asks for a prompt."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.meta.database import Unknown
from tracehouse_api.models.agents import AgentTracePrompt
from tracehouse_api.prompts.store import LATEST, PRODUCTION, Prompt, Prompts
from tracehouse_api.routes.documents import refusing
from tracehouse_api.routes.prompts import Readable
from tracehouse_api.values import json_response

router = APIRouter(prefix="/api/public/prompts", tags=["agenttrace"])


@router.get("", response_model=AgentTracePrompt)
def get_prompt(
    prompts: Readable,
    name: str,
    version: int | None = Query(None, ge=1),
    label: str | None = Query(None, description="production, else latest, by default"),
) -> Response:
    """A version of a prompt, by number or label."""
    if version is not None and label is not None:
        raise HTTPException(422, "give a version or a label, not both")
    with refusing():
        found = _find(prompts, name, version, label)
    return json_response(
        {
            "id": f"{found.name}:{found.version}",
            "name": found.name,
            "version": found.version,
            "prompt": _as_text(found),
            "config": found.config,
            "labels": list(found.labels),
            "createdAt": found.created_at,
        }
    )


def _find(prompts: Prompts, name: str, version: int | None, label: str | None) -> Prompt:
    if version is None and label is None:
        with suppress(Unknown):
            return prompts.get(name, label=PRODUCTION)
        label = LATEST
    return prompts.get(name, version=version, label=label)


def _as_text(prompt: Prompt) -> str:
    """A text as it is; a chat in the lines that its SDK takes for one."""
    if isinstance(prompt.prompt, str):
        return prompt.prompt
    said = (m for m in prompt.prompt if m.get("type") != "placeholder")
    return "\n".join(f"{message['role']}: {message.get('content', '')}" for message in said)
