"""What Lightning modules log."""

from __future__ import annotations

from typing import Any

from tracehouse.tracelet.core.metrics import MetricType
from tracehouse.tracelet.core.plugins import FrameworkPlugin, PluginMetadata, PluginType

_MODULES = ("lightning.pytorch", "pytorch_lightning")
_PER_EPOCH = ("validation", "test", "predict", "epoch")


class LightningFramework(FrameworkPlugin):
    """Logs what `self.log` and `self.log_dict` are given at each step, and what Lightning makes of
    it over an epoch; all at `trainer.global_step`, with or without a logger. What it logs while it
    only checks the validation at first is left out."""

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata("lightning", "1", PluginType.FRAMEWORK, "Lightning modules")

    def start_tracking(self) -> None:
        self._per_step: set[str] = set()
        for package in _MODULES:
            self.patches.when_imported(f"{package}.core.module", self._patch_module)
            self.patches.when_imported(
                f"{package}.trainer.connectors.logger_connector.logger_connector",
                self._patch_epochs,
            )

    def _patch_module(self, module: Any) -> None:
        self.patches.after(module.LightningModule, "log", self._heard)

    def _patch_epochs(self, module: Any) -> None:
        # The one place that all values go through once they were averaged.
        self.patches.after(module._LoggerConnector, "log_metrics", self._averaged)

    def _heard(
        self,
        module: Any,
        name: str,
        value: Any,
        prog_bar: bool = False,
        logger: bool | None = None,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
        **_: Any,
    ) -> None:
        del prog_bar, logger
        hook = str(getattr(module, "_current_fx_name", None) or "")
        if on_step is None:
            on_step = not any(part in hook for part in _PER_EPOCH)
        trainer = getattr(module, "_trainer", None)
        if not on_step or getattr(trainer, "sanity_checking", False):
            return
        # Lightning's name for it where there is an average, too.
        forked = f"{name}_step" if on_epoch else name
        self._per_step.add(forked)
        step = int(trainer.global_step) if trainer is not None else None
        self._emit(forked, value, step)

    def _averaged(self, connector: Any, metrics: dict[str, Any], step: int | None = None) -> None:
        if step is None:
            step = int(connector.trainer.global_step)
        for name, value in metrics.items():
            if name not in self._per_step and name not in ("epoch", "step"):
                self._emit(name, value, step)

    def _emit(self, name: str, value: Any, step: int | None) -> None:
        computed = value.compute() if hasattr(value, "compute") else value
        self.experiment.emit(name, computed, MetricType.SCALAR, step, "lightning")
