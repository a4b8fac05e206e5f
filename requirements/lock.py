"""Resolve the pinned versions: `server.txt`, `ui.txt`, `dev.txt`, `bench.txt`, each with hashes.

Requirements files and not `uv.lock`, because that one writes the registry's address into every
entry, and a checkout should install from whichever registry its machine is set up for.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

for extra in ("server", "ui", "dev", "bench"):
    subprocess.run(  # noqa: S603
        [
            sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml",
            "--extra", extra, "--universal", "--python-version", "3.11",
            "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header",
            "--prerelease", "if-necessary-or-explicit", "--no-emit-package", "tracehouse",
            "--output-file", str(HERE / f"{extra}.txt"), "--quiet",
        ],
        check=True,
        cwd=HERE.parent,
    )  # fmt: skip

# Other people's libraries, each in an environment of its own. torch is installed apart, as a build
# for the machine at hand: it is left out here with all that it would bring along.
for name in ("frameworks", "real-wandb", "emitters"):
    subprocess.run(  # noqa: S603
        [
            sys.executable, "-m", "uv", "pip", "compile", f"requirements/{name}.in",
            "--override", str(HERE / "frameworks-overrides.txt"),
            "--universal", "--python-version", "3.11",
            "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header",
            "--output-file", str(HERE / f"{name}.txt"), "--quiet",
        ],
        check=True,
        cwd=HERE.parent,
    )  # fmt: skip
