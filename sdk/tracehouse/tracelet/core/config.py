"""What an experiment tracks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ExperimentConfig:
    """Everything is tracked but what has to be asked for."""

    track_metrics: bool = True
    track_environment: bool = True
    """Python, packages, hardware."""
    track_args: bool = True
    """The command line, without secrets."""
    track_stdout: bool = True
    """What the program prints, in backends that have a place for it: tracehouse and clearml."""
    track_checkpoints: bool = True
    """What `torch.save` and Lightning's trainers write becomes an artifact, where artifacts are
    enabled."""
    track_system_metrics: bool = True
    track_git: bool = True
    enable_automagic: bool = False
    automagic_frameworks: set[str] | None = None
    """Those that automagic listens to; None: all that are known."""
    enable_artifacts: bool = False
    automagic_artifacts: bool = False
    """Files that appear in `artifact_watch_dirs` become artifacts; implies `enable_artifacts`."""
    artifact_watch_dirs: list[str] | None = None
    """The working directory when it is not given."""
    watch_filesystem: bool = False
    """The same as `automagic_artifacts`."""

    @property
    def artifacts(self) -> bool:
        """Whether artifacts are on at all."""
        return self.enable_artifacts or self.automagic_artifacts or self.watch_filesystem
