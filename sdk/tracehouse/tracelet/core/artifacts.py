"""Artifacts: files, objects, models and references under a name."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Self

from tracehouse.tracelet.core.models import ModelInfo, framework_of
from tracehouse.tracelet.exceptions import ConfigurationError
from tracehouse.values import jsonable, to_json


class ArtifactType(Enum):
    """What an artifact is."""

    MODEL = "model"
    CHECKPOINT = "checkpoint"
    WEIGHTS = "weights"
    DATASET = "dataset"
    SAMPLE = "sample"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    VISUALIZATION = "viz"
    REPORT = "report"
    CONFIG = "config"
    CODE = "code"
    CUSTOM = "custom"


_BY_SUFFIX = {
    suffix: kind
    for kind, suffixes in {
        ArtifactType.MODEL: "pt pth ckpt onnx safetensors h5 keras pkl joblib",
        ArtifactType.IMAGE: "png jpg jpeg gif bmp webp svg tif tiff",
        ArtifactType.AUDIO: "wav mp3 flac ogg m4a",
        ArtifactType.VIDEO: "mp4 webm mov avi mkv",
        ArtifactType.CONFIG: "yaml yml json toml ini cfg",
        ArtifactType.REPORT: "html htm pdf ipynb md",
        ArtifactType.DATASET: "csv tsv parquet arrow jsonl npz npy feather",
        ArtifactType.CODE: "py",
    }.items()
    for suffix in suffixes.split()
}
_WITH_MODEL = (ArtifactType.MODEL, ArtifactType.CHECKPOINT, ArtifactType.WEIGHTS)
_SERIALIZERS = ("json", "pickle", "yaml")


def type_of_file(path: str | Path) -> ArtifactType:
    """What a file is, by its name."""
    name = Path(path).name.lower()
    kind = _BY_SUFFIX.get(Path(name).suffix.removeprefix("."), ArtifactType.CUSTOM)
    if kind is ArtifactType.MODEL and ("checkpoint" in name or name.endswith(".ckpt")):
        return ArtifactType.CHECKPOINT
    return kind


class ArtifactFile:
    """A file of an artifact. A backend's is fetched when `local_path` is first read."""

    def __init__(
        self,
        local_path: str | None,
        artifact_path: str,
        description: str | None = None,
        size_bytes: int = 0,
        checksum: str | None = None,
        fetch: Callable[[Path], None] | None = None,
    ) -> None:
        self.artifact_path = artifact_path
        self.description = description
        self.size_bytes = size_bytes
        self.checksum = checksum
        """SHA-256 in hexadecimal digits."""
        self._local = local_path
        self._fetch = fetch
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def local_path(self) -> str:
        """Where it is on this machine. Raises what its backend raises when it cannot be had."""
        if self._local is None and self._fetch is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="artifact-")
            target = _inside(Path(self._folder.name), self.artifact_path)
            self._fetch(target)
            self._local = str(target)
        return self._local or ""


@dataclass
class ArtifactObject:
    """An object that is written to a file when its artifact is logged."""

    obj: Any
    name: str
    serializer: str = "json"
    description: str | None = None


@dataclass
class ArtifactReference:
    """The address of something that lies elsewhere."""

    uri: str
    size_bytes: int | None = None
    description: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class ArtifactResult:
    """What became of an artifact in a backend."""

    version: str
    uri: str
    size_bytes: int
    backend: str
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


