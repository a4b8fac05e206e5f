"""What a dataset is: its type, its size, the shape of an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracehouse.values import to_json

_LONGEST_SAMPLE = 1000


def describe_dataset(dataset: Any, *, sample: bool = False) -> dict[str, Any]:
    """type, module, size, sample_structure; of arrays shape, dtype, ndim; of DataFrames columns; of
    a DataLoader its batch_size as well. With `sample`, the first example as JSON."""
    found: dict[str, Any] = {"type": type(dataset).__name__, "module": type(dataset).__module__}
    inner = getattr(dataset, "dataset", None)
    if inner is not None and hasattr(dataset, "batch_size"):  # a DataLoader
        found |= {"batch_size": dataset.batch_size, "num_workers": dataset.num_workers}
        return found | {f"dataset_{k}": v for k, v in describe_dataset(inner).items()}
    if hasattr(dataset, "columns") and hasattr(dataset, "shape"):  # a DataFrame
        columns = [str(name) for name in dataset.columns]
        return found | {"shape": list(dataset.shape), "columns": columns, "size": len(dataset)}
    if hasattr(dataset, "shape") and hasattr(dataset, "dtype"):  # an array or tensor
        shape = list(dataset.shape)
        described = {"shape": shape, "dtype": str(dataset.dtype), "ndim": len(shape)}
        return found | described | {"size": shape[0] if shape else 1}
    if hasattr(dataset, "__len__"):
        found["size"] = len(dataset)
    if (found.get("size") or 0) > 0 and hasattr(dataset, "__getitem__"):
        try:
            first = dataset[0] if not isinstance(dataset, Mapping) else next(iter(dataset.items()))
        except Exception:  # it is not read by numbers
            return found
        found["sample_structure"] = _structure(first)
        if sample:
            found["sample"] = to_json(first)[:_LONGEST_SAMPLE]
    return found


def _structure(value: Any) -> Any:
    if hasattr(value, "shape"):
        return f"{type(value).__name__}{list(value.shape)}"
    if isinstance(value, (tuple, list)):
        items: Any = value
        return [_structure(each) for each in items[:8]]
    if isinstance(value, Mapping):
        fields: Mapping[Any, Any] = value
        return {str(key): _structure(each) for key, each in list(fields.items())[:32]}
    return type(value).__name__
