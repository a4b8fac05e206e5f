"""`wandb.integration.sb3`: a callback for stable-baselines3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import (  # pyright: ignore[reportMissingImports]
    BaseCallback,
)

from tracehouse import wandb


class WandbCallback(BaseCallback):  # pyright: ignore[reportUntypedBaseClass]
    """Keeps the algorithm's parameters as config, watches the policy and saves the model.

    The scalars come by `sync_tensorboard=True`, as with wandb.
    """

    def __init__(
        self,
        verbose: int = 0,
        model_save_path: str | None = None,
        model_save_freq: int = 0,
        gradient_save_freq: int = 0,
        log: str | None = "all",
    ) -> None:
        super().__init__(verbose)
        if wandb.run is None:
            raise wandb.Error("You must call wandb.init() before WandbCallback()")
        self._path = Path(model_save_path) / "model.zip" if model_save_path else None
        self._save_every = model_save_freq
        self._watch_every = gradient_save_freq
        self._log = log

    def _init_callback(self) -> None:
        parameters: dict[str, Any] = {"algo": type(self.model).__name__}
        for key, value in self.model.__dict__.items():
            if key not in wandb.config:
                simple = isinstance(value, (int, float, str, bool))
                parameters[key] = value if simple else str(value)[:1000]
        wandb.config.setdefaults(parameters)
        if self._watch_every > 0:
            wandb.watch(self.model.policy, log_freq=self._watch_every, log=self._log)

    def _on_step(self) -> bool:
        if self._path and self._save_every and self.n_calls % self._save_every == 0:
            self._save()
        return True

    def _on_training_end(self) -> None:
        if self._path:
            self._save()

    def _save(self) -> None:
        assert self._path is not None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(self._path)
        wandb.save(str(self._path), base_path=str(self._path.parent))
