"""What a run logs: scalars as points, everything else as events, by step."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from tracehouse import complain
from tracehouse.errors import ClaudeMonitorError
from tracehouse.media import Histogram, Media, Table
from tracehouse.recorder import Recorder
from tracehouse.recorder.events import Event
from tracehouse.recorder.points import Points, Stream
from tracehouse.values import Scalar, as_scalar, to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv import events

_LARGEST_STEP = 1 << 63
_MAX_ELEMENTS = 1024


class RunLog:
    """The log of one run. Thread-safe. `log` raises ClaudeMonitorError for a step that is none."""

    def __init__(
        self,
        recorder: Recorder,
        stream: Stream,
        *,
        next_step: int = 0,
        lines: int = 0,
        keep_nonfinite: bool = False,
    ) -> None:
        self.next_step = next_step
        self.lines = lines
        self.dropped_values = 0
        self._recorder = recorder
        self._stream = stream
        self._keep_nonfinite = keep_nonfinite
        self._lock = threading.Lock()
        self._last_ns = 0

    @property
    def current_step(self) -> int:
        """The step that was logged last."""
        return max(0, self.next_step - 1)

    def log(
        self,
        values: Mapping[str, Any],
        step: int | None,
        wall_time: float | None,
        commit: bool,
    ) -> None:
        """Log values at a step; see `TrainingRun.log`."""
        with self._lock:
            if step is None:
                step = self.next_step
                self.next_step += commit
            else:
                step = checked_step(step)
                self.next_step = max(self.next_step, step + 1)
            now = time.time_ns() if wall_time is None else int(wall_time * 1e9)
            # Of two values for one key and step the later counts: no two have the same time.
            self._last_ns = now = now if wall_time is not None else max(now, self._last_ns + 1)
        scalars: dict[str, Scalar] = {}
        for key, value in values.items():
            if type(value) is float and value - value == 0.0 and key and type(key) is str:
                scalars[key] = value
            else:
                self._log_other(str(key), value, step, now, scalars)
        if scalars:
            self._recorder.put(Points(self._stream, scalars, step, now))

    @complain.never_raises(complain.nothing)
    def _log_other(
        self, key: str, value: Any, step: int, now: int, scalars: dict[str, Scalar]
    ) -> None:
        """One value that is not simply a float; what fails costs this value alone."""
        if value is None or key == "":
            return
        if (number := as_scalar(value)) is not None:
            if math.isfinite(number) or self._keep_nonfinite:
                scalars[key] = number
            else:
                self.dropped_values += 1
                complain.once(
                    "%r is %s at step %d: NaN and infinite values are dropped",
                    *(key, number, step),
                    key=f"nonfinite {self._stream.run_id} {key}",
                )
        elif isinstance(value, Media):
            self._log_media(key, value, step, now, 0)
        elif _is_media_list(value):
            for index, item in enumerate(value):
                self._log_media(key, item, step, now, index)
        else:
            for file in value.files if isinstance(value, Table) else ():
                self._recorder.add_blob(file.sha256, file.content)
            body = to_json(_structured(value))
            self.event(events.TRACEHOUSE_RUN_VALUE, key, body, now=now, step=step)

    def _log_media(self, key: str, media: Media, step: int, now: int, index: int) -> None:
        self._recorder.add_blob(media.sha256, media.content)
        body = to_json(media.reference())
        self.event(events.TRACEHOUSE_RUN_MEDIA, key, body, now=now, step=step, index=index)

    def event(
        self,
        name: str,
        key: str,
        body: str,
        *,
        now: int | None = None,
        step: int | None = None,
        index: int = 0,
    ) -> None:
        """Record an event of the run; `body` is text, or JSON."""
        attributes: dict[str, str | int] = {
            names.TRACEHOUSE_RUN_ID: self._stream.run_id,
            names.TRACEHOUSE_KEY: key,
        }
        if step is not None:
            attributes[names.TRACEHOUSE_STEP] = step
        if index:
            attributes[names.TRACEHOUSE_INDEX] = index
        at = time.time_ns() if now is None else now
        self._recorder.put(Event(self._stream.resource, name, at, body, attributes))

    @complain.never_raises(complain.nothing)
    def console_line(self, stream: str, text: str) -> None:
        """Record a line of the program's output."""
        with self._lock:
            number, self.lines = self.lines, self.lines + 1
        self.event(events.TRACEHOUSE_RUN_CONSOLE, stream, valid_text(text), index=number)

    def readings(self, values: Mapping[str, float]) -> None:
        """Record readings of the machine: they have a time and no step."""
        self._recorder.put(Points(self._stream, values, None, time.time_ns()))


def checked_step(step: Any) -> int:
    """A step as an int. Raises ClaudeMonitorError when it is not a whole number of 64 bits."""
    number = as_scalar(step)
    if number is None or number != int(number) or not -_LARGEST_STEP <= number < _LARGEST_STEP:
        raise ClaudeMonitorError(f"step must be a whole number, not {step!r}")
    return int(number)


def _is_media_list(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and bool(value)  # pyright: ignore[reportUnknownArgumentType]
        and all(isinstance(item, Media) for item in value)  # pyright: ignore[reportUnknownVariableType]
    )


def _structured(value: Any) -> Any:
    """What is stored for a value that is not a number; a large array as a histogram."""
    if isinstance(value, (Histogram, Table)):
        return value.jsonable()
    size = getattr(value, "size", None)
    size = size() if callable(size) else size
    elements = math.prod(size) if isinstance(size, (tuple, list)) else size  # pyright: ignore[reportUnknownArgumentType]
    if hasattr(value, "reshape") and isinstance(elements, int) and elements > _MAX_ELEMENTS:
        return Histogram(value).jsonable()
    return value
