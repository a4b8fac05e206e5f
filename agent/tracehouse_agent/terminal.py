"""`tracehouse` without a command: set-up and status, in a terminal."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import ClassVar

import click
from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, DataTable, Footer, Input, Label, Static

from tracehouse.settings import LOCAL_SERVER
from tracehouse_agent.checks import Finding, look_at_everything
from tracehouse_agent.doctor_command import MARKS
from tracehouse_agent.install_command import install, uninstall
from tracehouse_agent.login_command import login
from tracehouse_agent.profile import read_profile

_REFRESH_SECONDS = 5.0


class Login(ModalScreen[tuple[str, str] | None]):
    """Asks for the server and the key."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back")]

    def compose(self) -> ComposeResult:
        known = None
        with contextlib.suppress(ValueError):
            known = read_profile().get("api_base")
        with VerticalScroll(id="form"):
            yield Label("The server's address")
            yield Input(known or LOCAL_SERVER, id="base")
            yield Label("An API key of it")
            yield Input(password=True, placeholder="ba_…", id="key")
            yield Button("Log in", variant="primary", id="login")

    def on_button_pressed(self) -> None:
        self._done()

    def on_input_submitted(self) -> None:
        self._done()

    def _done(self) -> None:
        base = self.query_one("#base", Input).value.strip()
        self.dismiss((base, self.query_one("#key", Input).value.strip()))

    def action_leave(self) -> None:
        self.dismiss(None)


class Terminal(App[None]):
    """What `doctor` finds, kept up to date, and the commands that mend it."""

    TITLE = "tracehouse"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "login", "Log in"),
        Binding("i", "install", "Record"),
        Binding("u", "uninstall", "Stop recording"),
        Binding("r", "look", "Look again"),
        Binding("q", "quit", "Quit"),
    ]
    CSS = """
    Screen { background: $surface; }
    #summary { padding: 1 2 0 2; height: 3; }
    #table { height: 1fr; margin: 0 1; }
    #said { padding: 0 2; height: auto; max-height: 8; color: $text-muted; }
    Login { align: center middle; }
    #form { width: 64; height: auto; padding: 1 2; border: round $primary; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._looks = self._shown = 0

    def compose(self) -> ComposeResult:
        yield Static(id="summary")
        yield DataTable[Text](id="table", cursor_type="none", show_header=False)
        yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one("#table", DataTable)
        table.add_columns("", "what", "how it is")
        self.action_look()
        self.set_interval(_REFRESH_SECONDS, self._look_again)

    def action_look(self) -> None:
        """Look at everything, away from the screen's own thread."""
        self._looks += 1
        self._look(self._looks)

    def _look_again(self) -> None:
        # A look may take longer than the time between two, where a server does not answer.
        if all(worker.is_finished for worker in self.workers if worker.group == "look"):
            self.action_look()

    @work(thread=True, group="look")
    def _look(self, number: int) -> None:
        self.call_from_thread(self._show, number, list(look_at_everything()))

    def _show(self, number: int, findings: list[Finding]) -> None:
        if number < self._shown:
            return  # one that was begun later has been faster
        self._shown = number
        table = self.query_one("#table", DataTable)
        table.clear()
        for finding in findings:
            mark, colour = MARKS[finding.state]
            table.add_row(Text(mark, colour), Text(finding.name, "bold"), Text(finding.detail))
            if finding.next:
                table.add_row(Text(""), Text(""), Text(f"→ {finding.next}", "italic yellow"))
        records = any(f.name == "recorder" and f.facts.get("running") for f in findings)
        wrong = sum(f.state == "problem" for f in findings)
        summary = Text("■ tracehouse  ", "bold cyan")
        summary.append(
            "recording" if records else "not recording", "green" if records else "yellow"
        )
        if wrong:
            summary.append(f"  {wrong} to mend", "red")
        self.query_one("#summary", Static).update(summary)

    def action_login(self) -> None:
        """Ask for a key, and keep it."""

        def given(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                self._run(login, ["--api-base", answer[0], "--api-key", answer[1]])

        self.push_screen(Login(), given)

    def action_install(self) -> None:
        """Hook and background service."""
        self._run(install, [])

    def action_uninstall(self) -> None:
        """Neither."""
        self._run(uninstall, [])

    @work(thread=True, group="command")
    def _run(self, command: click.Command, arguments: list[str]) -> None:
        """A command as it would be typed, its words shown below."""
        self.call_from_thread(self._say, "…")
        said = _said_by(lambda: command.main(arguments, standalone_mode=False))
        self.call_from_thread(self._say, said)
        self.call_from_thread(self.action_look)

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Text(text))


def _said_by(command: Callable[[], object]) -> str:
    """What a command prints, its error included."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            command()
        except click.ClickException as error:
            out.write(error.format_message())
        except SystemExit:
            pass  # what was wrong has been printed
    return out.getvalue().strip()
