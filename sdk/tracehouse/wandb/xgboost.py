"""`wandb.xgboost`."""

from tracehouse.wandb.integration.xgboost import WandbCallback

__all__ = ["WandbCallback"]
