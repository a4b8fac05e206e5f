"""A card put into a repository of the Hub, in one commit."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Literal, TypedDict

from fastapi import HTTPException
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from tracehouse_api.hub.card import Card
from tracehouse_api.hub.client import api, asking
from tracehouse_api.hub.readme import BadReadme, pictures_in, readme

_README = "README.md"
_LARGEST_README = 4 << 20
_COMMIT_ID = re.compile(r"[0-9a-f]{40}")
_CHANGED_MEANWHILE = (409, 412)


class Commit(TypedDict):
    """A commit of a card; the latest one where it was there already."""

    commit_url: str
    commit_oid: str
    repo: str


@dataclass(frozen=True)
class Repo:
    """A repository, and the branch of it that is meant; None for its main one."""

    name: str
    kind: Literal["model", "dataset"] = "model"
    branch: str | None = None

    @classmethod
    def at(cls, name: str, revision: str | None) -> Repo:
        """A model's repository. A revision that is a commit cannot be added to: main is meant."""
        is_commit = revision is not None and _COMMIT_ID.fullmatch(revision) is not None
        return cls(name, branch=None if is_commit else revision)


def push(
    endpoint: str, token: str, repo: Repo, card: Card, message: str, *, create: bool
) -> Commit:
    """Put a card into a README, and its pictures beside it; `create` makes a repository that is not
    there, a private one. The same card again makes no commit. Raises HTTPException."""
    with asking(endpoint, repo=repo.name, kind=repo.kind):
        hub = api(endpoint, token)
        if create:
            hub.create_repo(repo.name, repo_type=repo.kind, private=True, exist_ok=True)
        try:
            return _commit(hub, repo, card, message)
        except HfHubHTTPError as error:
            if error.response.status_code not in _CHANGED_MEANWHILE:
                raise
        return _commit(hub, repo, card, message)


def _commit(hub: HfApi, repo: Repo, card: Card, message: str) -> Commit:
    ask = hub.dataset_info if repo.kind == "dataset" else hub.model_info
    head = ask(repo.name, revision=repo.branch)
    files = {file.rfilename for file in head.siblings or ()}
    existing = _read(hub, repo, head.sha) if _README in files else None
    try:
        content = readme(card, existing)
    except BadReadme as error:
        raise HTTPException(409, f"{repo.name}: {error}") from None
    gone = (pictures_in(existing) & files) - set(card.pictures)
    done = hub.create_commit(
        repo.name,
        [
            CommitOperationAdd(_README, content.encode()),
            # As a file and not as bytes: then it goes by HTTP, in the time that there is.
            *(CommitOperationAdd(path, io.BytesIO(png)) for path, png in card.pictures.items()),
            *(CommitOperationDelete(path) for path in sorted(gone)),
        ],
        commit_message=message,
        repo_type=repo.kind,
        revision=repo.branch,
        parent_commit=head.sha,
    )
    return {"commit_url": done.commit_url, "commit_oid": done.oid, "repo": repo.name}


def _read(hub: HfApi, repo: Repo, commit: str | None) -> str:
    url = hf_hub_url(
        repo.name, _README, repo_type=repo.kind, revision=commit, endpoint=hub.endpoint
    )
    content = bytearray()
    with get_session().stream("GET", url, headers=build_hf_headers(token=hub.token)) as answer:
        if answer.status_code >= 400:
            answer.read()
            hf_raise_for_status(answer)
        for part in answer.iter_bytes():
            content += part
            if len(content) > _LARGEST_README:
                raise HTTPException(
                    409, f"{repo.name}: its README is larger than {_LARGEST_README >> 20} MiB"
                )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise HTTPException(409, f"{repo.name}: its README is not UTF-8, mend it there") from None
