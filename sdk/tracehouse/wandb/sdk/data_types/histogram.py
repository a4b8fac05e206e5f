"""`wandb.sdk.data_types.histogram`."""

from tracehouse.wandb.data_types import Histogram

__all__ = ["Histogram"]
