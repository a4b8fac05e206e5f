"""What programs write to TensorBoard by PyTorch's SummaryWriter, or tensorboardX's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tracehouse.tracelet.core.metrics import MetricType
from tracehouse.tracelet.core.plugins import FrameworkPlugin, PluginMetadata, PluginType
from tracehouse.tracelet.frameworks import summaries

if TYPE_CHECKING:
    from tracehouse.tracelet.frameworks.summaries import Found

_WRITERS = {"torch.utils.tensorboard.writer": "tensorboard", "tensorboardX.writer": "tensorboardX"}
_METHODS: dict[str, Callable[..., Found]] = {
    "add_scalar": summaries.scalar,
    "add_scalars": summaries.scalars,
    "add_histogram": summaries.histogram,
    "add_image": summaries.image,
    "add_images": summaries.images,
    "add_figure": summaries.figure,
    "add_text": summaries.text,
    "add_video": summaries.video,
    "add_audio": summaries.audio,
    "add_embedding": summaries.embedding,
    "add_mesh": summaries.mesh,
}


class PyTorchFramework(FrameworkPlugin):
    """Logs what every SummaryWriter is given, at its `global_step`. What TensorBoard writes stays
    the same."""

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata("pytorch", "1", PluginType.FRAMEWORK, "TensorBoard's SummaryWriter")

    def start_tracking(self) -> None:
        for module, source in _WRITERS.items():
            self.patches.when_imported(module, partial(self._patch, source))

    def _patch(self, source: str, module: Any) -> None:
        writer = module.SummaryWriter
        for name, convert in _METHODS.items():
            method = getattr(writer, name, None)
            if method is not None:
                heard = partial(self._heard, source, convert, inspect.signature(method))
                self.patches.after(writer, name, heard)
        if hasattr(writer, "add_hparams"):
            self.patches.after(writer, "add_hparams", partial(self._hparams, source))

    def _heard(
        self,
        source: str,
        convert: Callable[..., Found],
        signature: inspect.Signature,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = dict(bound.arguments)
        step = given.get("global_step")
        for name, value, kind in convert(given):
            self.experiment.emit(name, value, kind, None if step is None else int(step), source)

    def _hparams(
        self,
        source: str,
        writer: Any,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        del writer, args
        self.experiment.log_params(dict(hparam_dict))
        step = kwargs.get("global_step")
        for name, value in metric_dict.items():
            self.experiment.emit(name, value, MetricType.SCALAR, step, source)
