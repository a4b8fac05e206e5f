"""`sync_tensorboard=True`: what SummaryWriters write is logged, with `global_step` beside it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracehouse import complain

if TYPE_CHECKING:
    from tracehouse.wandb.run import Run

_WRITERS = ("torch.utils.tensorboard.writer", "tensorboardX.writer", "tensorboardX")


def patch(run: Run) -> Callable[[], None]:
    """Listen to all writers, those of modules imported later as well; the result undoes it."""
    undo: list[Callable[[], None]] = []
    for name in _WRITERS:
        try:
            module = sys.modules.get(name) or importlib.import_module(name)
        except Exception:  # noqa: S112 - it is not installed
            continue
        writer: Any = getattr(module, "SummaryWriter", None)
        if writer is not None and "add_scalar" in vars(writer):
            undo.append(_wrap(writer, "add_scalar", lambda tag, value: {tag: value}, run))
            undo.append(_wrap(writer, "add_scalars", _prefixed, run))
            undo.append(_wrap(writer, "add_histogram", _histogram, run))
            undo.append(_wrap(writer, "add_image", _image, run))
            undo.append(_wrap(writer, "add_text", lambda tag, text: {tag: text}, run))

    def undo_all() -> None:
        for each in undo:
            each()

    return undo_all


def _wrap(
    owner: Any, name: str, row: Callable[[str, Any], dict[str, Any]], run: Run
) -> Callable[[], None]:
    original = vars(owner).get(name)
    if original is None:
        return lambda: None

    def heard(
        self: Any, tag: str, value: Any, global_step: Any = None, *more: Any, **kw: Any
    ) -> Any:
        written = original(self, tag, value, global_step, *more, **kw)
        _log(run, row, tag, value, global_step)
        return written

    setattr(owner, name, heard)
    return lambda: setattr(owner, name, original)


@complain.never_raises(complain.nothing)
def _log(
    run: Run, row: Callable[[str, Any], dict[str, Any]], tag: str, value: Any, global_step: Any
) -> None:
    values = row(tag, value)
    if global_step is not None:
        values = {**values, "global_step": int(global_step)}
        # TensorBoard's steps may come in any order: each has its own row all the same.
        run._training.log(run._flatten(values), step=int(global_step))  # pyright: ignore[reportPrivateUsage]
        run._summary.record(run._flatten(values))  # pyright: ignore[reportPrivateUsage]
        run._step = max(run._step, int(global_step) + 1)  # pyright: ignore[reportPrivateUsage]
    else:
        run.log(values)


def _prefixed(tag: str, values: Any) -> dict[str, Any]:
    return {f"{tag}/{name}": value for name, value in values.items()}


def _histogram(tag: str, values: Any) -> dict[str, Any]:
    from tracehouse.media import Histogram

    return {tag: Histogram(values)}


def _image(tag: str, picture: Any) -> dict[str, Any]:
    from tracehouse.wandb.data_types import Image

    array = picture.detach().cpu().numpy() if hasattr(picture, "detach") else picture
    if array.ndim == 3 and array.shape[0] in (1, 3, 4):
        array = array.transpose(1, 2, 0)
    return {tag: Image(array)}
