"""`wandb.sdk`: where other libraries look for wandb's classes."""

from tracehouse.wandb.config import Config
from tracehouse.wandb.run import Run
from tracehouse.wandb.sdk import data_types, lib, wandb_run
from tracehouse.wandb.settings import Settings

__all__ = ["Config", "Run", "Settings", "data_types", "lib", "wandb_run"]
