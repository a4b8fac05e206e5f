"""Cards of runs and datasets, to read and to push to the Hugging Face Hub, and the token for it.

The Hub's client and what draws the curves are loaded when something first asks for a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from tracehouse_api.access import House, Reader, Rows, TheHouse, Writer, note
from tracehouse_api.datasets.store import Datasets
from tracehouse_api.models.hub import HubToken, Pushed
from tracehouse_api.rest.door import text_of
from tracehouse_api.routes.datasets import Readable
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.routes.runs import RunId, the_run
from tracehouse_api.routes.workspaces import public_url
from tracehouse_api.runs import history
from tracehouse_api.runs.run import effective, run_json, summaries
from tracehouse_api.values import json_response
from tracehouse_collector.keys import Principal

if TYPE_CHECKING:
    from tracehouse_api.hub.card import Card
    from tracehouse_api.hub.push import Commit, Repo
    from tracehouse_api.hub.tokens import HubTokens

router = APIRouter(tags=["hub"])
writing_router = APIRouter(tags=["hub"])

_MOST_CURVES = 12
_POINTS_A_CURVE = 500
_MOST_RUNS = 50
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Asked:
    """What the body of a push says."""

    message: str
    repo: str
    create: bool


def asked(document: Document) -> Asked:
    """`{commit_message?, repo?, create?}`. Raises HTTPException 422."""
    from tracehouse_api.hub.card import is_repo

    if unknown := sorted(set(document) - {"commit_message", "repo", "create"}):
        raise HTTPException(422, f"{unknown[0]}: only commit_message, repo and create can be given")
    repo, create = text_of(document, "repo") or "", document.get("create") or False
    if repo and not is_repo(repo):
        raise HTTPException(422, f"repo: {repo} is no name of a repository, as you/my-model is")
    if not isinstance(create, bool):
        raise HTTPException(422, "create: it must be true or false")
    message = (text_of(document, "commit_message") or "").strip()
    return Asked(message, repo, create)


def the_newest_run(rows: Rows, house: TheHouse, run_id: RunId) -> dict[str, Any]:
    """The run as the API shows it, with what was sent just before. Raises HTTPException 404."""
    house.wait_until_loaded()
    row = the_run(rows, house, run_id)
    return run_json(row, summaries(rows, [run_id]).get(run_id))


Wanted = Annotated[Asked, Depends(asked)]
TheNewestRun = Annotated[dict[str, Any], Depends(the_newest_run)]


@router.get("/v1/runs/{run_id}/model_card.md", response_class=Response)
def get_model_card(house: TheHouse, request: Request, run: TheNewestRun) -> Response:
    """The run as a model card, in Markdown; a push adds its curves as pictures."""
    from tracehouse_api.hub.card import model_card

    run_url = f"{_runs_url(house, request)}/{run['id']}"
    return _markdown(model_card(run, run_url=run_url, hub_url=house.settings.hub_endpoint))


@writing_router.post("/v1/runs/{run_id}/push_model_card", response_model=Pushed)
def push_model_card(
    house: TheHouse, writer: Writer, rows: Rows, request: Request, run: TheNewestRun, wanted: Wanted
) -> Response:
    """Put the run's card into the README of its model on the Hub, with its curves beside it, in one
    commit: `{commit_message?, repo?, create?}`. What the owner wrote there stays. `repo` is the
    linked model by default; `create` makes one that is not there, private."""
    from tracehouse_api.hub.card import model_card, plotted_keys
    from tracehouse_api.hub.plots import plots
    from tracehouse_api.hub.push import Repo

    links = run["links"]
    name = wanted.repo or _linked(run, "model")
    repo = Repo.at(name, links["model_revision"] if name == links["model"] else None)
    token = _token(house, writer)
    keys = plotted_keys(history.keys_of(rows, run["id"]), _MOST_CURVES)
    query = history.HistoryQuery(run["id"], keys, "step", _POINTS_A_CURVE)
    card = model_card(
        run,
        run_url=f"{_runs_url(house, request)}/{run['id']}",
        hub_url=house.settings.hub_endpoint,
        plots=plots(history.series(rows, query) if keys else []),
    )
    pushed = _push(house, token, repo, card, wanted, f"Model card of {run['name']}")
    note(request, writer, "hub.push", **pushed)
    return json_response(pushed)


@writing_router.post("/v1/runs/{run_id}/push_dataset_card", response_model=Pushed)
def push_linked_dataset_card(
    house: TheHouse, writer: Writer, rows: Rows, request: Request, run: TheNewestRun, wanted: Wanted
) -> Response:
    """Put the runs of this project that use the linked dataset into its README on the Hub:
    `{commit_message?, repo?, create?}`."""
    from tracehouse_api.hub.dataset_card import linked_dataset_card
    from tracehouse_api.hub.push import Repo

    dataset = _linked(run, "dataset")
    token = _token(house, writer)
    statement = effective(
        ["shown_dataset = {dataset:String}", "project = {project:String}"],
        "ORDER BY start_time DESC, run_id",
        limit=f"LIMIT {_MOST_RUNS}",
    )
    found = rows.rows(statement, {"dataset": dataset, "project": run["project"]})
    card = linked_dataset_card(
        dataset,
        [run_json(row, None) for row in found],
        runs_url=_runs_url(house, request),
        hub_url=house.settings.hub_endpoint,
    )
    repo = Repo(wanted.repo or dataset, "dataset")
    pushed = _push(house, token, repo, card, wanted, f"Runs of {run['project']} on this dataset")
    note(request, writer, "hub.push", **pushed)
    return json_response(pushed)


@router.get("/v1/datasets/{name:path}/dataset_card.md", response_class=Response)
def get_dataset_card(datasets: Readable, name: str) -> Response:
    """A dataset as a card of the Hub, in Markdown."""
    return _markdown(_dataset_card(datasets, name))


@writing_router.post("/v1/datasets/{name:path}/push_dataset_card", response_model=Pushed)
def push_dataset_card(
    house: TheHouse,
    writer: Writer,
    request: Request,
    datasets: Readable,
    name: str,
    wanted: Wanted,
) -> Response:
    """Put a dataset's card into the README of a dataset on the Hub: `{repo, commit_message?,
    create?}`. The items are not pushed."""
    from tracehouse_api.hub.push import Repo

    card = _dataset_card(datasets, name)
    if not wanted.repo:
        raise HTTPException(422, "repo: give the dataset's repository on the Hub, as you/my-data")
    token = _token(house, writer)
    repo = Repo(wanted.repo, "dataset")
    pushed = _push(house, token, repo, card, wanted, f"Dataset card of {name}")
    note(request, writer, "hub.push", **pushed)
    return json_response(pushed)


@router.get("/v1/profile/hub_token", response_model=HubToken)
def get_hub_token(house: TheHouse, reader: Reader) -> Response:
    """Whether a token of the Hub is saved; never the token."""
    return json_response(_tokens(house, reader).shown())


@writing_router.put("/v1/profile/hub_token", response_model=HubToken)
def put_hub_token(
    house: TheHouse, writer: Writer, request: Request, document: Document
) -> Response:
    """Save a token of the Hub with write access: `{token}`. The Hub is asked what it may do; it is
    kept encrypted and never shown."""
    saved = _tokens(house, writer).put(document.get("token"), house.settings.hub_endpoint)
    note(request, writer, "hub_token.save", account=saved["account"], name=saved["name"])
    return json_response(saved)


@writing_router.delete("/v1/profile/hub_token", status_code=204)
def delete_hub_token(house: TheHouse, writer: Writer, request: Request) -> Response:
    """Forget the token. To end it altogether, delete it on the Hub, too."""
    if not _tokens(house, writer).delete():
        raise HTTPException(404, "no token of the Hub is saved")
    note(request, writer, "hub_token.delete")
    return Response(status_code=204)


def _tokens(house: House, principal: Principal) -> HubTokens:
    from tracehouse_api.hub.tokens import HubTokens

    return HubTokens(house.meta, principal)


def _token(house: House, principal: Principal) -> str:
    return _tokens(house, principal).get()


def _push(house: House, token: str, repo: Repo, card: Card, wanted: Asked, message: str) -> Commit:
    from tracehouse_api.hub.push import push

    said = (wanted.message or message)[:_LONGEST_MESSAGE]
    return push(house.settings.hub_endpoint, token, repo, card, said, create=wanted.create)


def _linked(run: Mapping[str, Any], what: Literal["model", "dataset"]) -> str:
    """The linked repository. Raises HTTPException 422."""
    from tracehouse_api.hub.card import is_repo

    name = run["links"][what]
    if name and is_repo(name):
        return name
    said = f"{name} is no repository on the Hub" if name else f"the run is linked to no {what}"
    raise HTTPException(422, f'{said}: call run.link_{what}("you/name") first')


def _dataset_card(datasets: Datasets, name: str) -> Card:
    from tracehouse_api.hub.dataset_card import dataset_card

    with refusing():
        return dataset_card(datasets.get(name), datasets.items(name, limit=1)[1])


def _runs_url(house: House, request: Request) -> str:
    return f"{public_url(house, request)}/runs"


def _markdown(card: Card) -> Response:
    from tracehouse_api.hub.readme import readme

    return Response(readme(card, None), media_type="text/markdown; charset=utf-8")
