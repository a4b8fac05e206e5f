"""The backends that experiments are logged to, by name."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path

from tracehouse.tracelet.core import discovery
from tracehouse.tracelet.core.plugins import BackendPlugin, PluginInterface, PluginType
from tracehouse.tracelet.exceptions import BackendError, ConfigurationError

# name: (the package that it needs, its class)
_OWN: dict[str, tuple[str | None, str]] = {
    "tracehouse": (None, "TracehouseBackend"),
    "mlflow": ("mlflow", "MlflowBackend"),
    "wandb": ("wandb", "WandbBackend"),
    "aim": ("aim", "AimBackend"),
    "clearml": ("clearml", "ClearmlBackend"),
}


def available_backends(plugin_paths: Iterable[str | Path] | None = None) -> list[str]:
    """The names that can be used on this machine: own ones whose package is there, and plugins."""
    own = [name for name, (package, _) in _OWN.items() if package is None or _installed(package)]
    return [*own, *(name for name in _plugins(plugin_paths) if name not in own)]


def get_backend(name: str, plugin_paths: Iterable[str | Path] | None = None) -> BackendPlugin:
    """A new backend. Raises ConfigurationError (a ValueError) for an unknown name, and BackendError
    where its package is not installed."""
    own = _OWN.get(name.lower())
    if own is not None:
        package, kind = own
        if package is not None and not _installed(package):
            raise BackendError(f"the backend {name} needs {package}: pip install {package}")
        module = importlib.import_module(f"{__name__}.{name.lower()}")
        return getattr(module, kind)()
    plugins = _plugins(plugin_paths)
    if name in plugins and issubclass(found := plugins[name], BackendPlugin):
        return found()
    known = ", ".join([*_OWN, *plugins])
    raise ConfigurationError(f"there is no backend {name!r}: choose {known}")


def _plugins(paths: Iterable[str | Path] | None) -> dict[str, type[PluginInterface]]:
    if paths is None:
        from tracehouse.tracelet.settings import TraceletSettings

        paths = TraceletSettings().plugin_path
    return discovery.find([*discovery.default_paths(), *paths], PluginType.BACKEND)


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # it is there without a spec
        return True
