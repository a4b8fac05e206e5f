"""`wandb.sdk.data_types.table`."""

from tracehouse.wandb.data_types import Table

__all__ = ["Table"]
