"""`wandb.sdk.data_types.base_types.wb_value`."""

from tracehouse.wandb.data_types import WBValue

__all__ = ["WBValue"]
