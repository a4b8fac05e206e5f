"""TraceletArtifact: its builder, its files, and what it refuses."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import yaml

from tracehouse.tracelet import ArtifactType, TraceletArtifact
from tracehouse.tracelet.core.artifacts import type_of_file


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("net.pt", ArtifactType.MODEL), ("last.ckpt", ArtifactType.CHECKPOINT),
        ("checkpoint_3.pth", ArtifactType.CHECKPOINT), ("a.PNG", ArtifactType.IMAGE),
        ("a.wav", ArtifactType.AUDIO), ("a.mp4", ArtifactType.VIDEO),
        ("c.yml", ArtifactType.CONFIG),
        ("r.html", ArtifactType.REPORT), ("t.py", ArtifactType.CODE),
        ("d.csv", ArtifactType.DATASET),
        ("unknown.xyz", ArtifactType.CUSTOM), ("README", ArtifactType.CUSTOM),
    ],
)  # fmt: skip
def test_what_a_file_is(name: str, kind: ArtifactType) -> None:
    assert type_of_file(name) is kind


def test_objects_are_written_by_their_serializer(tmp_path: Path) -> None:
    value = {"a": [1, 2.5], "b": None}
    artifact = TraceletArtifact("objects", ArtifactType.CONFIG)
    for name, serializer in (("j", "json"), ("p", "pickle"), ("y", "yaml")):
        artifact.add_object(value, name, serializer)
    files = dict(artifact.materialize(str(tmp_path)))
    assert json.loads(files["j.json"].read_text()) == value
    assert pickle.loads(files["p.pickle"].read_bytes()) == value
    assert yaml.safe_load(files["y.yaml"].read_text()) == value


def test_two_objects_of_one_name_in_folders(tmp_path: Path) -> None:
    artifact = TraceletArtifact("two", ArtifactType.CONFIG)
    artifact.add_object(1, "a/x").add_object(2, "b/x")
    assert [path for path, _ in artifact.materialize(str(tmp_path))] == ["a/x.json", "b/x.json"]


def test_what_is_refused(tmp_path: Path) -> None:
    artifact = TraceletArtifact("refuses", ArtifactType.IMAGE)
    with pytest.raises(FileNotFoundError, match=r"nothing\.png"):
        artifact.add_file(tmp_path / "nothing.png")
    with pytest.raises(ValueError, match="choose json, pickle or yaml"):
        artifact.add_object(1, "x", "xml")
    with pytest.raises(ValueError, match="MODEL, CHECKPOINT or WEIGHTS"):
        artifact.add_model(object())
    for name in ("", "a/b", "a:b"):
        with pytest.raises(ValueError, match="no / and no :"):
            TraceletArtifact(name, ArtifactType.IMAGE)
    artifact.add_object(1, "../../outside")
    with pytest.raises(ValueError, match="leads out"):
        list(artifact.materialize(str(tmp_path / "inside")))


def test_as_a_dictionary(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("12345")
    artifact = TraceletArtifact("d", ArtifactType.MODEL, metadata={"path": tmp_path})
    artifact.add_file(tmp_path / "f").add_reference("s3://b/k", 10).add_object({}, "o")
    artifact.add_model({"w": 1}, framework="mine", input_example=[1])
    found = json.loads(json.dumps(artifact.to_dict()))
    assert (found["name"], found["type"], found["size_bytes"]) == ("d", "model", 15)
    assert found["metadata"]["model_info"] == {
        "framework": "mine", "type": "dict", "module": "builtins"
    }  # fmt: skip
    names = [path for path, _ in artifact.materialize(str(tmp_path / "out"))]
    assert names == ["f", "o.json", "model.pkl", "input_example.json"]
