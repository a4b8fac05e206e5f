"""`wandb.sdk.lib.paths`."""

import os

StrPath = str | os.PathLike[str]
FilePathStr = str
LogicalPath = str

__all__ = ["FilePathStr", "LogicalPath", "StrPath"]
