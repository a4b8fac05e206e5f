"""What Claude Code runs before each tool: it wakes the recorder, and nothing else.

It stands in the way of every tool call, so it imports nothing but `os`, is run without site
packages, waits for nobody, prints nothing and ends with 0, whatever happens. What it is given it
reads to the end and does not look at.

Where neither systemd nor launchd restarts the recorder, it starts one whose place is empty: the
file `revive` holds the command, one word a line.
"""

import os

_MOST = 64 << 20


def main() -> None:
    """Wake the recorder."""
    try:
        _take_input()
    except OSError:
        pass
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = os.path.join(state, "tracehouse", "recorder")
    try:
        # Without a reader this fails at once, and so does a pipe that is full.
        pipe = os.open(os.path.join(folder, "wake"), os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        _revive(folder)
        return
    try:
        os.write(pipe, b"!")
    except OSError:
        pass
    os.close(pipe)


def _take_input() -> None:
    """To the end: who writes to a closed pipe is told of an error."""
    if os.isatty(0):
        return
    taken = 0
    while taken < _MOST:
        part = os.read(0, 1 << 16)
        if not part:
            return
        taken += len(part)


def _revive(folder: str) -> None:
    try:
        with open(os.path.join(folder, "revive"), encoding="utf-8") as file:
            command = file.read().splitlines()
    except OSError:
        return
    if not command:
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, number) for number in (0, 1, 2)],
            setsid=True,
        )
    except (OSError, AttributeError, NotImplementedError):
        pass
    finally:
        os.close(nowhere)


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # a tool must not be blocked, whatever it is
        pass
    os._exit(0)
