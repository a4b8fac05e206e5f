"""`wandb.sdk.data_types.video`."""

from tracehouse.wandb.data_types import Video

__all__ = ["Video"]
