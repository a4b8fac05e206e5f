"""Telling hyper-parameters from other variables, by their names and values."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Parameter = bool | int | float | str

_KNOWN = frozenset((
    "lr", "learning_rate", "batch_size", "epochs", "n_epochs", "num_epochs", "dropout",
    "dropout_rate", "weight_decay", "momentum", "beta1", "beta2", "betas", "eps", "epsilon",
    "gamma", "alpha", "tau", "temperature", "seed", "random_state", "optimizer", "scheduler",
    "activation", "loss_fn", "criterion_name", "model_name", "dataset_name", "hidden_size",
    "embed_dim", "num_layers", "warmup_steps", "max_steps", "gradient_clip", "grad_clip",
    "label_smoothing", "n_estimators", "max_depth", "subsample", "precision",
))  # fmt: skip
_TERMS = frozenset((
    "rate", "size", "dim", "dims", "layer", "layers", "epochs", "steps", "decay", "num", "max",
    "min", "hidden", "embed", "embedding", "heads", "units", "channels", "filters", "kernel",
    "stride", "padding", "momentum", "dropout", "warmup", "batch", "workers", "depth", "width",
    "length", "seed", "threshold", "patience", "clip", "scale", "factor", "ratio", "lambda",
    "beta", "gamma", "alpha",
))  # fmt: skip
_NEVER = frozenset((
    "self", "cls", "args", "kwargs", "i", "j", "k", "n", "x", "y", "z", "idx", "index", "batch",
    "batch_idx", "epoch", "step", "iteration", "loss", "acc", "accuracy", "model", "device",
    "config", "data", "target", "output", "outputs", "inputs", "input", "labels", "total",
    "correct", "count", "result", "optimizer_step", "global_step", "running_loss", "train_loss",
    "val_loss",
))  # fmt: skip
_NAMED_CONFIG = frozenset((
    "config", "cfg", "conf", "hparams", "hyperparameters", "hyperparams", "params",
))  # fmt: skip
_FILE_NAMES = re.compile(r"(config|cfg|conf|params|settings|args)", re.IGNORECASE)
_FILE_ENDS = (".json", ".yaml", ".yml")
_SECRET = re.compile(r"(^|_)(api_?key|key|token|secret|password|passwd|credentials?)$", re.I)
_LONGEST_TEXT, _LARGEST_FILE, _DEEPEST = 50, 1_000_000, 4


def is_value(name: str, value: Any) -> bool:
    """Whether a value can be a parameter: a number, a flag or a short text that is no secret."""
    if isinstance(value, str):
        return 0 < len(value) < _LONGEST_TEXT and "\n" not in value and not _SECRET.search(name)
    return isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value))


def is_hyperparameter(name: str, value: Any) -> bool:
    """Whether a variable is one, by its name: `lr`, `hidden_dim`, `num_layers` are; `i`, `epoch`,
    `loss` are not."""
    lower = name.lower()
    if name.startswith("_") or lower in _NEVER or not is_value(name, value):
        return False
    if lower in _KNOWN:
        return True
    words = lower.split("_")
    return not isinstance(value, str) and len(words) > 1 and bool(_TERMS.intersection(words))


def of_function(arguments: Mapping[str, Any]) -> dict[str, Parameter]:
    """The arguments of a function: whatever is a value."""
    return {
        name: value
        for name, value in arguments.items()
        if not name.startswith("_") and name.lower() not in _NEVER and is_value(name, value)
    }


def of_namespace(namespace: Mapping[str, Any]) -> dict[str, Parameter]:
    """Hyper-parameters among variables or attributes; of a dataclass or a dictionary that is named
    like a configuration, all values by their own names."""
    found = {name: value for name, value in namespace.items() if is_hyperparameter(name, value)}
    for name, value in namespace.items():
        if name.lower() in _NAMED_CONFIG:
            inner = _fields(value)
            found |= {key: each for key, each in inner.items() if is_value(key, each)}
    return found


def of_argparse(namespace: Mapping[str, Any]) -> dict[str, Parameter]:
    """Parsed command lines among variables: `args_<name>`."""
    return {
        f"args_{key}": each
        for value in namespace.values()
        if isinstance(value, argparse.Namespace)
        for key, each in vars(value).items()
        if is_value(key, each)
    }


def of_files(namespace: Mapping[str, Any], command_line: list[str]) -> dict[str, Parameter]:
    """The values in configuration files that a variable or the command line names:
    `config_<name>`, nested names joined by `_`."""
    named = [
        str(value)
        for name, value in namespace.items()
        if isinstance(value, (str, Path)) and _FILE_NAMES.search(name)
    ]
    given = [argument.rpartition("=")[2] for argument in command_line]
    found: dict[str, Parameter] = {}
    for path in dict.fromkeys([*named, *given]):
        if path.lower().endswith(_FILE_ENDS):
            found |= dict(_flat("config", read_config(Path(path))))
    return found


def read_config(path: Path) -> Any:
    """What a JSON or YAML file holds; None for a file that is none, or has more than 1 MB."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".json":
            return json.loads(text)
        import yaml

        return yaml.safe_load(text)
    except Exception:  # no file, no PyYAML, not well formed: then it tells nothing
        return None


def _flat(prefix: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        items: Mapping[Any, Any] = value
        for key, inner in items.items():
            yield from _flat(f"{prefix}_{key}", inner, depth + 1)
    elif is_value(prefix, value):
        yield prefix, value


def _fields(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        items: Mapping[Any, Any] = value
        return {key: each for key, each in items.items() if isinstance(key, str)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
    return {}
