"""Which configuration to try next, from the runs that there are.

Nothing is kept between two suggestions but the runs themselves: the study is made anew each time.
Random and Bayesian search are Optuna's (its TPE: Bergstra et al., 2011).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import TrialState, create_trial

from tracehouse_api.sweeps.space import Sweep, grid

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Tried:
    """A configuration that was given out: its values by names with dots, and what became of it.
    `value` is the metric's last value; None while there is none."""

    parameters: dict[str, Any]
    value: float | None = None
    ended: bool = False


def suggest(
    sweep: Sweep, tried: Sequence[Tried], *, seed: int | None = None
) -> dict[str, Any] | None:
    """The next configuration, by names with dots; None when the sweep is over. Without a `seed` it
    is drawn from the operating system's randomness."""
    if sweep.run_cap is not None and len(tried) >= sweep.run_cap:
        return None
    if sweep.method == "grid":
        return _next_of_grid(sweep, tried)
    if not sweep.parameters:
        return {}
    distributions = {name: p.distribution for name, p in sweep.parameters.items()}
    sampler = (
        RandomSampler(seed)
        if sweep.method == "random"
        else TPESampler(n_startup_trials=5, seed=seed)
    )
    study = optuna.create_study(
        sampler=sampler, direction="maximize" if sweep.maximize else "minimize"
    )
    for each in tried if sweep.method == "bayes" else ():
        try:
            drawn = {n: p.drawn_of(each.parameters[n]) for n, p in sweep.parameters.items()}
        except (KeyError, ValueError):  # changed by the program: it tells nothing of this space
            continue
        known = each.value is not None and each.value - each.value == 0
        if known or each.ended:
            study.add_trial(
                create_trial(
                    state=TrialState.COMPLETE if known else TrialState.FAIL,
                    params=drawn,
                    distributions=distributions,
                    value=each.value if known else None,
                )
            )
    drawn = study.ask(distributions).params
    return {name: p.value_of(drawn[name]) for name, p in sweep.parameters.items()}


def _next_of_grid(sweep: Sweep, tried: Sequence[Tried]) -> dict[str, Any] | None:
    names = list(sweep.parameters)
    taken = [[each.parameters.get(name) for name in names] for each in tried]
    for combination in itertools.product(*(grid(sweep.parameters[name]) for name in names)):
        if list(combination) not in taken:
            return dict(zip(names, combination, strict=True))
    return None
