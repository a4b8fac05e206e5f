"""Images, videos, audio, histograms and tables that a run logs.

Files are kept as they come; arrays and figures are encoded when the object is made, because they
may change afterwards. A file may have 25 MB, here and on the server.
"""

from __future__ import annotations

import hashlib
import io
import mimetypes
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tracehouse.errors import ClaudeMonitorError
from tracehouse.values import jsonable

MAX_BYTES = 25_000_000
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"RIFF", ""),  # told apart by the form that follows
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}


def sniff(content: bytes) -> str | None:
    """The media type that a file's first bytes tell; None when they do not."""
    if content[4:8] == b"ftyp":
        return "video/quicktime" if content[8:10] == b"qt" else "video/mp4"
    for magic, mime in _MAGIC:
        if content.startswith(magic):
            return mime or _RIFF.get(content[8:12])
    return None


@dataclass(frozen=True)
class Media:
    """A file of a run. `facts` is what is known of it: width, height, fps …"""

    content: bytes = field(repr=False)
    mime: str
    caption: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    type: ClassVar[str] = "file"

    def __post_init__(self) -> None:
        if len(self.content) > MAX_BYTES:
            raise ClaudeMonitorError(
                f"the {self.type} has {len(self.content) / 1e6:.1f} MB, and 25 MB is the most: "
                "make it smaller, or log it as an artifact"
            )

    @property
    def sha256(self) -> str:
        """What the blob store knows the file by."""
        return hashlib.sha256(self.content).hexdigest()

    def reference(self) -> dict[str, Any]:
        """The file without its bytes, as the body of a media event."""
        found = {
            "type": self.type,
            "sha256": self.sha256,
            "size": len(self.content),
            "mime": self.mime,
            "caption": self.caption,
            **self.facts,
        }
        return {name: jsonable(value) for name, value in found.items() if value is not None}


class Image(Media):
    """An image from a path, bytes, a PIL image, an array (H×W, H×W×1, ×3 or ×4) or a matplotlib
    figure. Arrays of floats are scaled from their own range to 0…255; Pillow is needed for arrays
    and PIL images. Raises ClaudeMonitorError for what is none of these, OSError for the file."""

    type: ClassVar[str] = "image"

    def __init__(self, data: Any, caption: str | None = None, format: str | None = None) -> None:
        if (file := _file(data)) is not None:
            content, name = file
            mime = _mime(format, content, name, "image/png")
            super().__init__(content, mime, caption, _image_size(content))
            return
        if hasattr(data, "savefig"):
            out = io.BytesIO()
            data.savefig(out, format="png", bbox_inches="tight")
            super().__init__(out.getvalue(), "image/png", caption, _image_size(out.getvalue()))
            return
        picture = data if hasattr(data, "save") else _picture(data)
        out = io.BytesIO()
        extension = (format or "png").lower().removeprefix("image/")
        picture.save(out, format="jpeg" if extension == "jpg" else extension)
        size = {"width": picture.width, "height": picture.height}
        super().__init__(
            out.getvalue(), _mime(format, out.getvalue(), "", "image/png"), caption, size
        )


class Video(Media):
    """A video from a path or bytes (mp4, webm, mov, gif). Raises as `Image` does."""

    type: ClassVar[str] = "video"

    def __init__(self, data: Any, caption: str | None = None, format: str | None = None) -> None:
        file = _file(data)
        if file is None:
            raise ClaudeMonitorError(
                f"a Video takes a path or bytes (mp4, webm, mov), not {type(data).__name__}"
            )
        super().__init__(file[0], _mime(format, *file, "video/mp4"), caption)


class Audio(Media):
    """Audio from a path, bytes, or samples (1-D, or N×channels; floats in −1…1 or int16) with
    `sample_rate` in Hz, which become a 16-bit WAV file. Raises as `Image` does."""

    type: ClassVar[str] = "audio"

    def __init__(
        self,
        data: Any,
        sample_rate: int | None = None,
        caption: str | None = None,
        format: str | None = None,
    ) -> None:
        if (file := _file(data)) is not None:
            super().__init__(file[0], _mime(format, *file, "audio/wav"), caption)
            return
        if not sample_rate:
            raise ClaudeMonitorError("Audio from samples needs sample_rate= in Hz")
        content, seconds = _wav(data, int(sample_rate))
        facts = {"sample_rate": int(sample_rate), "duration_s": seconds}
        super().__init__(content, "audio/wav", caption, facts)


