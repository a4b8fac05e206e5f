"""`wandb.errors`: what the face raises, by the names that callers catch."""


class Error(Exception):
    """Any of them."""

    def __init__(self, message: str = "", context: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.context = context


class CommError(Error):
    """The server did not do what was asked."""


class AuthenticationError(CommError):
    """The key is not a valid one."""


class UsageError(Error):
    """The caller did what the API does not allow."""


class UnsupportedError(UsageError):
    """The feature is not there."""
