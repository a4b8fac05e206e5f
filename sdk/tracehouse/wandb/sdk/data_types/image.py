"""`wandb.sdk.data_types.image`."""

from tracehouse.wandb.data_types import Image

__all__ = ["Image"]
