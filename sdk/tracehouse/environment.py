"""What a run started with: Python, packages, git, hardware, arguments. No secrets."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_ENVIRONMENT_VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    "TOKENIZERS_PARALLELISM", "NCCL_DEBUG", "NCCL_SOCKET_IFNAME", "MASTER_ADDR", "MASTER_PORT",
    "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "SLURM_JOB_ID", "SLURM_JOB_NAME",
    "SLURM_NODELIST", "SLURM_NTASKS", "CONDA_DEFAULT_ENV", "VIRTUAL_ENV", "PYTHONHASHSEED",
)  # fmt: skip
_MAX_DIFF = 200_000
_SECRET_ARGUMENT = re.compile(r"(key|token|secret|password|passwd|credential)", re.IGNORECASE)
_URL_CREDENTIALS = re.compile(r"//[^/@\s]+@")
_HIDDEN = "<hidden>"


def capture_environment(*, git: bool = True) -> dict[str, Any]:
    """Everything that is known, as JSON values; what cannot be found out is left out."""
    found: dict[str, Any] = {
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
        },
        "os": {
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "platform": platform.platform(),
        },
        "cpu": {"count": os.cpu_count(), "model": _cpu_model()},
        "memory_total_bytes": _memory_bytes(),
        "gpus": _gpus(),
        "git": capture_git() if git else None,
        "packages": _packages(),
        "env_vars": {
            name: os.environ[name] for name in _ENVIRONMENT_VARIABLES if name in os.environ
        },
        "cwd": _cwd(),
        "argv": hide_secrets(sys.argv),
        "hostname": platform.node(),
    }
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def hide_secrets(arguments: list[str]) -> list[str]:
    """A command line without what follows an option that is named like a secret."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if hide_next and not argument.startswith("-"):
            shown.append(_HIDDEN)
        elif argument.startswith("-") and equals and _SECRET_ARGUMENT.search(name):
            shown.append(f"{name}={_HIDDEN}")
        else:
            shown.append(_URL_CREDENTIALS.sub("//", argument))
        hide_next = argument.startswith("-") and not equals and bool(_SECRET_ARGUMENT.search(name))
    return shown


def _cwd() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return None


def _cpu_model() -> str | None:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def _memory_bytes() -> int | None:
    try:
        import psutil

        return int(psutil.virtual_memory().total)
    except Exception:
        return None


def run_command(*command: str, cwd: str | None = None) -> str | None:
    """What a program prints; None when it is not there, fails or takes more than 10 seconds."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands, found on the PATH
            [program, *command[1:]],
            capture_output=True,
            cwd=cwd,
            timeout=10,
            check=False,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _gpus() -> list[dict[str, Any]]:
    fields = ("index", "name", "memory.total", "driver_version", "compute_cap")
    query = f"--query-gpu={','.join(fields)}"
    listing = run_command("nvidia-smi", query, "--format=csv,noheader,nounits")
    found: list[dict[str, Any]] = []
    for line in (listing or "").splitlines():
        values = [value.strip() for value in line.split(",")]
        if len(values) == len(fields):
            index, name, memory, driver, capability = values
            found.append(
                {
                    "index": int(index),
                    "name": name,
                    "memory_total_mib": int(float(memory)) if memory[:1].isdigit() else None,
                    "driver_version": driver,
                    "compute_capability": capability,
                }
            )
    return found


def capture_git() -> dict[str, Any]:
    """commit, branch, dirty, remote, diff; nothing where there is no repository."""
    commit = run_command("git", "rev-parse", "HEAD")
    if commit is None:
        return {}
    status = run_command("git", "status", "--porcelain", "--untracked-files=no") or ""
    remote = (run_command("git", "remote", "get-url", "origin") or "").strip()
    diff = (run_command("git", "diff", "HEAD") or "") if status else ""
    return {
        "commit": commit.strip(),
        "branch": (run_command("git", "rev-parse", "--abbrev-ref", "HEAD") or "").strip(),
        "dirty": bool(status),
        "remote": _URL_CREDENTIALS.sub("//", remote) or None,
        "diff": diff[:_MAX_DIFF] or None,
        "diff_truncated": len(diff) > _MAX_DIFF,
    }


def _packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))
