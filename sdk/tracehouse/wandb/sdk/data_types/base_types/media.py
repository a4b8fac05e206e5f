"""`wandb.sdk.data_types.base_types.media`."""

from tracehouse.wandb.data_types import Media

__all__ = ["Media"]