class Histogram:
    """Counts over bins: of `values` (numbers, or an array; NaN is left out) in `bins` equal bins,
    or ready-made as `histogram=(counts, edges)` with one edge more than counts."""

    def __init__(
        self,
        values: Any = None,
        *,
        bins: int = 64,
        histogram: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> None:
        if histogram is not None:
            counts, edges = jsonable(histogram[0]), jsonable(histogram[1])
            if len(edges) != len(counts) + 1:
                raise ClaudeMonitorError("a histogram has one edge more than it has counts")
        else:
            counts, edges = count_bins(_numbers(values), bins)
        self.counts: list[float] = counts
        self.edges: list[float] = edges

    def jsonable(self) -> dict[str, Any]:
        """As it is stored."""
        return {"_type": "histogram", "counts": self.counts, "bins": self.edges}


class Table:
    """Rows under named columns: `Table(columns=[…], data=[[…], …])`, or from a DataFrame. A cell
    may be an image, a video or audio, or a list of them: `data` has references to `files`."""

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        data: Sequence[Sequence[Any]] | None = None,
        dataframe: Any = None,
    ) -> None:
        if dataframe is not None:
            columns = [str(name) for name in dataframe.columns]
            data = dataframe.values.tolist()
        self.columns = [str(name) for name in columns or ()]
        self.data: list[list[Any]] = []
        self.files: list[Media] = []
        for row in data or ():
            self.add_data(*row)

    def add_data(self, *row: Any) -> None:
        """Add a row. Raises ClaudeMonitorError when it does not fit the columns."""
        if len(row) != len(self.columns):
            raise ClaudeMonitorError(
                f"the row has {len(row)} values and the table {len(self.columns)} columns"
            )
        self.data.append([self._cell(value) for value in row])

    def _cell(self, value: Any) -> Any:
        if isinstance(value, Media):
            self.files.append(value)
            return value.reference()
        if isinstance(value, (list, tuple)):
            elements: Any = value
            return [self._cell(element) for element in elements]
        return jsonable(value)

    def jsonable(self) -> dict[str, Any]:
        """As it is stored."""
        return {"_type": "table", "columns": self.columns, "data": self.data}


def count_bins(numbers: Sequence[float], bins: int) -> tuple[list[float], list[float]]:
    """Equal-width bins from the smallest to the largest number, both inclusive."""
    if not numbers:
        return [0.0] * bins, [i / bins for i in range(bins + 1)]
    low, high = min(numbers), max(numbers)
    if low == high:
        low, high = low - 0.5, high + 0.5
    width = (high - low) / bins
    counts = [0.0] * bins
    for value in numbers:
        counts[min(int((value - low) / width), bins - 1)] += 1
    return counts, [low + width * i for i in range(bins)] + [high]


def _numbers(values: Any) -> list[float]:
    flat = values.detach() if hasattr(values, "detach") else values
    flat = flat.cpu() if hasattr(flat, "cpu") else flat
    flat = flat.reshape(-1).tolist() if hasattr(flat, "reshape") else list(flat)
    return [float(value) for value in flat if float(value) - float(value) == 0]


def _file(data: Any) -> tuple[bytes, str] | None:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data), ""
    if isinstance(data, (str, os.PathLike)):
        path = Path(os.fspath(data))  # pyright: ignore[reportUnknownArgumentType]
        if path.stat().st_size > MAX_BYTES:
            size = path.stat().st_size / 1e6
            raise ClaudeMonitorError(f"{path} has {size:.1f} MB, and 25 MB is the most")
        return path.read_bytes(), path.name
    return None


def _mime(format: str | None, content: bytes, name: str, default: str) -> str:
    if format:
        family = default.partition("/")[0]
        guessed = mimetypes.guess_type(f"x.{format.lower()}")[0]
        return format if "/" in format else guessed or f"{family}/{format.lower()}"
    return sniff(content) or mimetypes.guess_type(name)[0] or default


def _pillow() -> Any:
    try:
        import PIL.Image
    except ImportError:
        raise ClaudeMonitorError("images from arrays need Pillow: pip install pillow") from None
    return PIL.Image


def _image_size(content: bytes) -> dict[str, int]:
    if content.startswith(_MAGIC[0][0]) and len(content) >= 24:
        return {
            "width": int.from_bytes(content[16:20], "big"),
            "height": int.from_bytes(content[20:24], "big"),
        }
    try:
        with _pillow().open(io.BytesIO(content)) as picture:
            return {"width": picture.width, "height": picture.height}
    except Exception:  # no Pillow, or a format that it does not know
        return {}


def _picture(data: Any) -> Any:
    pillow = _pillow()
    array = data.detach().cpu() if hasattr(data, "detach") else data
    try:
        import numpy

        array = numpy.asarray(array)
    except Exception as error:
        raise ClaudeMonitorError(
            f"an Image takes a path, bytes, a PIL image, an array or a figure, "
            f"not {type(data).__name__}"
        ) from error
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ClaudeMonitorError(f"an image is H×W, H×W×1, H×W×3 or H×W×4, not {array.shape}")
    if array.dtype.kind == "f":
        low, high = float(numpy.nanmin(array)), float(numpy.nanmax(array))
        array = numpy.nan_to_num((array - low) / ((high - low) or 1.0)) * 255.0
    elif array.dtype.kind == "b":
        array = array * 255
    return pillow.fromarray(numpy.clip(array, 0, 255).astype("uint8"))


def _wav(data: Any, sample_rate: int) -> tuple[bytes, float]:
    import wave

    samples: Any = data.detach().cpu() if hasattr(data, "detach") else data
    rows: list[Any] = samples.tolist() if hasattr(samples, "tolist") else list(samples)
    channels = len(rows[0]) if rows and isinstance(rows[0], (list, tuple)) else 1
    flat: list[float] = [v for row in rows for v in row] if channels > 1 else rows
    if any(isinstance(value, float) for value in flat):
        flat = [max(-1.0, min(1.0, value)) * 32767 for value in flat]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(b"".join(int(value).to_bytes(2, "little", signed=True) for value in flat))
    return out.getvalue(), len(rows) / sample_rate
