"""`wandb.sdk.lib`."""

from tracehouse.wandb.run import RunDisabled
from tracehouse.wandb.sdk.lib import config_util, paths, telemetry

__all__ = ["RunDisabled", "config_util", "paths", "telemetry"]
