"""A project leaves as Parquet files, and comes back as it was: here, elsewhere, or twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support import otlp
from tests.support.server import Server

FILE = b"a picture" * 100
TRACE = f"{0xE01:032x}"


def tracehouse(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracehouse_agent.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=server.home,
        env=os.environ | {"XDG_CONFIG_HOME": str(server.home / "config")},
    )


def done(server: Server, *arguments: str) -> str:
    found = tracehouse(server, *arguments)
    assert found.returncode == 0, found.stderr
    return found.stdout


def fill(server: Server) -> None:
    """A project `moving` with a trace, a log record, a score and a run; and another project."""
    sha256 = hashlib.sha256(FILE).hexdigest()
    of_run: dict[str, Any] = {"tracehouse.run.id": "run", "tracehouse.step": 3}
    for project, number in (("moving", 0xE01), ("staying", 0xE11)):
        resource = {"tracehouse.project": project, "service.name": "moved"}
        attributes = {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5",
            "gen_ai.response.id": f"moved-{number}", "gen_ai.usage.input_tokens": 7,
            "gen_ai.usage.output_tokens": 2, "tracehouse.subject.id": "ada",
            "nested": {"a": [1, "two", b"\x00\xff"]}, "float": 0.1,
        }  # fmt: skip
        span = otlp.span(number, 1, attributes=attributes)
        send(server, "traces", otlp.traces(span, resource=resource))
        ids = {"trace_id": number.to_bytes(16, "big")}
        send(server, "logs", otlp.logs({"said": "hello"}, resource=resource, **ids))
        score = {"id": f"score-{number}", "name": "good", "value": 1, "trace_id": f"{number:032x}"}
        server.client.post(f"{server.http}/v1/scores", json=score, headers=server.headers)
    resource = {"tracehouse.project": "moving"}
    run = otlp.span(0xE02, name="tracehouse.run", attributes=of_run | {"tracehouse.run.name": "r"})
    send(server, "traces", otlp.traces(run, resource=resource))
    metric = otlp.gauge("loss", 0.25, time_ns=otlp.START_NS, **of_run)
    metric.resource_metrics[0].resource.attributes.extend(otlp.key_values(resource))
    send(server, "metrics", metric)
    media = {**of_run, "tracehouse.key": "picture"}
    body = json.dumps({"sha256": sha256, "mime": "image/png"})
    event = {"event_name": "tracehouse.run.media", "attributes": otlp.key_values(media)}
    send(server, "logs", otlp.logs(body, resource=resource, **event))
    server.client.put(f"{server.http}/v1/blobs/{sha256}", content=FILE, headers=server.headers)


def send(server: Server, signal: str, request: Any) -> None:
    assert server.post(signal, request.SerializeToString()).status_code == 200


def shown(server: Server) -> dict[str, Any]:
    """What a reader sees of the project."""
    paths = (
        f"/v1/traces/{TRACE}", "/v1/logs?service=moved&trace_id=" + TRACE, "/v1/subjects/ada",
        "/v1/scores?trace_id=" + TRACE, "/v1/usage?project=moving", "/v1/runs/run",
        "/v1/runs/run/history", "/v1/runs/run/media", "/v1/metrics/series?name=loss&agg=count",
    )  # fmt: skip
    found: dict[str, Any] = {}
    for path in paths:
        answer = server.client.get(f"{server.http}{path}", headers=server.headers)
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.json()
    for score in found["/v1/scores?trace_id=" + TRACE]["scores"]:
        # Given by request, it was in `default`; it comes back to what it judges.
        assert score.pop("project") in ("default", "moving")
    picture = found["/v1/runs/run/media"]["media"][0]["url"]
    assert server.get(picture).content == FILE
    return found


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    fill(server)
    server.settle()
    return server


@pytest.fixture(scope="module")
def exported(filled: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "moving"
    assert "rows" in done(filled, "export", "moving", "--to", str(folder))
    return folder


@pytest.fixture
def altered(exported: Path, tmp_path: Path) -> Path:
    """A copy of the export that a test may spoil."""
    return Path(shutil.copytree(exported, tmp_path / "altered"))


def test_a_project_comes_back_as_it_was(filled: Server, exported: Path) -> None:
    before = shown(filled)
    answer = filled.client.delete(f"{filled.http}/v1/projects/moving", headers=filled.headers)
    assert answer.status_code == 200
    assert filled.get(f"/v1/traces/{TRACE}").status_code == 404
    for _ in range(2):
        done(filled, "import", str(exported))
        after = shown(filled)
        assert after["/v1/runs/run"]["summary"] == {"loss": 0.25}
        assert after == before


def test_the_files_are_parquet_that_others_read(exported: Path) -> None:
    found = pq.read_table(exported / "spans.parquet").to_pylist()
    assert {row["project"] for row in found} == {b"moving"}
    assert "workspace" not in found[0]
    manifest = json.loads((exported / "manifest.json").read_text())
    assert manifest["tables"]["spans"] == len(found) == 2
    assert list(manifest["files"].values()) == [len(FILE)]


def test_a_project_can_come_back_under_another_name_and_elsewhere(
    filled: Server, exported: Path, tmp_path: Path
) -> None:
    with Server(tmp_path) as other:
        done(other, "import", str(exported), "--project", "arrived")
        found = other.get(f"/v1/traces/{TRACE}").json()
        assert found["project"] == "arrived"
        assert found["usage"]["input_tokens"] == 7
        assert other.get("/v1/runs/run").json()["summary"] == {"loss": 0.25}
        projects = other.get("/v1/projects").json()["projects"]
        assert [one["project"] for one in projects] == ["arrived"]


def refused(server: Server, folder: Path) -> str:
    found = tracehouse(server, "import", str(folder))
    assert found.returncode == 1, found.stdout
    assert "Traceback" not in found.stderr
    return found.stderr


def test_what_was_damaged_is_refused(filled: Server, altered: Path) -> None:
    with (altered / "spans.parquet").open("ab") as file:
        file.write(b"!")
    assert "spans.parquet is damaged" in refused(filled, altered)
    (altered / "spans.parquet").unlink()
    assert "spans.parquet is missing" in refused(filled, altered)
    (altered / "manifest.json").unlink()
    assert "no finished export" in refused(filled, altered)


@pytest.mark.parametrize("wrong", [{"files": {"../../../etc/passwd": 1}},
                                   {"sha256": {"../spans": "0" * 64}}, {"format": 2},
                                   {"sha256": 7}, {"tables": None}])  # fmt: skip
def test_a_manifest_that_is_not_ours_is_refused(
    filled: Server, altered: Path, wrong: dict[str, Any]
) -> None:
    manifest = json.loads((altered / "manifest.json").read_text())
    (altered / "manifest.json").write_text(json.dumps(manifest | wrong))
    assert "Error" in refused(filled, altered)


@pytest.mark.parametrize("body", [b"", b"no parquet", None])
def test_the_server_takes_nothing_that_it_did_not_write(
    filled: Server, tmp_path: Path, body: bytes | None
) -> None:
    if body is None:  # valid, and of other columns
        pq.write_table(pa.table({"workspace": ["theirs"], "name": ["x"]}), tmp_path / "foreign")
        body = (tmp_path / "foreign").read_bytes()
    before = filled.get("/v1/stats").json()["spans"]
    answer = filled.client.post(
        f"{filled.http}/v1/import/spans", params={"project": "p"}, content=body,
        headers=filled.headers,
    )  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert "no export of spans" in answer.json()["detail"]
    assert filled.get("/v1/stats").json()["spans"] == before
    assert not list(filled.data_dir.glob("transfer-*")), "nothing is left lying about"


def test_only_what_is_there_is_exported(filled: Server, tmp_path: Path) -> None:
    found = tracehouse(filled, "export", "nothing", "--to", str(tmp_path / "out"))
    assert found.returncode == 1
    assert "no project nothing" in found.stderr
    assert filled.get("/v1/projects/staying/export/rejects.parquet").status_code == 422
    other = hashlib.sha256(FILE).hexdigest()
    assert filled.get(f"/v1/projects/staying/export/files/{other}").status_code == 404
