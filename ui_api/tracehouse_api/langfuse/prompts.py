"""Langfuse's doors to prompts: the same prompts in Langfuse's words."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Response

from tracehouse_api.prompts.store import Prompt
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.routes.prompts import Readable, Writable, delete_prompt
from tracehouse_api.values import json_response

reading_router = APIRouter(prefix="/api/public/v2/prompts", tags=["langfuse"])
writing_router = APIRouter(prefix="/api/public/v2/prompts", tags=["langfuse"])


def _json(prompt: Prompt) -> dict[str, Any]:
    return {
        "type": prompt.type,
        "name": prompt.name,
        "version": prompt.version,
        "prompt": prompt.prompt,
        "config": prompt.config,
        "labels": list(prompt.labels),
        "tags": list(prompt.tags),
        "commitMessage": prompt.commit_message,
    }


@reading_router.get("")
def list_prompts(
    prompts: Readable,
    name: str | None = None,
    label: str | None = None,
    tag: str | None = None,
    page: int = Query(1, ge=1, le=100_000),
    limit: int = Query(50, ge=1, le=100),
) -> Response:
    """Prompts by name."""
    found, total = prompts.list(
        name=name, label=label, tag=tag, offset=(page - 1) * limit, limit=limit
    )
    return json_response(
        {
            "data": [
                {
                    "name": item["name"],
                    "type": item["type"],
                    "versions": item["versions"],
                    "labels": item["labels"],
                    "tags": item["tags"],
                    "lastUpdatedAt": item["updated_at"],
                    "lastConfig": item["config"],
                }
                for item in found
            ],
            "meta": {
                "page": page,
                "limit": limit,
                "totalItems": total,
                "totalPages": -(-total // limit),
            },
        }
    )


@reading_router.get("/{name:path}")
def get_prompt(
    prompts: Readable,
    name: str,
    version: int | None = None,
    label: str | None = None,
    resolve: bool = True,
) -> Response:
    """A version, by number or label, else the one in production."""
    with refusing():
        return json_response(
            _json(prompts.get(name, version=version, label=label, resolve=resolve))
        )


@writing_router.post("", status_code=201)
def create_prompt(prompts: Writable, document: Document) -> Response:
    """Add a version."""
    with refusing(400):
        given = document | {"commit_message": document.get("commitMessage")}
        return json_response(_json(prompts.create(given)), 201)


@writing_router.patch("/{name:path}/versions/{version}")
def label_prompt(prompts: Writable, name: str, version: int, document: Document) -> Response:
    """Put labels on a version, beside those that it has."""
    labels = [str(label) for label in document.get("newLabels") or [] if label != "latest"]
    with refusing(400):
        return json_response(_json(prompts.change_labels(name, version, put=labels, take_off=())))


# What is deleted is said in the same words on both sides.
writing_router.delete("/{name:path}", status_code=204)(delete_prompt)
