"""What is found out automatically."""

from __future__ import annotations

from dataclasses import dataclass, field

FRAMEWORKS = ("pytorch", "lightning", "sklearn", "xgboost")


@dataclass
class AutomagicConfig:
    """Everything is on but what is expensive or personal."""

    detect_function_args: bool = True
    """Arguments and variables of the code that calls."""
    detect_class_attributes: bool = True
    """Attributes of `self` in that code."""
    detect_argparse: bool = True
    """Parsed command lines, as `args_<name>`."""
    detect_config_files: bool = True
    """JSON and YAML files that the code or the command line names, as `config_<name>`."""
    track_model_architecture: bool = True
    track_model_gradients: bool = False
    """The norm of the gradients at each step of an optimizer; it costs time."""
    track_dataset_info: bool = True
    track_data_samples: bool = False
    """The first example of a dataset, too."""
    monitor_learning_rate: bool = True
    monitor_loss_curves: bool = True
    """What torch's loss functions return while gradients are computed."""
    frameworks: set[str] = field(default_factory=lambda: set(FRAMEWORKS))
