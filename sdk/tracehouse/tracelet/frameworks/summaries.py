"""What the methods of a SummaryWriter are given, as values that can be logged.

Each takes the arguments of its method by name, and gives (name, value, type). Arrays may change
afterwards: they are converted at once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tracehouse.media import Audio, Histogram, Image, Table, Video
from tracehouse.tracelet.core.metrics import MetricType
from tracehouse.values import jsonable

Found = Iterator[tuple[str, Any, MetricType]]

_MAX_ROWS = 10_000
_MAX_IMAGES = 64


def scalar(given: dict[str, Any]) -> Found:
    """A number."""
    yield given["tag"], given["scalar_value"], MetricType.SCALAR


def scalars(given: dict[str, Any]) -> Found:
    """Several numbers: `main_tag/tag`."""
    for tag, value in given["tag_scalar_dict"].items():
        yield f"{given['main_tag']}/{tag}", value, MetricType.SCALAR


def histogram(given: dict[str, Any]) -> Found:
    """The distribution of an array."""
    yield given["tag"], Histogram(given["values"]), MetricType.HISTOGRAM


def image(given: dict[str, Any]) -> Found:
    """One image; `dataformats` says which axis is which, CHW by default."""
    yield given["tag"], _image(given["img_tensor"], given["dataformats"]), MetricType.IMAGE


def images(given: dict[str, Any]) -> Found:
    """A batch of images, the first 64 of them."""
    formats, batch = given["dataformats"].upper(), _array(given["img_tensor"])
    if "N" in formats:
        batch = batch.swapaxes(0, formats.index("N"))
        pictures = [_image(one, formats.replace("N", "")) for one in batch[:_MAX_IMAGES]]
        yield given["tag"], pictures, MetricType.IMAGE


def figure(given: dict[str, Any]) -> Found:
    """A matplotlib figure, or several; as images."""
    figures = given["figure"]
    each = figures if isinstance(figures, list) else [figures]
    yield given["tag"], [Image(one) for one in each], MetricType.FIGURE  # pyright: ignore[reportUnknownVariableType]


def text(given: dict[str, Any]) -> Found:
    """A text."""
    yield given["tag"], str(given["text_string"]), MetricType.TEXT


def video(given: dict[str, Any]) -> Found:
    """The first video of a batch (N×T×C×H×W), as a GIF."""
    pillow: Any = import_module("PIL.Image")
    frames = _bytes(_array(given["vid_tensor"])[0]).transpose(0, 2, 3, 1)
    pictures = [pillow.fromarray(f[:, :, 0] if f.shape[2] == 1 else f) for f in frames]
    out = io.BytesIO()
    milliseconds = int(1000 / (given.get("fps") or 4))
    pictures[0].save(
        out, "gif", save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0
    )
    yield given["tag"], Video(out.getvalue()), MetricType.VIDEO


def audio(given: dict[str, Any]) -> Found:
    """Sound: samples in −1…1."""
    samples = _array(given["snd_tensor"]).reshape(-1).astype("float64")
    yield given["tag"], Audio(samples, sample_rate=given["sample_rate"]), MetricType.AUDIO


def embedding(given: dict[str, Any]) -> Found:
    """Points with a label each, as a table."""
    rows = _array(given["mat"])[:_MAX_ROWS]
    labels = list(given["metadata"] or [])[: len(rows)]
    table = Table(
        [*(str(n) for n in range(rows.shape[1])), *(["label"] if labels else [])],
        [[*row, *([jsonable(labels[n])] if labels else [])] for n, row in enumerate(rows.tolist())],
    )
    yield given.get("tag") or "embedding", table, MetricType.EMBEDDING


def mesh(given: dict[str, Any]) -> Found:
    """Vertices, colors and faces."""
    parts = {name: given.get(name) for name in ("vertices", "colors", "faces")}
    shown = {name: _array(part).tolist() for name, part in parts.items() if part is not None}
    yield given["tag"], {"_type": "mesh", **shown}, MetricType.MESH


def _array(tensor: Any) -> Any:
    import numpy

    return numpy.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)


def _bytes(array: Any) -> Any:
    """0…255, as TensorBoard sees it: floats lie in 0…1."""
    import numpy

    scaled = array * 255.0 if array.dtype.kind == "f" else array
    return numpy.clip(scaled, 0, 255).astype("uint8")


def _image(tensor: Any, formats: str) -> Image:
    array, order = _bytes(_array(tensor)), formats.upper()
    if order != "HW":
        array = array.transpose([order.index(axis) for axis in "HWC"])
    return Image(array)
