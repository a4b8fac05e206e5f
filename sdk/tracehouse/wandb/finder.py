"""How other libraries find wandb, and find this instead.

`sys.modules["wandb"] = tracehouse.wandb` redirects `import wandb`. Two things more are needed while
that is so: `import wandb.errors` must give the module that is loaded already and not a second copy
of it, or `except wandb.errors.Error` catches nothing; and `importlib.metadata.version("wandb")`
must answer, because libraries ask it whether wandb is there.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, DistributionFinder
from types import ModuleType
from typing import Any

OURS = "tracehouse.wandb"
VERSION = "0.31.0"


def is_redirected() -> bool:
    """Whether `import wandb` gives this package."""
    return getattr(sys.modules.get("wandb"), "__name__", None) == OURS


class _Alias(importlib.abc.Loader):
    """Gives the module of ours that stands for one of wandb's."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        del spec
        module = importlib.import_module(self._name)
        self._kept = (module.__spec__, module.__loader__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has written the alias into the module: it stays what it was.
        module.__spec__, module.__loader__ = self._kept


class _Metadata(Distribution):
    """As much of an installed distribution as anyone asks for."""

    def read_text(self, filename: str) -> str | None:
        if filename == "METADATA":
            return f"Metadata-Version: 2.1\nName: wandb\nVersion: {VERSION}\n"
        return None

    def locate_file(self, path: Any) -> Any:
        return path


class Finder(DistributionFinder):
    """Stands in front of the others, and does nothing until wandb is redirected."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if not fullname.startswith("wandb.") or not is_redirected():
            return None
        name = OURS + fullname.removeprefix("wandb")
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            return None
        if found is None:
            return None
        return importlib.machinery.ModuleSpec(
            fullname, _Alias(name), is_package=bool(found.submodule_search_locations)
        )

    def find_distributions(
        self,
        context: DistributionFinder.Context = DistributionFinder.Context(),  # noqa: B008
    ) -> Iterable[Distribution]:
        if context.name == "wandb" and is_redirected():
            yield _Metadata()


def install() -> None:
    """Put the finder in front, once."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
