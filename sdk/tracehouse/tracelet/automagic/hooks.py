"""What libraries do, heard: learning rates, losses, checkpoints, estimators, boosting rounds."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from tracehouse import complain
from tracehouse.tracelet.automagic.config import AutomagicConfig
from tracehouse.tracelet.core.artifacts import ArtifactType
from tracehouse.tracelet.core.metrics import MetricType
from tracehouse.tracelet.core.patching import Patches
from tracehouse.values import jsonable

if TYPE_CHECKING:
    from tracehouse.tracelet.core.experiment import Experiment

_SOURCE = "automagic"


class Hooks:
    """Puts hooks in the libraries that a configuration names, those imported later as well."""

    def __init__(self, experiment: Experiment, config: AutomagicConfig, patches: Patches) -> None:
        self._experiment = experiment
        self._config = config
        self._patches = patches
        self._rates: dict[str, float] = {}
        self._estimators: set[str] = set()

    def install(self) -> None:
        """Begin to hear."""
        config, later = self._config, self._patches.when_imported
        if "pytorch" in config.frameworks:
            if config.monitor_learning_rate or config.track_model_gradients:
                later("torch.optim.optimizer", self._optimizers)
            if config.monitor_loss_curves:
                later("torch.nn.modules.loss", self._losses)
        if "sklearn" in config.frameworks:
            later("sklearn.base", self._sklearn)
        if "xgboost" in config.frameworks:
            later("xgboost", self._xgboost)

    # --- torch -----------------------------------------------------------------------------------

    def _optimizers(self, module: Any) -> None:
        handle = module.register_optimizer_step_post_hook(self._stepped)
        self._patches.on_undo(handle.remove)

    @complain.never_raises(complain.nothing)
    def _stepped(self, optimizer: Any, *_: Any) -> None:
        """Each learning rate whenever it changes."""
        if self._config.monitor_learning_rate:
            for index, group in enumerate(optimizer.param_groups):
                name, rate = f"lr_group_{index}", float(group["lr"])
                if self._rates.get(name) != rate:
                    self._rates[name] = rate
                    self._experiment.emit(name, rate, MetricType.SCALAR, None, _SOURCE)
        if self._config.track_model_gradients:
            gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
            squares = [g.detach().pow(2).sum() for g in gradients if g is not None]
            if squares:
                total: Any = sum(squares)
                norm = float(total.sqrt())
                self._experiment.emit("gradient_norm", norm, MetricType.SCALAR, None, _SOURCE)

    def _losses(self, module: Any) -> None:
        for loss in vars(module).values():
            if (
                isinstance(loss, type)
                and issubclass(loss, module.Module)
                and "forward" in vars(loss)
            ):
                self._patches.replace(loss, "forward", partial(self._around_loss, loss))

    def _around_loss(self, loss: type[Any], original: Any) -> Any:
        name = f"{_snake(loss.__name__.removesuffix('Loss'))}_loss"

        def forward(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            self._lost(name, result)
            return result

        return forward

    @complain.never_raises(complain.nothing)
    def _lost(self, name: str, result: Any) -> None:
        if self._patches.active and getattr(result, "requires_grad", False) and not result.dim():
            self._experiment.emit(name, result.detach(), MetricType.SCALAR, None, _SOURCE)

    # --- scikit-learn, xgboost -------------------------------------------------------------------

    def _sklearn(self, module: Any) -> None:
        # Every `fit` checks the estimator's parameters first: the one place that all go through.
        self._patches.before(module.BaseEstimator, "_validate_params", self._fitted)

    def _fitted(self, estimator: Any) -> None:
        kind = type(estimator).__name__
        if kind not in self._estimators:
            self._estimators.add(kind)
            params = estimator.get_params(deep=False)
            self._experiment.log_params({f"{kind}_{k}": jsonable(v) for k, v in params.items()})

    def _xgboost(self, module: Any) -> None:
        callback = _boosting_callback(module, self._experiment)

        def around(original: Any) -> Any:
            def train(params: Any, *args: Any, **kwargs: Any) -> Any:
                if self._patches.active:
                    self._begin_boosting(params, kwargs)
                    kwargs = {**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), callback()]}
                return original(params, *args, **kwargs)

            return train

        self._patches.replace(module, "train", around)

    @complain.never_raises(complain.nothing)
    def _begin_boosting(self, params: Any, given: dict[str, Any]) -> None:
        known = {f"xgboost_{name}": jsonable(value) for name, value in dict(params).items()}
        if "num_boost_round" in given:
            known["xgboost_num_boost_round"] = given["num_boost_round"]
        self._experiment.log_params(known)


def watch_checkpoints(experiment: Experiment, patches: Patches) -> None:
    """Keep what `torch.save` and Lightning's trainers write to a file as an artifact."""

    def saved(_: Any, path: Any, *__: Any, **___: Any) -> None:
        if isinstance(path, (str, os.PathLike)) and os.path.isfile(path):  # noqa: PTH113
            experiment.log_path(str(os.fspath(path)), kind=ArtifactType.CHECKPOINT)  # pyright: ignore[reportUnknownArgumentType]

    patches.when_imported("torch", lambda torch: patches.after(torch, "save", saved))
    for package in ("lightning.pytorch", "pytorch_lightning"):
        patches.when_imported(
            f"{package}.trainer.trainer",
            lambda module: patches.after(module.Trainer, "save_checkpoint", saved),
        )


def _boosting_callback(xgboost: Any, experiment: Experiment) -> Any:
    class Rounds(xgboost.callback.TrainingCallback):
        """Logs what each round was evaluated to: `<data>-<metric>`."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            del model
            for data, metrics in evals_log.items():
                for name, values in metrics.items():
                    last = values[-1][0] if isinstance(values[-1], tuple) else values[-1]
                    experiment.emit(f"{data}-{name}", last, MetricType.SCALAR, epoch, _SOURCE)
            return False

    return Rounds


def _snake(name: str) -> str:
    """MSE → mse, CrossEntropy → cross_entropy."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
