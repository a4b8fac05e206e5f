"""Values and artifacts for backends that keep files."""

from __future__ import annotations

import mimetypes
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracehouse.media import Histogram, Media, Table
from tracehouse.tracelet.core.artifacts import ArtifactFile, ArtifactType, TraceletArtifact
from tracehouse.values import as_scalar, to_json

_SUFFIXES = {"image/jpeg": ".jpg", "audio/wav": ".wav", "video/webm": ".webm"}


def media_suffix(media: Media) -> str:
    """The end of a file's name, with its dot."""
    return _SUFFIXES.get(media.mime) or mimetypes.guess_extension(media.mime) or ".bin"


@contextmanager
def as_file(name: str, iteration: int | None, value: Any) -> Generator[Path]:
    """A value that is no number as a file: media as they are, texts as text, the rest as JSON."""
    stem = name.replace("/", "_") + ("" if iteration is None else f"_{iteration}")
    with tempfile.TemporaryDirectory(prefix="value-") as folder:
        if isinstance(value, Media):
            path = Path(folder) / (stem + media_suffix(value))
            path.write_bytes(value.content)
        elif isinstance(value, str):
            path = Path(folder) / f"{stem}.txt"
            path.write_text(value, encoding="utf-8")
        else:
            path = Path(folder) / f"{stem}.json"
            shown = value.jsonable() if isinstance(value, (Histogram, Table)) else value
            path.write_text(to_json(shown), encoding="utf-8")
        yield path


def number(value: Any) -> float | None:
    """A number as a float; None for what is none."""
    found = as_scalar(value)
    return None if found is None else float(found)


def manifest_of(artifact: TraceletArtifact, files: list[dict[str, Any]]) -> dict[str, Any]:
    """What a backend remembers of an artifact that it keeps as `files` (path, size)."""
    return artifact.to_dict() | {"files": files, "objects": []}


def from_manifest(
    manifest: Mapping[str, Any], version: str, file: Callable[[dict[str, Any]], ArtifactFile]
) -> TraceletArtifact:
    """An artifact as it was remembered; `file` makes those of its files that can be fetched."""
    artifact = TraceletArtifact(
        manifest["name"],
        ArtifactType(manifest["type"]),
        manifest["description"],
        dict(manifest["metadata"]),
    )
    artifact.version = version
    artifact.files = [file(dict(each)) for each in manifest["files"]]
    for each in manifest["references"]:
        artifact.add_reference(**each)
    return artifact
