"""`wandb.integration.xgboost`: a callback for `xgboost.train` and the scikit-learn estimators."""

from __future__ import annotations

import json
from typing import Any

import xgboost  # pyright: ignore[reportMissingImports]

from tracehouse import wandb


class WandbCallback(xgboost.callback.TrainingCallback):  # pyright: ignore[reportUntypedBaseClass]
    """Logs the evaluation results of each round, and at the end the best one.

    Args:
        log_model: keep the model as an artifact.
        log_feature_importance: log the importance of features as a bar chart.
        importance_type: as `Booster.get_score` takes it.
        define_metric: let the summary keep the best value and not the last.
    """

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        super().__init__()
        self._log_model = log_model
        self._importance = importance_type if log_feature_importance else None
        self._define = define_metric
        if wandb.run is None:
            raise wandb.Error("You must call wandb.init() before WandbCallback()")

    def before_training(self, model: Any) -> Any:
        """Keep the model's parameters as config."""
        wandb.config.update(json.loads(model.save_config()), allow_val_change=True)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Log a round."""
        del model
        for data, metrics in evals_log.items():
            for name, values in metrics.items():
                key = f"{data}-{name}"
                if self._define and epoch == 0:
                    up = any(part in name for part in ("auc", "map", "ndcg", "aucpr"))
                    wandb.define_metric(key, summary="max" if up else "min")
                wandb.log({key: values[-1]}, commit=False)
        wandb.log({"epoch": epoch})
        return False

    def after_training(self, model: Any) -> Any:
        """Log what the model came to."""
        if self._log_model:
            artifact = wandb.Artifact(f"model-{_run().id}", "model")
            with artifact.new_file("model.json", "wb") as file:
                file.write(model.save_raw("json"))
            _run().log_artifact(artifact)
        if self._importance:
            scores = model.get_score(importance_type=self._importance)
            rows = [[name, score] for name, score in scores.items()]
            table = wandb.Table(columns=["Feature", "Importance"], data=rows)
            chart = wandb.plot.bar(table, "Feature", "Importance", title="Feature Importance")
            wandb.log({"Feature Importance": chart})
        for name in ("best_score", "best_iteration"):
            if (value := model.attr(name)) is not None:
                _run().summary[name] = float(value)
        return model


def _run() -> wandb.Run:
    run = wandb.run
    assert run is not None, "the callback was made while there was a run"
    return run
