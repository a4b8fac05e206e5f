"""tracehouse: chat traces, training runs, media and rollouts, on OpenTelemetry.

import tracehouse as cm

cm.init(project="my-bot", session_id="run-001")
cm.log_user("hello")
cm.finish(outcome="good")

run = cm.init_run(project="demo", config={"lr": 1e-4})
run.log({"train/loss": 0.5}, step=0)
run.finish()
"""

from tracehouse.chat import Run, Span
from tracehouse.current import (
    current,
    current_run,
    finish,
    init,
    init_run,
    log,
    log_assistant,
    log_attachment,
    log_thinking,
    log_tool_result,
    log_tool_use,
    log_user,
    run_finish,
    run_log,
)
from tracehouse.datasets import Dataset, DatasetItem, create_dataset, get_dataset
from tracehouse.errors import ApiError, ClaudeMonitorError
from tracehouse.evaluation import Evaluation, ItemResult, evaluate
from tracehouse.media import Audio, Histogram, Image, Table, Video
from tracehouse.prompts import Prompt, get_prompt
from tracehouse.reading import Api
from tracehouse.training import TrainingRun

__version__ = "0.1.0"

__all__ = [
    "Api",
    "ApiError",
    "Audio",
    "ClaudeMonitorError",
    "Dataset",
    "DatasetItem",
    "Evaluation",
    "Histogram",
    "Image",
    "ItemResult",
    "Prompt",
    "Run",
    "Span",
    "Table",
    "TrainingRun",
    "Video",
    "create_dataset",
    "current",
    "current_run",
    "evaluate",
    "finish",
    "get_dataset",
    "get_prompt",
    "init",
    "init_run",
    "log",
    "log_assistant",
    "log_attachment",
    "log_thinking",
    "log_tool_result",
    "log_tool_use",
    "log_user",
    "run_finish",
    "run_log",
]
