"""`tracehouse export` and `tracehouse import`: a project as a folder of Parquet files.

In the folder: `manifest.json`, written last, `<table>.parquet`, and `files/<sha256>`. The manifest
is what the server says of the export, and `sha256`: the hash of each Parquet file.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from tracehouse.api_client import ApiClient
from tracehouse.errors import ClaudeMonitorError
from tracehouse.settings import resolve_destination
from tracehouse_agent.file_transfer import FileTransfer

_MANIFEST = "manifest.json"
_FORMAT = 1
_HASH = re.compile(r"[0-9a-f]{64}")
_TABLE = re.compile(r"[a-z_]{1,40}")


@click.command("export")
@click.argument("project")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path), help="A new folder."
)
def export_project(project: str, folder: Path) -> None:
    """Save all of PROJECT, as Parquet files and the files that its runs logged."""
    try:
        folder.mkdir(parents=True)
        (folder / "files").mkdir()
        count = _save(project, folder)
    except FileExistsError:
        raise click.ClickException(f"{folder} is there already: name a new folder") from None
    except ClaudeMonitorError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror}") from None
    click.echo(f"{folder}: {count:,} rows")


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--project", help="Another name for it.")
def import_project(folder: Path, project: str | None) -> None:
    """Bring the project in FOLDER into the workspace of your API key. Twice is as good as once."""
    try:
        manifest = _checked(folder)
        name = project or str(manifest["project"])
        _send(folder, manifest, name)
    except ClaudeMonitorError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror}") from None
    click.echo(f"{sum(manifest['tables'].values()):,} rows are in project {name}")


def _save(project: str, folder: Path) -> int:
    destination = resolve_destination()
    base = f"/v1/projects/{quote(project)}/export"
    found = ApiClient(destination).get(base)
    server = FileTransfer(destination)
    sums = {
        table: server.download(f"{base}/{table}.parquet", folder / f"{table}.parquet")
        for table, rows in found["tables"].items()
        if rows
    }
    for sha256 in found["files"]:
        if server.download(f"{base}/files/{sha256}", folder / "files" / sha256) != sha256:
            raise click.ClickException(f"the file {sha256} came damaged: export again")
    (folder / _MANIFEST).write_text(json.dumps(found | {"sha256": sums}, indent=1))
    return sum(found["tables"].values())


def _send(folder: Path, manifest: dict[str, Any], project: str) -> None:
    server = FileTransfer(resolve_destination())
    for sha256 in manifest["files"]:
        server.upload("PUT", f"/v1/blobs/{sha256}", folder / "files" / sha256)
    for table in manifest["sha256"]:
        server.upload(
            "POST", f"/v1/import/{table}", folder / f"{table}.parquet", {"project": project}
        )


def _checked(folder: Path) -> dict[str, Any]:
    """The manifest, when everything that it names is there as it was saved. Names are checked
    before they become paths. Raises ClickException."""
    try:
        manifest: Any = json.loads((folder / _MANIFEST).read_bytes())
        sums, files = dict(manifest["sha256"]), list(manifest["files"])
        is_ours = manifest["format"] == _FORMAT and isinstance(manifest["project"], str)
        sum(manifest["tables"].values())
    except FileNotFoundError:
        raise click.ClickException(
            f"{folder} holds no finished export: {_MANIFEST} is missing"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise click.ClickException(f"{folder / _MANIFEST} is damaged") from None
    if not is_ours:
        raise click.ClickException(f"{folder} was exported by another version: import it with that")
    named = [_HASH.fullmatch(str(one)) for one in files]
    if not all((*named, *(_TABLE.fullmatch(str(table)) for table in sums))):
        raise click.ClickException(f"{folder / _MANIFEST} names a file that no export has")
    expected = {folder / f"{table}.parquet": sha256 for table, sha256 in sums.items()}
    expected |= {folder / "files" / sha256: sha256 for sha256 in files}
    for path, sha256 in expected.items():
        if not path.is_file() or path.is_symlink():
            raise click.ClickException(f"{path} is missing")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise click.ClickException(f"{path} is damaged: it is not what was exported")
    return manifest
