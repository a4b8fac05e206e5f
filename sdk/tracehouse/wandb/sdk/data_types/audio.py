"""`wandb.sdk.data_types.audio`."""

from tracehouse.wandb.data_types import Audio

__all__ = ["Audio"]
