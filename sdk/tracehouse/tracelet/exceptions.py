"""What this face raises: by `start_logging`, constructors and what asks a backend for something."""

from __future__ import annotations


class TraceletException(Exception):
    """Any of them."""


class ConfigurationError(TraceletException, ValueError):
    """A setting that cannot be: an unknown backend, a number that is none."""


class BackendError(TraceletException):
    """A backend that is not installed, or that does not answer what it is asked."""
