"""Models of any framework: which one it is, what it is made of, how it is written."""

from __future__ import annotations

import pickle
from collections.abc import Generator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tracehouse.values import jsonable, to_json

_MAX_LAYERS = 500
_MAX_TEXT = 100_000
_FRAMEWORKS = {
    "pytorch_lightning": "pytorch_lightning",
    "lightning": "pytorch_lightning",
    "torch": "pytorch",
    "sklearn": "sklearn",
    "xgboost": "xgboost",
    "keras": "tensorflow",
    "tensorflow": "tensorflow",
}


def framework_of(model: Any) -> str:
    """The framework of a model, by what its class derives from; `unknown` for any other."""
    roots = [str(kind.__module__).partition(".")[0] for kind in type(model).__mro__]
    declared = str(getattr(model, "__module__", "")).partition(".")[0]
    known = [_FRAMEWORKS[root] for root in (*roots, declared) if root in _FRAMEWORKS]
    return known[0] if known else "unknown"


def describe_model(model: Any) -> dict[str, Any]:
    """type, module, parameter_count, trainable_parameters, non_trainable_parameters,
    architecture, layers; what a model does not have is left out."""
    found: dict[str, Any] = {"type": type(model).__name__, "module": type(model).__module__}
    if hasattr(model, "named_parameters") and hasattr(model, "named_modules"):
        found |= _torch(model)
    elif callable(getattr(model, "get_params", None)) and not isinstance(model, type):
        found["parameters"] = jsonable(model.get_params(deep=False))
        found["architecture"] = repr(model)[:_MAX_TEXT]
    elif callable(getattr(model, "count_params", None)) and hasattr(model, "layers"):
        found["parameter_count"] = int(model.count_params())
        found["layers"] = [
            {"name": layer.name, "type": type(layer).__name__}
            for layer in model.layers[:_MAX_LAYERS]
        ]
    return found


def _torch(model: Any) -> dict[str, Any]:
    sizes = [(p.numel(), p.requires_grad) for _, p in model.named_parameters()]
    total, trainable = sum(n for n, _ in sizes), sum(n for n, learns in sizes if learns)
    leaves = [
        {
            "name": name,
            "type": type(module).__name__,
            "parameters": sum(p.numel() for p in module.parameters(recurse=False)),
        }
        for name, module in model.named_modules()
        if name and not any(True for _ in module.children())
    ]
    return {
        "parameter_count": total,
        "trainable_parameters": trainable,
        "non_trainable_parameters": total - trainable,
        "architecture": str(model)[:_MAX_TEXT],
        "layers": leaves[:_MAX_LAYERS],
    }


@dataclass
class ModelInfo:
    """A model in an artifact."""

    model: Any
    framework: str
    input_example: Any = None
    description: str | None = None

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON values."""
        known = {"framework": self.framework, "description": self.description}
        return {k: v for k, v in known.items() if v is not None} | describe_model(self.model)

    def write(self, folder: Path) -> Generator[tuple[str, Path]]:
        """Write it and its input example: (name, path)."""
        if hasattr(self.model, "state_dict"):
            path = folder / "model.pt"
            # Not torch.save, which an experiment may listen to.
            import_module("torch.serialization").save(self.model.state_dict(), path)
        elif self.framework == "xgboost" and hasattr(self.model, "save_model"):
            path = folder / "model.json"
            self.model.save_model(str(path))
        elif self.framework == "tensorflow" and hasattr(self.model, "save"):
            path = folder / "model.keras"
            self.model.save(str(path))
        else:
            path = folder / "model.pkl"
            path.write_bytes(pickle.dumps(self.model))
        yield path.name, path
        if self.input_example is not None:
            example = folder / "input_example.json"
            example.write_text(to_json(self.input_example), encoding="utf-8")
            yield example.name, example
