"""tracelet's API: experiments that capture what other libraries log, in one or several backends.

import tracehouse.tracelet as tracelet

with tracelet.start_logging("my_experiment", project="my_project") as experiment:
    experiment.log_params({"learning_rate": 0.01})
    experiment.log_metric("loss", 0.5, 0)
"""

from tracehouse.tracelet.automagic import AutomagicConfig, automagic, capture_hyperparams
from tracehouse.tracelet.backends import available_backends, get_backend
from tracehouse.tracelet.collectors import GitCollector, SystemMetricsCollector
from tracehouse.tracelet.core.artifacts import (
    ArtifactFile,
    ArtifactObject,
    ArtifactReference,
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
)
from tracehouse.tracelet.core.config import ExperimentConfig
from tracehouse.tracelet.core.experiment import Experiment
from tracehouse.tracelet.core.metrics import MetricData, MetricType, RoutingRule
from tracehouse.tracelet.core.orchestrator import Orchestrator
from tracehouse.tracelet.core.plugins import (
    BackendPlugin,
    CollectorPlugin,
    FrameworkPlugin,
    PluginInterface,
    PluginMetadata,
    PluginType,
)
from tracehouse.tracelet.exceptions import BackendError, ConfigurationError, TraceletException
from tracehouse.tracelet.frameworks import (
    LightningFramework,
    PyTorchFramework,
    available_frameworks,
)
from tracehouse.tracelet.interface import get_active_experiment, start_logging, stop_logging
from tracehouse.tracelet.settings import TraceletSettings

__all__ = [
    "ArtifactFile",
    "ArtifactObject",
    "ArtifactReference",
    "ArtifactResult",
    "ArtifactType",
    "AutomagicConfig",
    "BackendError",
    "BackendPlugin",
    "CollectorPlugin",
    "ConfigurationError",
    "Experiment",
    "ExperimentConfig",
    "FrameworkPlugin",
    "GitCollector",
    "LightningFramework",
    "MetricData",
    "MetricType",
    "Orchestrator",
    "PluginInterface",
    "PluginMetadata",
    "PluginType",
    "PyTorchFramework",
    "RoutingRule",
    "SystemMetricsCollector",
    "TraceletArtifact",
    "TraceletException",
    "TraceletSettings",
    "automagic",
    "available_backends",
    "available_frameworks",
    "capture_hyperparams",
    "get_active_experiment",
    "get_backend",
    "start_logging",
    "stop_logging",
]
