"""A Hugging Face Hub for tests: what its client asks for accounts, repositories, files and commits.

It answers as the real one does, as far as the client looks: a commit needs its parent to be the
branch's head, metadata is checked, what a token may not see is not found. Repositories are kept in
memory, every commit whole. Faults are made on request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import yaml

_YAML = re.compile(r"^---\n(.*?)\n---\n", re.DOTALL)
_REPO_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_API = re.compile(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(\w+)/([^/]+))?")
_FILE = re.compile(r"/(?:(datasets)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_BATCH = re.compile(r"/(?:(datasets)/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch")


@dataclass
class Token:
    """A token, and what it may do: `write`, `read`, or fine-grained with these permissions."""

    account: str
    role: str = "write"
    permissions: tuple[str, ...] = ()
    may_write: bool = True


@dataclass
class Repository:
    """Its commits, the newest last: all files of each."""

    private: bool = False
    commits: list[tuple[str, dict[str, bytes], str]] = field(default_factory=list)

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][1]

    @property
    def head(self) -> str:
        return self.commits[-1][0]

    def commit(self, changes: dict[str, bytes | None], message: str = "") -> str:
        """Change files, or remove those that are None."""
        before = self.files if self.commits else {}
        after = {path: c for path, c in {**before, **changes}.items() if c is not None}
        seed = f"{len(self.commits)}{message}{sorted(after)}"
        oid = hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
        self.commits.append((oid, after, message))
        return oid


@dataclass
class Fault:
    """What is answered to the next requests whose path has this in it."""

    path: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    body: bytes = b"{}"
    times: int = 1


class Hub:
    """Serves while it is entered. `large` paths go by the protocol for large files."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.large: re.Pattern[str] = re.compile("(?!)")
        self.stored: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, str]] = []  # method, path, authorization
        self.before_commit: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, kind: str = "models", **files: str) -> Repository:
        """A repository with a README, if one is given."""
        made = self.repositories[f"{kind}/{name}"] = Repository()
        made.commit({path.replace("_", "."): text.encode() for path, text in files.items()})
        return made

    def fail(self, path: str, status: int = 0, **more: Any) -> None:
        self.faults.append(Fault(path, status, **more))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = unquote(urlsplit(self.path).path)
                key = (self.headers.get("authorization") or "").removeprefix("Bearer ")
                hub.requests.append((self.command, path, key))
                status, headers, content = hub._fault(path) or hub._answer(
                    self.command, path, key, body
                )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_HEAD = answer

            def log_message(self, format: str, *args: Any) -> None: ...

        return Handler

    def _fault(self, path: str) -> Any:
        for fault in self.faults:
            if fault.path in path and fault.times > 0:
                fault.times -= 1
                time.sleep(fault.seconds)
                return (fault.status, fault.headers, fault.body) if fault.status else None
        return None

    def _answer(self, method: str, path: str, key: str, body: bytes) -> Any:
        if path == "/api/validate-yaml":
            errors = metadata_errors(json.loads(body)["content"])
            said = {"errors": [{"message": e} for e in errors], "warnings": []}
            return _json(said, 400 if errors else 200)
        if path.startswith("/stored/"):
            self.stored[path.removeprefix("/stored/")] = body
            return _json({})
        token = self.tokens.get(key)
        if token is None:
            return _error(401, "Invalid credentials in Authorization header")
        if path == "/api/whoami-v2":
            return _json(_who(token))
        if path == "/api/repos/create":
            return self._create(token, json.loads(body))
        if match := _BATCH.fullmatch(path):
            return self._batch(json.loads(body))
        if match := _FILE.fullmatch(path):
            return self._file(match[1] or "models", match[2], match[4])
        if match := _API.fullmatch(path):
            kind, name, what, revision = match.groups()
            found = self.repositories.get(f"{kind}/{name}")
            if found is None:
                return _error(404, "Repository not found", "RepoNotFound")
            if revision not in (None, "main", found.head):
                return _error(404, "Invalid rev id", "RevisionNotFound")
            match what:
                case "preupload":
                    return self._preupload(found, json.loads(body))
                case "commit":
                    return self._commit(token, found, name, kind, body)
                case _:
                    files = [{"rfilename": path} for path in sorted(found.files)]
                    return _json({"id": name, "sha": found.head, "siblings": files})
        return _error(404, f"nothing at {method} {path}")

    def _create(self, token: Token, asked: dict[str, Any]) -> Any:
        kind = f"{asked.get('type') or 'model'}s"
        name = f"{asked.get('organization') or token.account}/{asked['name']}"
        url = f"{self.url}/{'datasets/' if kind == 'datasets' else ''}{name}"
        if not token.may_write:
            return _error(403, "You don't have the rights to create a repository")
        if f"{kind}/{name}" in self.repositories:
            return _json({"error": "You already created this repo", "url": url}, 409)
        made = self.add(name, kind)
        made.private = asked.get("visibility") == "private" or bool(asked.get("private"))
        return _json({"url": url, "name": name, "id": name})

    def _file(self, kind: str, name: str, path: str) -> Any:
        found = self.repositories.get(f"{kind}/{name}")
        if found is None or path not in found.files:
            return _error(404, "Entry not found", "EntryNotFound")
        etag = {"etag": f'"{_git_id(found.files[path])}"', "x-repo-commit": found.head}
        return 200, etag, found.files[path]

    def _preupload(self, found: Repository, asked: dict[str, Any]) -> Any:
        def about(path: str) -> dict[str, Any]:
            large, known = bool(self.large.search(path)), found.files.get(path)
            known_as = hashlib.sha256(known).hexdigest() if known and large else None
            return {
                "path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False,
                "oid": known_as or (_git_id(known) if known is not None else None),
            }  # fmt: skip

        return _json({"files": [about(file["path"]) for file in asked["files"]]})

    def _batch(self, asked: dict[str, Any]) -> Any:
        assert "basic" in asked["transfers"]
        upload = [
            {**o, "actions": {"upload": {"href": f"{self.url}/stored/{o['oid']}"}}}
            for o in asked["objects"]
        ]
        return _json({"transfer": "basic", "objects": upload})

    def _commit(self, token: Token, found: Repository, name: str, kind: str, body: bytes) -> Any:
        self.before_commit()
        if not token.may_write:
            return _error(403, "you must use a write token to upload to a repository")
        header, *operations = (json.loads(line) for line in body.splitlines())
        if header["value"].get("parentCommit", found.head) != found.head:
            return _error(412, "A commit has happened since. Please refresh and try again.")
        changes: dict[str, bytes | None] = {}
        for operation in operations:
            value = operation["value"]
            match operation["key"]:
                case "file":
                    changes[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    changes[value["path"]] = self.stored[value["oid"]]
                case "deletedFile":
                    changes[value["path"]] = None
                case other:
                    return _error(400, f"unknown operation {other}")
        oid = found.commit(changes, header["value"]["summary"])
        place = f"{'datasets/' if kind == 'datasets' else ''}{name}"
        return _json(
            {"success": True, "commitOid": oid, "commitUrl": f"{self.url}/{place}/commit/{oid}"}
        )


def metadata_errors(readme: str) -> list[str]:
    """What the Hub refuses in a README's metadata, of what a card here can hold."""
    found = _YAML.match(readme.replace("\r\n", "\n"))
    metadata = yaml.safe_load(found[1]) if found else {}
    errors = [
        f'"{field}" with value "{name}" is not valid'
        for field in ("base_model", "datasets")
        for name in _listed(metadata.get(field))
        if not _REPO_NAME.fullmatch(str(name))
    ]
    for model in metadata.get("model-index", []):
        if not isinstance(model.get("name"), str):
            errors.append('"model-index[0].name" must be a string')
        for result in model["results"]:
            parts = (result["task"]["type"], result["dataset"]["type"], result["dataset"]["name"])
            errors += [f"a result has {part!r}" for part in parts if not isinstance(part, str)]
            if not result["metrics"]:
                errors.append("a result has no metrics")
            for metric in result["metrics"]:
                if not isinstance(metric["type"], str) or "value" not in metric:
                    errors.append("a metric has no type or value")
    return errors


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _who(token: Token) -> dict[str, Any]:
    access: dict[str, Any] = {"displayName": f"{token.account}'s", "role": token.role}
    if token.role == "fineGrained":
        scope = {"entity": {"type": "user", "name": token.account}}
        access["fineGrained"] = {"scoped": [{**scope, "permissions": list(token.permissions)}]}
    return {
        "type": "user", "name": token.account, "orgs": [],
        "auth": {"type": "access_token", "accessToken": access},
    }  # fmt: skip


def _json(content: object, status: int = 200) -> Any:
    return status, {"content-type": "application/json"}, json.dumps(content).encode()


def _error(status: int, message: str, code: str = "") -> Any:
    headers = {"x-error-message": message, "content-type": "application/json"}
    if code:
        headers["x-error-code"] = code
    return status, headers, json.dumps({"error": message}).encode()


def _git_id(content: bytes) -> str:
    """The id that git gives a file."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()
