"""`wandb.sdk.data_types.html`."""

from tracehouse.wandb.data_types import Html

__all__ = ["Html"]
