"""`wandb.watch`: histograms of a torch model's gradients and parameters."""

from __future__ import annotations

from typing import Any

from tracehouse.media import Histogram


class Watched:
    """Hooks in a model. Every `log_freq` backward passes what they saw is kept for the next row."""

    def __init__(self, model: Any, log: str | None, log_freq: int) -> None:
        self._log = log
        self._every = max(1, log_freq)
        self._counts: dict[str, int] = {}
        self.kept: dict[str, Histogram] = {}
        self._handles: list[Any] = []
        if log not in ("gradients", "parameters", "all"):
            return
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                self._handles.append(parameter.register_hook(self._hook(name, parameter)))

    def _hook(self, name: str, parameter: Any) -> Any:
        def seen(gradient: Any) -> None:
            count = self._counts[name] = self._counts.get(name, 0) + 1
            if (count - 1) % self._every:
                return
            if self._log in ("gradients", "all"):
                self.kept[f"gradients/{name}"] = Histogram(gradient)
            if self._log in ("parameters", "all"):
                self.kept[f"parameters/{name}"] = Histogram(parameter)

        return seen

    def stop(self) -> None:
        """Take the hooks out."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()


def take(watched: list[Watched]) -> dict[str, Histogram]:
    """What was kept since the last row."""
    found: dict[str, Histogram] = {}
    for each in watched:
        found |= each.kept
        each.kept = {}
    return found
