"""`wandb.integration.lightgbm`: a callback for `lightgbm.train`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracehouse import wandb


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> Callable[[Any], None]:
    """Logs the evaluation results of each iteration. The summary keeps the best of them."""

    def callback(env: Any) -> None:
        if env.iteration == env.begin_iteration:
            if log_params:
                wandb.config.update(env.params, allow_val_change=True)
            for data, metric, _, higher_is_better in _results(env) if define_metric else ():
                wandb.define_metric(
                    f"{data}_{metric}", summary="max" if higher_is_better else "min"
                )
        for data, metric, value, _ in _results(env):
            wandb.log({f"{data}_{metric}": value}, commit=False)
        wandb.log({"iteration": env.iteration}, commit=True)

    return callback


def log_summary(
    model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False
) -> None:
    """Log the best result, the importance of features and, if asked for, the model."""
    _run().summary["best_iteration"] = model.best_iteration
    if feature_importance:
        names, scores = model.feature_name(), model.feature_importance()
        rows = [[name, float(score)] for name, score in zip(names, scores, strict=True)]
        table = wandb.Table(columns=["Feature", "Importance"], data=rows)
        chart = wandb.plot.bar(table, "Feature", "Importance", title="Feature Importance")
        wandb.log({"Feature Importance": chart}, commit=False)
    if save_model_checkpoint:
        artifact = wandb.Artifact(f"model-{_run().id}", "model")
        with artifact.new_file("model.txt", "w") as file:
            file.write(model.model_to_string())
        _run().log_artifact(artifact)


def _results(env: Any) -> list[tuple[str, str, float, bool]]:
    return [(r[0], r[1], r[2], r[3]) for r in env.evaluation_result_list or ()]


def _run() -> wandb.Run:
    run = wandb.run
    assert run is not None, "the callback was made while there was a run"
    return run
