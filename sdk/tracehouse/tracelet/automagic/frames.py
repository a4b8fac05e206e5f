"""The code that calls: the frames of the stack that belong to the program, not to a library."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

_OURS = str(Path(__file__).parent.parent.parent)
_LIBRARIES = tuple(
    {
        _OURS,
        *(
            path
            for name in ("stdlib", "platstdlib", "purelib", "platlib")
            if (path := sysconfig.get_path(name))
        ),
    }
)


@dataclass(frozen=True)
class Scope:
    """The variables of a frame; of a function its arguments as well."""

    variables: dict[str, Any]
    arguments: dict[str, Any]


def scopes() -> Iterator[Scope]:
    """Those of the program, the innermost first; the main module last, also when nothing of it is
    running any more."""
    main = vars(sys.modules["__main__"])
    seen_main = False
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if is_program(frame.f_code.co_filename):
            seen_main = seen_main or frame.f_locals is main
            yield _scope(frame)
        frame = frame.f_back
    if not seen_main and is_program(str(main.get("__file__", ""))):
        yield Scope(dict(main), {})


def is_program(filename: str) -> bool:
    """Whether a file is the program's own: of no library, and not of this package."""
    if filename.startswith("<frozen") or "site-packages" in filename:
        return False
    return not filename.startswith(_LIBRARIES)


def _scope(frame: FrameType) -> Scope:
    variables = dict(frame.f_locals)
    code = frame.f_code
    if code.co_name == "<module>":
        return Scope(variables, {})
    count = code.co_argcount + code.co_kwonlyargcount
    arguments = {name: variables[name] for name in code.co_varnames[:count] if name in variables}
    return Scope(variables, arguments)
