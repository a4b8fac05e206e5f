"""`wandb.wandb_run`."""

from tracehouse.wandb.run import Run

__all__ = ["Run"]
