"""`wandb.data_types`: what can be logged beside numbers, with wandb's signatures."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from tracehouse import media
from tracehouse.values import jsonable


class WBValue:
    """What wandb's own value types have as their base."""


class Media(WBValue):
    """A value that is a file."""


class Image(media.Image, Media):
    """An image from a path, bytes, a PIL image, an array, a tensor or a figure. Tensors may be
    C×H×W; `masks` and `boxes` are kept with it."""

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Any = None,
        boxes: dict[str, Any] | None = None,
        masks: dict[str, Any] | None = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        del mode, grouping, classes, normalize
        if isinstance(data_or_path, Image):
            media.Media.__init__(
                self, data_or_path.content, data_or_path.mime, caption or data_or_path.caption,
                data_or_path.facts,
            )  # fmt: skip
            return
        super().__init__(_channels_last(data_or_path), caption, file_type)
        extra = {"boxes": jsonable(boxes), "masks": _without_arrays(masks)}
        given = {name: value for name, value in extra.items() if value}
        if given:
            object.__setattr__(self, "facts", {**self.facts, **given})


class Video(media.Video, Media):
    """A video from a path, bytes, or frames (T×C×H×W or N×T×C×H×W, uint8), which become a GIF with
    Pillow."""

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: int | None = None,
        format: str | None = None,
    ) -> None:
        if hasattr(data_or_path, "shape"):
            content = _gif(data_or_path, fps or 4)
            media.Media.__init__(self, content, "image/gif", caption, {"fps": fps or 4})
        else:
            if isinstance(data_or_path, io.IOBase):
                data_or_path = data_or_path.read()
            super().__init__(data_or_path, caption, format)


class Audio(media.Audio, Media):
    """Audio from a path, bytes or samples."""

    def __init__(
        self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None
    ) -> None:
        super().__init__(data_or_path, sample_rate, caption)


class _Document(media.Media, Media):
    """A file that is kept and offered as a download."""


class Html(_Document):
    """A page, from text, a path or an open file. It is kept as it is, and never run."""

    type: ClassVar[str] = "html"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        del inject
        if hasattr(data, "read"):
            text = data.read()
        elif isinstance(data, Path) or (
            not data_is_not_path and str(data).endswith(".html") and Path(data).exists()
        ):
            text = Path(data).read_text()
        else:
            text = str(data)
        super().__init__(text.encode() if isinstance(text, str) else text, "text/html")


class Object3D(_Document):
    """A point cloud or a 3D file (obj, gltf, glb, stl)."""

    type: ClassVar[str] = "object3D"

    def __init__(self, data_or_path: Any, caption: str | None = None, **_: Any) -> None:
        if isinstance(data_or_path, (str, Path)):
            path = Path(data_or_path)
            super().__init__(
                path.read_bytes(), "model/" + path.suffix.lstrip("."), caption,
                {"format": path.suffix.lstrip(".")},
            )  # fmt: skip
        else:
            points = json.dumps(jsonable(data_or_path)).encode()
            super().__init__(points, "application/json", caption)


class Histogram(media.Histogram, WBValue):
    """Counts over bins, of a sequence or ready-made (`np_histogram=(counts, edges)`)."""

    MAX_LENGTH = 512

    def __init__(self, sequence: Any = None, np_histogram: Any = None, num_bins: int = 64) -> None:
        super().__init__(sequence, bins=min(num_bins, self.MAX_LENGTH), histogram=np_histogram)
        self.bins, self.histogram = self.edges, self.counts


class Table(media.Table, WBValue):
    """Rows under named columns. Cells may hold media."""

    MAX_ROWS = 10_000

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = None,
    ) -> None:
        del dtype, optional, allow_mixed_types, log_mode
        if dataframe is None and hasattr(data, "columns") and hasattr(data, "values"):
            dataframe, data = data, None
        given = data if data is not None else rows
        if columns is None and dataframe is None:
            columns = ["Input", "Output", "Expected"]
        super().__init__(columns, None if dataframe is not None else given, dataframe)

    def add_data(self, *row: Any) -> None:
        """Add a row. Raises ValueError when it does not fit the columns."""
        if len(row) != len(self.columns):
            raise ValueError(
                f"This table expects {len(self.columns)} columns: {self.columns}, found {len(row)}"
            )
        super().add_data(*row)

    def add_row(self, *row: Any) -> None:
        """Add a row."""
        self.add_data(*row)

    def add_column(self, name: str, data: Any) -> None:
        """Add a column with a value for each row."""
        values = list(data)
        if self.data and len(values) != len(self.data):
            raise ValueError(f"expected a value for each of {len(self.data)} rows")
        self.columns.append(name)
        self.data = [
            [*row, self._cell(value)]
            for row, value in zip(self.data or [[] for _ in values], values, strict=True)
        ]

    def get_column(self, name: str, convert_to: str | None = None) -> Any:
        """The values of a column; `convert_to="numpy"` makes an array of them."""
        place = self.columns.index(name)
        column = [row[place] for row in self.data]
        if convert_to == "numpy":
            import numpy

            return numpy.array(column)
        return column

    def get_dataframe(self) -> Any:
        """As a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.data, columns=self.columns)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """(index, row) of each."""
        yield from enumerate(self.data)


class Plotly(WBValue):
    """A plotly figure, kept as its JSON."""

    def __init__(self, val: Any) -> None:
        self._json = jsonable(val.to_plotly_json() if hasattr(val, "to_plotly_json") else val)

    def jsonable(self) -> dict[str, Any]:
        """As it is stored."""
        return {"_type": "plotly", "figure": self._json}


class Markdown(WBValue):
    """Text in Markdown."""

    def __init__(self, text: str) -> None:
        self._text = text

    def jsonable(self) -> dict[str, Any]:
        """As it is stored."""
        return {"_type": "markdown", "text": self._text}


def _channels_last(data: Any) -> Any:
    """A tensor C×H×W as H×W×C; everything else as it is."""
    if not hasattr(data, "detach") or getattr(data, "ndim", 0) != 3:
        return data
    return data.permute(1, 2, 0) if data.shape[0] in (1, 3, 4) else data


def _without_arrays(masks: dict[str, Any] | None) -> Any:
    return {
        name: {key: jsonable(value) for key, value in mask.items() if key != "mask_data"}
        for name, mask in (masks or {}).items()
    }


def _gif(frames: Any, fps: int) -> bytes:
    import numpy
    import PIL.Image

    array: Any = frames.detach().cpu() if hasattr(frames, "detach") else frames
    array = numpy.asarray(array)
    if array.ndim == 5:
        array = array[0]
    if array.ndim != 4:
        raise ValueError("Video must be at least 4 dimensions: time, channels, height, width")
    array = array.transpose(0, 2, 3, 1).astype("uint8")
    pictures = [
        PIL.Image.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame) for frame in array
    ]
    out = io.BytesIO()
    pictures[0].save(
        out, format="gif", save_all=True, append_images=pictures[1:], duration=1000 // fps, loop=0
    )
    return out.getvalue()
