"""`define_metric`: which value a summary keeps, and which key is another's x axis."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from tracehouse.wandb.errors import Error

_OPERATIONS = ("min", "max", "mean", "last", "first", "none", "copy", "best")


@dataclass
class Metric:
    """A rule for a key, or for all keys that begin like it (`train/*`)."""

    name: str
    step_metric: str | None = None
    step_sync: bool = False
    hidden: bool = False
    summary: tuple[str, ...] = ()
    goal: str | None = None


@dataclass
class _Seen:
    """What a summary is computed from. NaN counts for none of it."""

    count: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    first: Any = None

    def add(self, value: Any) -> None:
        if self.first is None:
            self.first = value
        if isinstance(value, (int, float)) and not math.isnan(value):
            self.count += 1
            self.total += value
            self.low, self.high = min(self.low, value), max(self.high, value)


@dataclass
class Metrics:
    """The rules of a run, and what it takes to follow them."""

    exact: dict[str, Metric] = field(default_factory=dict[str, Metric])
    globs: dict[str, Metric] = field(default_factory=dict[str, Metric])
    _seen: dict[str, _Seen] = field(default_factory=dict[str, _Seen])
    _last: dict[str, Any] = field(default_factory=dict[str, Any])

    def define(
        self,
        name: str,
        step_metric: str | Metric | None,
        step_sync: bool | None,
        hidden: bool | None,
        summary: str | None,
        goal: str | None,
        overwrite: bool | None,
    ) -> Metric:
        """Add a rule, or to the rule that there is. Raises Error."""
        if not name:
            raise Error("define_metric() requires non-empty name argument")
        if "*" in name[:-1]:
            raise Error("define_metric() name argument (glob suffixes only)")
        operations = tuple(part.strip() for part in (summary or "").split(",") if part.strip())
        for operation in operations:
            if operation not in _OPERATIONS:
                raise Error(f"Unhandled define_metric() arg: summary op: {operation}")
        if goal not in (None, "minimize", "maximize"):
            raise Error(f"Unhandled define_metric() arg: goal: {goal}")
        axis = step_metric.name if isinstance(step_metric, Metric) else step_metric
        rules = self.globs if name.endswith("*") else self.exact
        before = Metric(name) if overwrite else rules.get(name, Metric(name))
        rules[name] = Metric(
            name,
            axis or before.step_metric,
            before.step_sync if step_sync is None and not axis else step_sync is not False,
            before.hidden if hidden is None else hidden,
            operations or before.summary,
            goal or before.goal,
        )
        return rules[name]

    def rule(self, key: str) -> Metric | None:
        """The rule of a key: its own, or the longest that it begins like."""
        if key in self.exact:
            return self.exact[key]
        fitting = [g for g in self.globs if key.startswith(g[:-1])]
        return self.globs[max(fitting, key=len)] if fitting else None

    def axes(self, row: dict[str, Any]) -> dict[str, Any]:
        """The step metrics that a row lacks and its keys ask for, with their last values."""
        missing: dict[str, Any] = {}
        for key in row:
            rule = self.rule(key)
            axis = rule.step_metric if rule and rule.step_sync else None
            if axis and axis not in row and axis not in ("_step", "Step"):
                missing[axis] = self._last.get(axis, 0)
        return missing

    def summarize(self, row: dict[str, Any]) -> dict[str, Any]:
        """What the summary is to hold for the keys of a row."""
        found: dict[str, Any] = {}
        for key, value in row.items():
            self._last[key] = value
            rule = self.rule(key)
            if rule is None or not (rule.summary or rule.goal):
                found[key] = value
                continue
            seen = self._seen.setdefault(key, _Seen())
            seen.add(value)
            if "none" in rule.summary:
                continue
            known = {
                "min": seen.low,
                "max": seen.high,
                "mean": seen.total / seen.count if seen.count else math.nan,
                "last": value,
                "first": seen.first,
                "best": seen.high if rule.goal == "maximize" else seen.low,
            }
            wanted = [operation for operation in rule.summary if operation in known]
            found[key] = {name: known[name] for name in wanted} if wanted else value
        return found

    def is_defined(self, key: str) -> bool:
        """Whether the summary of a key is other than its last value."""
        rule = self.rule(key)
        return rule is not None and bool(set(rule.summary) - {"copy"} or rule.goal)
