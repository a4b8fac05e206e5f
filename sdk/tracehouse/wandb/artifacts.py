"""`wandb.Artifact`: a named set of files, in versions known by their content."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from tracehouse.api_client import ApiClient
from tracehouse.artifacts import describe, describe_file, stored_file
from tracehouse.errors import ApiError
from tracehouse.training import TrainingRun
from tracehouse.values import jsonable, to_json
from tracehouse.wandb.errors import CommError, UsageError


class ArtifactNotLoggedError(UsageError):
    """It has no version yet."""


@dataclass
class Entry:
    """A file of an artifact: `local` where it is on this machine, `ref` when it lies elsewhere."""

    path: str
    local: Path | None = None
    ref: str | None = None
    size: int = 0
    digest: str = ""
    fetch: Callable[[Path], None] | None = None

    def download(self, root: str | None = None) -> str:
        """Bring the file to a folder; its path there."""
        target = Path(root or tempfile.mkdtemp(prefix="artifact-")) / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.local is not None:
            shutil.copyfile(self.local, target)
        elif self.fetch is not None:
            self.fetch(target)
        return str(target)


@dataclass
class Manifest:
    """The files by their path."""

    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])


class Artifact:
    """Files under a name and a type. Add to it, log it with `run.log_artifact`."""

    def __init__(
        self,
        name: str,
        type: str,
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
        **_: Any,
    ) -> None:
        del incremental, use_as
        if "/" in name or ":" in name:
            raise ValueError(f"artifact names hold no / and no :, and {name!r} does")
        self._base_name = name
        self.type = type
        self.description = description
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.manifest = Manifest()
        self.aliases: list[str] = []
        self.version = ""
        self.state = "PENDING"
        # Removed with this object, or at the exit.
        self._folder = tempfile.TemporaryDirectory(prefix="artifact-")

    @property
    def _staging(self) -> Path:
        return Path(self._folder.name).resolve()

    @property
    def name(self) -> str:
        """`name:version`, or the name alone while there is no version."""
        return f"{self._base_name}:{self.version}" if self.version else self._base_name

    @property
    def digest(self) -> str:
        """What its content is known by."""
        lines = [f"{e.path}\0{_hash(e)}\n" for _, e in sorted(self.manifest.entries.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.manifest.entries.values())

    # --- adding ----------------------------------------------------------------------------------

    def add_file(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        is_tmp: bool | None = None,
        skip_cache: bool | None = None,
        policy: str | None = "mutable",
        overwrite: bool = False,
    ) -> Entry:
        """Add a file as it is now: it is copied, unless `policy="immutable"` promises that it will
        not change. Raises ValueError when there is none."""
        del is_tmp, skip_cache, overwrite
        path = Path(local_path)
        if not path.is_file():
            raise ValueError(f"Path is not a file: {path}")
        inside = name or path.name
        if policy != "immutable" and self._staging not in path.parents:
            kept = self._staging / inside
            kept.parent.mkdir(parents=True, exist_ok=True)
            path = Path(shutil.copyfile(path, kept))
        return self._add(Entry(inside, path.resolve(), size=path.stat().st_size))

    def add_dir(
        self, local_path: str | os.PathLike[str], name: str | None = None, *_: Any, **__: Any
    ) -> None:
        """Add a folder with all that is in it. Raises ValueError when there is none."""
        root = Path(local_path)
        if not root.is_dir():
            raise ValueError(f"Path is not a directory: {root}")
        for path in sorted(root.rglob("*")):
            if path.is_file():
                inside = path.relative_to(root).as_posix()
                self.add_file(path, f"{name}/{inside}" if name else inside)

    def add_reference(self, uri: Any, name: str | None = None, *_: Any, **__: Any) -> list[Entry]:
        """Add the address of something that lies elsewhere; it is not fetched."""
        text = str(uri)
        return [self._add(Entry(name or text.rstrip("/").rpartition("/")[2], ref=text))]

    def add(self, obj: Any, name: str, *_: Any, **__: Any) -> Entry:
        """Add a table or a media value."""
        content = obj.content if hasattr(obj, "content") else to_json(obj.jsonable()).encode()
        suffix = "" if Path(name).suffix else ".json" if not hasattr(obj, "content") else ""
        with self.new_file(name + suffix, "wb") as file:
            file.write(content)
        return self.manifest.entries[name + suffix]

    @contextmanager
    def new_file(
        self, name: str, mode: str = "x", encoding: str | None = None
    ) -> Generator[IO[Any]]:
        """A new file of the artifact, open for writing."""
        path = self._staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode.replace("x", "w"), encoding=encoding) as file:
            yield file
        self.add_file(path, name)

    def remove(self, item: Any) -> None:
        """Take a file out again."""
        self.manifest.entries.pop(getattr(item, "path", str(item)), None)

    def _add(self, entry: Entry) -> Entry:
        if self.state != "PENDING":
            raise UsageError("the artifact was logged already: make a new one")
        self.manifest.entries[entry.path] = entry
        return entry

    # --- reading ---------------------------------------------------------------------------------

    def get_entry(self, name: str) -> Entry:
        """A file by its path. Raises KeyError."""
        return self.manifest.entries[name]

    get_path = get_entry

    def files(self, names: list[str] | None = None, *_: Any, **__: Any) -> list[Entry]:
        """All files, or those that are named."""
        return [e for p, e in self.manifest.entries.items() if names is None or p in names]

    def download(self, root: str | None = None, *_: Any, **__: Any) -> str:
        """Bring all files to a folder; the folder."""
        folder = root or str(Path("artifacts") / self.name.replace(":", "-"))
        for entry in self.manifest.entries.values():
            if entry.ref is None:
                entry.download(folder)
        return folder

    checkout = download

    def file(self, root: str | None = None) -> str:
        """The only file, brought to a folder. Raises ValueError when there are several."""
        (entry,) = self.manifest.entries.values()
        return entry.download(root)

    def verify(self, root: str | None = None) -> None:
        """Compare a folder with the artifact. Raises ValueError for a file that differs."""
        folder = Path(root or Path("artifacts") / self.name.replace(":", "-"))
        for path, entry in self.manifest.entries.items():
            if hashlib.sha256((folder / path).read_bytes()).hexdigest() != _hash(entry):
                raise ValueError(f"Digest mismatch for file: {folder / path}")

    def wait(self, timeout: int | None = None) -> Artifact:
        """Return at once: it was recorded when it was logged. Raises when it was not."""
        del timeout
        if self.state == "PENDING":
            raise ArtifactNotLoggedError("log the artifact with run.log_artifact() first")
        return self


class LoggedArtifacts:
    """The artifacts of one run."""

    def __init__(self, training: TrainingRun, project: str) -> None:
        self._training = training
        self._project = project
        self._here: dict[str, Artifact] = {}

    def log(self, artifact: Artifact, aliases: list[str]) -> Artifact:
        """Keep the files and say that there is this version. Logging it again adds aliases."""
        names = list(dict.fromkeys([*aliases, "latest"]))
        self._training.record_artifact(artifact._base_name, self._body(artifact, names, "logged"))  # pyright: ignore[reportPrivateUsage]
        artifact.aliases = list(dict.fromkeys([*artifact.aliases, *names]))
        artifact.state = "COMMITTED"
        self._here[artifact._base_name] = artifact  # pyright: ignore[reportPrivateUsage]
        return artifact

    def use(self, wanted: Artifact | str) -> Artifact:
        """An artifact as an input of the run. Raises CommError when there is none."""
        if isinstance(wanted, Artifact):
            artifact = wanted
        else:
            name, _, alias = wanted.rpartition("/")[2].partition(":")
            here = self._here.get(name)
            artifact = (
                here
                if here is not None and (alias in ("", *here.aliases))
                else fetch(self._training.api(), self._project, name, alias or "latest")
            )
        body = self._body(artifact, [], "used")
        self._training.record_artifact(artifact._base_name, body)  # pyright: ignore[reportPrivateUsage]
        return artifact

    def _body(self, artifact: Artifact, aliases: list[str], action: str) -> dict[str, Any]:
        files = [
            {"path": e.path, "ref": e.ref, "sha256": _hash(e), "size": 0}
            if e.ref is not None
            else describe_file(e.path, e.local, self._training.keep_file)
            if e.local is not None
            else {"path": e.path, "sha256": e.digest, "size": e.size}
            for e in artifact.manifest.entries.values()
        ]
        return describe(
            artifact.type,
            files,
            action=action,
            aliases=aliases,
            metadata=jsonable(artifact.metadata),
            description=artifact.description,
        )


def fetch(api: ApiClient, project: str, name: str, alias: str) -> Artifact:
    """A version of an artifact that the server has. Raises CommError."""
    try:
        found = api.get(f"/v1/artifacts/{quote(name, safe='')}", project=project)["versions"]
    except ApiError as error:
        raise CommError(f"artifact {name}:{alias} cannot be had: {error}") from error
    version = next((v for v in found if alias == v["version"] or alias in v["aliases"]), None)
    if version is None:
        raise CommError(f"artifact {name} has no version {alias} in project {project}")
    artifact = Artifact(name, version["type"], version["description"], version["metadata"])
    artifact.version, artifact.aliases = version["version"], version["aliases"]
    for file in version["files"]:
        entry = Entry(
            file["path"], None, file.get("ref"), file["size"], file["sha256"],
            _fetcher(api, project, name, artifact.version, file["path"]),
        )  # fmt: skip
        artifact.manifest.entries[entry.path] = entry
    artifact.state = "COMMITTED"
    return artifact


def _fetcher(
    api: ApiClient, project: str, name: str, version: str, path: str
) -> Callable[[Path], None]:
    def fetch_file(target: Path) -> None:
        target.write_bytes(stored_file(api, project, name, version, path))

    return fetch_file


def _hash(entry: Entry) -> str:
    if entry.digest:
        return entry.digest
    if entry.ref is not None:
        entry.digest = hashlib.sha256(entry.ref.encode()).hexdigest()
    elif entry.local is not None:
        with entry.local.open("rb") as file:
            entry.digest = hashlib.file_digest(file, "sha256").hexdigest()
    return entry.digest
