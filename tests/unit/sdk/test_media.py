"""Media: what is taken, what it becomes, and the bound."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from tracehouse.errors import ClaudeMonitorError
from tracehouse.media import MAX_BYTES, Audio, Histogram, Image, Table, Video, count_bins, sniff


def pixels(image: Image) -> Any:
    return np.asarray(PIL.Image.open(io.BytesIO(image.content)))


def test_an_image_from_a_path_or_bytes_is_kept_as_it_is(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (4, 3)).save(tmp_path / "a.jpg")
    image = Image(tmp_path / "a.jpg", caption="c")
    assert image.content == (tmp_path / "a.jpg").read_bytes()
    assert image.reference() == {
        "type": "image", "sha256": image.sha256, "size": len(image.content),
        "mime": "image/jpeg", "caption": "c", "width": 4, "height": 3,
    }  # fmt: skip
    assert Image(image.content).mime == "image/jpeg"


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3), (5, 4, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "bool"])
def test_an_image_from_an_array(shape: tuple[int, ...], dtype: str) -> None:
    array = (np.arange(np.prod(shape)).reshape(shape) % 256).astype(dtype)
    found = pixels(Image(array))
    assert found.shape == (shape if shape[-1] != 1 else (5, 4))
    if dtype == "uint8":
        assert (found.reshape(-1) == array.reshape(-1)).all()
    if dtype == "float32":
        assert (found.min(), found.max()) == (0, 255)


def test_floats_without_a_range_and_with_nan() -> None:
    assert pixels(Image(np.zeros((2, 2)))).max() == 0
    array = np.array([[0.0, np.nan], [1.0, 0.5]])
    assert pixels(Image(array)).tolist() == [[0, 0], [255, 127]]


def test_an_image_from_pil_and_from_a_figure() -> None:
    class Figure:  # what matplotlib's has of use here
        def savefig(self, out: io.BytesIO, **_: object) -> None:
            PIL.Image.new("RGB", (7, 6)).save(out, format="png")

    assert Image(PIL.Image.new("RGB", (2, 3))).facts == {"width": 2, "height": 3}
    assert Image(Figure()).facts == {"width": 7, "height": 6}


@pytest.mark.parametrize("bad", [object(), np.zeros((2, 2, 7)), np.zeros(3), {"a": 1}])
def test_what_is_no_image_is_refused(bad: object) -> None:
    with pytest.raises(ClaudeMonitorError, match=r"image|Image"):
        Image(bad)


def test_the_bound_is_told_before_the_file_is_read(tmp_path: Path) -> None:
    big = tmp_path / "big.mp4"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ClaudeMonitorError, match="25 MB is the most"):
        Video(big)
    with pytest.raises(ClaudeMonitorError, match="25 MB is the most"):
        Video(bytes(MAX_BYTES + 1))
    assert Video(bytes(MAX_BYTES)).mime == "video/mp4"


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF89a", "image/gif"),
        (b"RIFF0000WEBP", "image/webp"), (b"RIFF0000WAVE", "audio/wav"),
        (b"0000ftypisom", "video/mp4"), (b"0000ftypqt  ", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3", "video/webm"), (b"hello", None),
    ],
)  # fmt: skip
def test_files_are_told_by_their_first_bytes(head: bytes, mime: str | None) -> None:
    assert sniff(head) == mime


@pytest.mark.parametrize("channels", [1, 2])
def test_samples_become_a_wav(channels: int) -> None:
    samples = np.zeros((800, channels)) if channels > 1 else np.sin(np.arange(800.0))
    audio = Audio(samples, sample_rate=8000)
    with wave.open(io.BytesIO(audio.content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (
            channels, 8000, 800
        )  # fmt: skip
    assert audio.facts["duration_s"] == 0.1
    with pytest.raises(ClaudeMonitorError, match="sample_rate"):
        Audio(samples)


def test_histograms_count_everything_but_what_is_not_finite() -> None:
    assert count_bins([0.0, 1.0, 1.0, 2.0], 2) == ([1.0, 3.0], [0.0, 1.0, 2.0])
    assert sum(Histogram(np.array([[1.0, np.nan], [np.inf, 2.0]])).counts) == 2
    assert sum(Histogram([]).counts) == 0
    assert sum(Histogram([5.0, 5.0], bins=3).counts) == 2
    assert Histogram(histogram=([1, 2], [0, 1, 2])).counts == [1, 2]
    with pytest.raises(ClaudeMonitorError, match="one edge more"):
        Histogram(histogram=([1, 2], [0, 1]))


def test_a_table_holds_rows_that_fit() -> None:
    table = Table(["a", "b"], [[1, np.float32(0.5)]])
    with pytest.raises(ClaudeMonitorError, match="2 columns"):
        table.add_data(1)
    assert table.jsonable() == {"_type": "table", "columns": ["a", "b"], "data": [[1, 0.5]]}


def test_a_cell_of_a_table_may_be_a_picture_or_several() -> None:
    one, other = Image(np.zeros((2, 3))), Audio(b"RIFF....WAVE")
    table = Table(["n", "drawn"], [[1, one], [2, [one, other]]])
    assert table.files == [one, one, other]
    assert table.data == [[1, one.reference()], [2, [one.reference(), other.reference()]]]
