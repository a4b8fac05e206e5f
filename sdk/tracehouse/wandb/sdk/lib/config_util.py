"""`wandb.sdk.lib.config_util`."""

from tracehouse.wandb.config import ConfigError

__all__ = ["ConfigError"]
