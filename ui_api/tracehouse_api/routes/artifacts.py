"""`/v1/artifacts`: artifacts by name, over all runs of a project, with versions and lineage."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tracehouse_api.access import Reader, Rows, TheHouse
from tracehouse_api.downloads import send_entry
from tracehouse_api.models.runs import ArtifactNames, ArtifactVersions
from tracehouse_api.runs.run import as_object
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, json_response, text

router = APIRouter(prefix="/v1/artifacts", tags=["artifacts"])


@router.get("", response_model=ArtifactNames)
def list_artifacts(rows: Rows, project: str = "default", type: str | None = None) -> Response:
    """The artifacts of a project, by name, each with its newest version."""
    names = rows.select(
        "DISTINCT key", "run_records", ["kind = 'artifact'", "project = {project:String}"],
        "ORDER BY key",
    )  # fmt: skip
    found = [
        {"name": name, "type": versions[-1]["type"], "latest": versions[-1]["version"]}
        for row in rows.rows(names, {"project": project})
        if (versions := versions_of(rows, project, name := text(row["key"])))
    ]
    return json_response({"artifacts": [a for a in found if type in (None, a["type"])]})


@router.get("/{name}", response_model=ArtifactVersions)
def get_artifact(rows: Rows, house: TheHouse, name: str, project: str = "default") -> Response:
    """The versions of an artifact, oldest first; what was just logged is waited for."""
    house.wait_until_loaded()
    versions = versions_of(rows, project, name)
    if not versions:
        raise HTTPException(404, f"there is no artifact {name} in project {project}")
    return json_response({"name": name, "project": project, "versions": versions})


@router.get("/{name}/files/{path:path}", response_class=Response)
def get_file(
    rows: Rows,
    house: TheHouse,
    reader: Reader,
    request: Request,
    name: str,
    path: str,
    project: str = "default",
    version: str = Query("latest", description="v0, v1 … or an alias"),
) -> Response:
    """A file of a version."""
    chosen = next(
        (
            found
            for found in versions_of(rows, project, name)
            if version == found["version"] or version in found["aliases"]
        ),
        None,
    )
    return send_entry(
        house.blobs,
        reader.workspace,
        chosen["files"] if chosen else [],
        path,
        owner=f"{name}:{version} of {project}",
        range_header=request.headers.get("range"),
    )


def versions_of(rows: Store, project: str, name: str) -> list[dict[str, Any]]:
    """v0, v1 …: each content that was logged, in the order of its first time. An alias belongs to
    the version that was logged with it last."""
    found = rows.rows(
        rows.select(
            "run_id, toUnixTimestamp64Nano(time) AS time_ns, body",
            "run_records",
            ["kind = 'artifact'", "project = {project:String}", "key = {name:String}"],
            "ORDER BY time_ns",
            final=True,
        ),
        {"project": project, "name": name},
    )
    versions: dict[str, dict[str, Any]] = {}
    holders: dict[str, str] = {}
    for row in found:
        body = as_object(row["body"])
        digest, run = str(body.get("digest", "")), text(row["run_id"])
        used = body.get("action") == "used"
        if digest not in versions:
            if used:
                continue
            versions[digest] = {
                "version": f"v{len(versions)}",
                "digest": digest,
                "type": str(body.get("kind", "")),
                "time": iso_time(row["time_ns"]),
                "description": body.get("description"),
                "metadata": body.get("metadata") or {},
                "files": body.get("files") or [],
                "logged_by": [],
                "used_by": [],
            }
        runs: list[str] = versions[digest]["used_by" if used else "logged_by"]
        if run not in runs:
            runs.append(run)
        for alias in body.get("aliases") or (() if used else ("latest",)):
            holders[str(alias)] = digest
    for digest, version in versions.items():
        version["aliases"] = sorted(alias for alias, held in holders.items() if held == digest)
    return list(versions.values())
