"""JavaScript programs that use the package, as it is published."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from examples._demo.programs import find_node
from tests.support.sdk import Machine, Program

PACKAGE = Path(__file__).parent.parent.parent / "sdk/js"
HEAD = 'import * as th from "@tracehouse/sdk";\n'


@cache
def node() -> str:
    """The command."""
    return find_node()[0]


def pack(folder: Path) -> Path:
    """The package, as `npm pack` makes it of what is built."""
    assert (PACKAGE / "dist/node.js").exists(), "the JavaScript SDK is not built: make js"
    _, npm = find_node()
    subprocess.run(
        [*npm, "pack", "--silent", "--pack-destination", str(folder)],
        cwd=PACKAGE, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    (packed,) = folder.glob("*.tgz")
    return packed


@cache
def modules() -> Path:
    """A `node_modules` with the package in it, and what it depends on beside it."""
    folder = Path(tempfile.mkdtemp(prefix="tracehouse-node-")) / "node_modules"
    (folder / "@tracehouse").mkdir(parents=True)
    with tarfile.open(pack(folder.parent)) as archive:
        archive.extractall(folder / "@tracehouse", filter="data")
    (folder / "@tracehouse/package").rename(folder / "@tracehouse/sdk")
    for name in ("@opentelemetry", "typescript", "@types", "undici-types"):
        (folder / name).symlink_to(PACKAGE / "node_modules" / name)
    return folder


@dataclass
class NodeMachine(Machine):
    """A user's folders, with programs in JavaScript. `runtime`: the command that runs them, where
    it is not Node."""

    runtime: tuple[str, ...] = ()

    def start_node(
        self, code: str, *, head: str = HEAD, name: str = "program.mjs", **environment: str
    ) -> subprocess.Popen[str]:
        """A program that runs until it ends by itself."""
        self.home.mkdir(parents=True, exist_ok=True)
        link = self.home / "node_modules"
        if not link.exists():
            link.symlink_to(modules())
        (self.home / name).write_text(head + textwrap.dedent(code))
        return subprocess.Popen(
            [*(self.runtime or (node(),)), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=self.home, env=self.variables(**environment),
        )  # fmt: skip

    def run_node(
        self,
        code: str,
        *,
        fails: bool = False,
        timeout: float = 60,
        head: str = HEAD,
        name: str = "program.mjs",
        **environment: str,
    ) -> Program:
        """Run a program to its end, which must be a good one unless it `fails`."""
        process = self.start_node(code, head=head, name=name, **environment)
        out, err = process.communicate(timeout=timeout)
        assert (process.returncode != 0) == fails, f"{process.returncode}\n{out}\n{err}"
        if self.server is not None:
            self.server.settle()
        return Program(process.returncode, out, err)


def remove_modules() -> None:
    """Remove what `modules` made."""
    if modules.cache_info().currsize:
        shutil.rmtree(modules().parent, ignore_errors=True)
        modules.cache_clear()