class TraceletArtifact:
    """Files, objects, references and a model under a name; every `add_` returns the artifact.

    Files are read when the artifact is logged. Raises ValueError for a name with `/` or `:`.
    """

    def __init__(
        self,
        name: str,
        artifact_type: ArtifactType,
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if not name or "/" in name or ":" in name:
            raise ValueError(
                f"an artifact's name is not empty and holds no / and no :, not {name!r}"
            )
        self.name = name
        self.type = ArtifactType(artifact_type)
        self.description = description or ""
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.version: str | None = None
        self.created_at = datetime.now(UTC)
        self.files: list[ArtifactFile] = []
        self.objects: list[ArtifactObject] = []
        self.references: list[ArtifactReference] = []

    @property
    def size_bytes(self) -> int:
        """Bytes of all files and references; objects have none before they are written."""
        return sum(file.size_bytes for file in self.files) + sum(
            reference.size_bytes or 0 for reference in self.references
        )

    def add_file(
        self,
        local_path: str | Path,
        artifact_path: str | None = None,
        description: str | None = None,
    ) -> Self:
        """Add a file, or a folder with all that is in it. Raises FileNotFoundError."""
        path = Path(local_path)
        if path.is_dir():
            for each in sorted(path.rglob("*")):
                if each.is_file():
                    inside = f"{artifact_path or path.name}/{each.relative_to(path).as_posix()}"
                    self.add_file(each, inside, description)
            return self
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {local_path}")
        with path.open("rb") as content:
            checksum = hashlib.file_digest(content, "sha256").hexdigest()
        self.files.append(
            ArtifactFile(
                str(local_path),
                artifact_path or path.name,
                description,
                path.stat().st_size,
                checksum,
            )
        )
        return self

    def add_object(
        self, obj: Any, name: str, serializer: str = "json", description: str | None = None
    ) -> Self:
        """Add an object as a file `<name>.<serializer>`: json, pickle or yaml. Raises ValueError
        for another serializer."""
        if serializer not in _SERIALIZERS:
            raise ValueError(f"serializer is {serializer!r}: choose json, pickle or yaml")
        self.objects.append(ArtifactObject(obj, name, serializer, description))
        return self

    def add_reference(
        self,
        uri: str,
        size_bytes: int | None = None,
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Self:
        """Add the address of something that lies elsewhere; it is not fetched."""
        self.references.append(ArtifactReference(uri, size_bytes, description, metadata or {}))
        return self

    def add_model(
        self,
        model: Any,
        framework: str | None = None,
        input_example: Any = None,
        description: str | None = None,
    ) -> Self:
        """Add a model, written as its framework does: a state_dict for torch, JSON for xgboost, a
        pickle for scikit-learn and what is unknown. Raises ValueError unless the artifact is a
        MODEL, CHECKPOINT or WEIGHTS."""
        if self.type not in _WITH_MODEL:
            raise ValueError("add_model() only valid for MODEL, CHECKPOINT or WEIGHTS artifacts")
        self.metadata["model_info"] = ModelInfo(
            model, framework or framework_of(model), input_example, description
        )
        return self

    def serialize_object(self, obj: ArtifactObject, temp_dir: str) -> str:
        """Write an object to a file in a folder; its path. Raises ConfigurationError where YAML is
        asked for and PyYAML is not installed."""
        path = _inside(Path(temp_dir), f"{obj.name}.{obj.serializer}")
        if obj.serializer == "pickle":
            path.write_bytes(pickle.dumps(obj.obj))
        elif obj.serializer == "yaml":
            path.write_text(_yaml(obj.obj), encoding="utf-8")
        else:
            path.write_text(to_json(obj.obj), encoding="utf-8")
        return str(path)

    def materialize(self, folder: str) -> Generator[tuple[str, Path]]:
        """All of it as files: (path in the artifact, path on this machine). Objects and the model
        are written to `folder`."""
        for file in self.files:
            yield file.artifact_path, Path(file.local_path)
        for number, obj in enumerate(self.objects):
            written = self.serialize_object(obj, f"{folder}/{number}")
            yield f"{obj.name}.{obj.serializer}", Path(written)
        if (info := self.model_info) is not None:
            yield from info.write(Path(folder))

    @property
    def model_info(self) -> ModelInfo | None:
        """The model that was added."""
        found = self.metadata.get("model_info")
        return found if isinstance(found, ModelInfo) else None

    def download(self, root: str | Path | None = None) -> str:
        """Bring all files to a folder; the folder."""
        folder = Path(root or tempfile.mkdtemp(prefix=f"{Path(self.name).name}-"))
        for file in self.files:
            shutil.copyfile(file.local_path, _inside(folder, file.artifact_path))
        return str(folder)

    def described_metadata(self) -> dict[str, Any]:
        """The metadata as JSON values: of the model, what it is."""
        info = self.model_info
        described = {k: v for k, v in self.metadata.items() if v is not info}
        if info is not None:
            described["model_info"] = info.describe()
        return jsonable(described)

    def to_dict(self) -> dict[str, Any]:
        """All of it but the contents, as JSON values."""
        return {
            "name": self.name,
            "type": self.type.value,
            "description": self.description,
            "version": self.version,
            "metadata": self.described_metadata(),
            "size_bytes": self.size_bytes,
            "created_at": self.created_at.isoformat(),
            "files": [
                {
                    "artifact_path": f.artifact_path,
                    "description": f.description,
                    "size_bytes": f.size_bytes,
                    "checksum": f.checksum,
                }
                for f in self.files
            ],
            "references": [
                {
                    "uri": r.uri,
                    "size_bytes": r.size_bytes,
                    "description": r.description,
                    "metadata": jsonable(r.metadata),
                }
                for r in self.references
            ],
            "objects": [
                {"name": o.name, "serializer": o.serializer, "description": o.description}
                for o in self.objects
            ],
        }


def _inside(folder: Path, path: str) -> Path:
    """A path below a folder, whose parents are made. Raises ValueError when it leads out of it."""
    target = (folder / path).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ValueError(f"{path!r} leads out of its artifact")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _yaml(value: Any) -> str:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError("YAML needs PyYAML: pip install pyyaml") from None
    return yaml.safe_dump(jsonable(value), sort_keys=False)
