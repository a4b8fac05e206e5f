"""One recorder under every face: spans, points and events, to disk and from there to a server."""

from tracehouse.recorder.recorder import Recorder, get_recorder

__all__ = ["Recorder", "get_recorder"]
