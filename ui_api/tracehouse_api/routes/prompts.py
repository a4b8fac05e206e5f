"""`/v1/prompts`: versions of prompts, their labels, and what changed between two."""

from __future__ import annotations

import difflib
import json
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from tracehouse_api.access import TheHouse, principal, writer
from tracehouse_api.models.agents import PromptList, PromptVersion
from tracehouse_api.prompts.store import Prompt, Prompts
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response
from tracehouse_collector.keys import Principal

router = APIRouter(prefix="/v1/prompts", tags=["prompts"])
writing_router = APIRouter(prefix="/v1/prompts", tags=["prompts"])


def readable(house: TheHouse, reader: Annotated[Principal, Depends(principal)]) -> Prompts:
    return Prompts(house.meta, reader.workspace)


def writable(house: TheHouse, holder: Annotated[Principal, Depends(writer)]) -> Prompts:
    return Prompts(house.meta, holder.workspace)


Readable = Annotated[Prompts, Depends(readable)]
Writable = Annotated[Prompts, Depends(writable)]


def prompt_json(prompt: Prompt) -> dict[str, Any]:
    """A version of a prompt, whole."""
    return vars(prompt) | {"labels": list(prompt.labels), "tags": list(prompt.tags)}


@router.get("", response_model=PromptList)
def list_prompts(
    prompts: Readable,
    name: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    page: int = Query(1, ge=1, le=100_000),
    limit: int = Query(50, ge=1, le=500),
) -> Response:
    """Prompts by name, the last changed first."""
    found, total = prompts.list(
        name=name, label=label, tag=tag, offset=(page - 1) * limit, limit=limit
    )
    return json_response({"prompts": found, "total": total})


@router.get("/diff/{name:path}")
def diff(
    prompts: Readable,
    name: str,
    before: int = Query(ge=1, description="a version"),
    after: int = Query(ge=1, description="a version"),
) -> Response:
    """What changed from one version to another, as a unified diff of the prompt and its config."""
    with refusing():
        old = prompts.get(name, version=before, resolve=False)
        new = prompts.get(name, version=after, resolve=False)
    lines = difflib.unified_diff(
        _lines(old), _lines(new), f"{name} {before}", f"{name} {after}", lineterm=""
    )
    return json_response({"diff": "\n".join(lines)})


@router.get("/{name:path}", response_model=PromptVersion)
def get_prompt(
    prompts: Readable,
    name: str,
    version: int | None = Query(None, ge=1),
    label: str | None = Query(None, description="production when neither is given"),
    resolve: bool = Query(True, description="prompts named inside it take their place"),
) -> Response:
    """A version of a prompt."""
    with refusing():
        return json_response(
            prompt_json(prompts.get(name, version=version, label=label, resolve=resolve))
        )


@writing_router.post("", status_code=201, response_model=PromptVersion)
def create_prompt(prompts: Writable, document: Document) -> Response:
    """Add a version."""
    with refusing():
        return json_response(prompt_json(prompts.create(document)), 201)


@writing_router.patch("/{name:path}", response_model=PromptVersion)
def label_prompt(prompts: Writable, name: str, document: Document) -> Response:
    """Put labels on a version, and so take them off the others, or take some off it:
    `{version, labels?, take_off?}`."""
    version = document.get("version")
    put, take_off = document.get("labels", []), document.get("take_off", [])
    if not isinstance(version, int) or not _are_texts(put) or not _are_texts(take_off):
        raise HTTPException(
            422, "give a version (a number), and labels to put on it or to take_off (lists)"
        )
    if not put and not take_off:
        raise HTTPException(422, "give labels to put on the version, or to take_off it")
    with refusing():
        return json_response(
            prompt_json(prompts.change_labels(name, version, put=put, take_off=take_off))
        )


@writing_router.delete("/{name:path}", status_code=204)
def delete_prompt(
    prompts: Writable, name: str, version: int | None = None, label: str | None = None
) -> Response:
    """Remove a version, the one with a label, or all of a name."""
    with refusing():
        prompts.delete(name, version=version, label=label)
    return Response(status_code=204)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[Any]", value))


def _lines(prompt: Prompt) -> list[str]:
    body = prompt.prompt
    shown = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
    config = json.dumps(prompt.config, indent=2, ensure_ascii=False)
    return [*shown.splitlines(), *(["", "config:", *config.splitlines()] if prompt.config else [])]
