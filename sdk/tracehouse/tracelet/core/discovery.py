"""Plugins that users wrote: in `~/.tracelet/plugins`, and where TRACELET_PLUGIN_PATH says."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tracehouse import complain
from tracehouse.tracelet.core.plugins import PluginInterface, PluginMetadata, PluginType


@dataclass(frozen=True)
class PluginInfo:
    """A plugin that was found."""

    metadata: PluginMetadata
    module_path: str
    plugin: type[PluginInterface]


def default_paths() -> list[Path]:
    """Where plugins are found without being told."""
    return [Path.home() / ".tracelet" / "plugins"]


def discover(paths: Iterable[str | Path]) -> list[PluginInfo]:
    """The plugins in these files, and in the files of these folders. A file that cannot be loaded
    is told once, and costs the others nothing."""
    found: list[PluginInfo] = []
    for path in map(Path, paths):
        files = sorted(path.glob("*.py")) if path.is_dir() else [path] if path.is_file() else []
        for file in files:
            if not file.name.startswith("_"):
                found += _in_file(file)
    return found


def find(paths: Iterable[str | Path], kind: PluginType) -> dict[str, type[PluginInterface]]:
    """The plugins of one kind by their names."""
    return {
        info.metadata.name: info.plugin for info in discover(paths) if info.metadata.type is kind
    }


_loaded: dict[tuple[Path, int], list[PluginInfo]] = {}


def _in_file(path: Path) -> list[PluginInfo]:
    path = path.resolve()
    key = (path, path.stat().st_mtime_ns)
    if key not in _loaded:
        try:
            _loaded[key] = _load(path)
        except Exception as error:
            complain.once(
                "the plugin file %s cannot be loaded: %s: %s",
                *(path, type(error).__name__, error),
                key=f"plugin {path}",
            )
            return []
    return _loaded[key]


def _load(path: Path) -> list[PluginInfo]:
    name = f"tracelet_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return []
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return [
        PluginInfo(kind.get_metadata(), str(path), kind)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, PluginInterface)
        and kind.__module__ == name
        and not inspect.isabstract(kind)
    ]
