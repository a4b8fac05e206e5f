"""What constructors raise on misuse. Nothing else in the SDK raises into a program."""


class ClaudeMonitorError(Exception):
    """An argument that makes no run: a malformed key, an unknown kind, outcome or status.

    Named as in the client that this API is a superset of.
    """


class ApiError(ClaudeMonitorError):
    """The server refused a request that the caller waits for.

    `status` is the HTTP status code, 0 when the server could not be reached.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}" if status else message)
        self.status = status
