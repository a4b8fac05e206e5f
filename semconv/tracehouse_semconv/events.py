"""Event names.

Generated from semconv/registry by `make generate`. Do not edit.
"""

from typing import Final

TRACEHOUSE_RUN_VALUE: Final = "tracehouse.run.value"
"""A value that is not a number (a list, an object, a text), by key and step."""
TRACEHOUSE_RUN_MEDIA: Final = "tracehouse.run.media"
"""A reference to an image, video or other file, by key and step."""
TRACEHOUSE_RUN_ARTIFACT: Final = "tracehouse.run.artifact"
"""A version of an artifact that the run logged or used."""
TRACEHOUSE_RUN_ENVIRONMENT: Final = "tracehouse.run.environment"
"""Python, packages, git, hardware and arguments that the run started with, as a JSON object."""
TRACEHOUSE_RUN_CONSOLE: Final = "tracehouse.run.console"
"""A line of the run's output; the key is `stdout` or `stderr`, the index the line's number."""
TRACEHOUSE_RUN_SWEEP: Final = "tracehouse.run.sweep"
"""A search over configurations. Its run id is the sweep's id, and no run's."""
TRACEHOUSE_RUN_UPDATE: Final = "tracehouse.run.update"
"""A property of a run set from outside it; it outweighs what the run says of itself."""
