"""The pictures of the README and of docs/ui.md, taken of the demo's week in a real Chromium.

make screenshots [ARGS="trace usage"]

To add one, add a line to `SHOTS` and a paragraph to docs/ui.md.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from examples._demo.programs import ProgramFailed, fill_week
from examples._demo.server import Server, running_server

FOLDER = Path(__file__).parent / "images"
_COLOURS = 128
_SETTLE_MS = 700  # charts are drawn, and what moves has come to rest
_WAIT_MS = 20_000
Prepare = Callable[[Page], None]


@dataclass(frozen=True)
class Shot:
    """A picture: of which address, and what has to be seen there before it is taken.

    In an address `{run:<name>}` stands for the id of the run of that name, `{trace:<session>}` for
    that of the newest trace of the session or service. `prepare` does what a person would first.
    """

    name: str
    address: str
    shows: str
    prepare: Prepare | None = None
    theme: Literal["light", "dark"] = "light"
    phone: bool = False


def _the_broken_span(page: Page) -> None:
    page.get_by_role("treeitem").filter(has_text="pool.acquire").first.click()
    expect(page.get_by_role("complementary", name="The span")).to_contain_text("QueuePool")
    page.get_by_role("tab", name="Events").click()


def _drawn(page: Page) -> None:
    expect(page.locator(".u-wrap canvas").first).to_be_visible()


REFUND = "/traces/{trace:chat-refund-twice}"
CHARTS = "/runs/{run:lr-0.001}?smooth=0.6"
SHOTS = (
    Shot("traces", "/traces?since=7d", "Refunds fail: the pool is exhausted"),
    Shot("trace", REFUND, "execute_tool payments.refund", _the_broken_span),
    Shot("conversation", "/traces/{trace:claude-code}?view=conversation", "Find out why"),
    Shot("runs", "/runs?project=tiny-lm&sort=summary.eval%2Floss", "lr-0.001"),
    Shot("run", CHARTS, "train/grad_norm", _drawn),
    Shot(
        "compare",
        "/compare?runs={run:lr-0.001},{run:lr-0.0003},{run:lr-0.01},{run:lr-0.0006}",
        "train/loss",
        _drawn,
    ),
    Shot("media", "/runs/{run:lr-0.001}?tab=media", "head 3"),
    Shot("console", "/runs/{run:lr-0.0006}?tab=console", "Traceback"),
    Shot("rollouts", "/runs/{run:grpo-tiny-80m}?tab=rollouts", "step 13"),
    Shot("sessions", "/sessions?since=7d", "chat-refund-twice"),
    Shot("experiment", "/experiments/verify-first", "better in"),
    Shot("usage", "/usage?since=7d", "Cost by day"),
    Shot("trace-dark", REFUND, "execute_tool payments.refund", _the_broken_span, theme="dark"),
    Shot("run-phone", CHARTS, "train/loss", _drawn, phone=True),
)


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Fill a server with the demo's week and take the pictures of these NAMES, or all of them."""
    known = {shot.name: shot for shot in SHOTS}
    if unknown := [name for name in names if name not in known]:
        raise click.ClickException(
            f"there is no picture {', '.join(unknown)}: choose of {', '.join(known)}"
        )
    chosen = [known[name] for name in names] or SHOTS
    try:
        with running_server() as server, sync_playwright() as playwright:
            fill_week(server.user, lambda part: click.echo(f"  {part}"))
            server.settle()
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
            sizes = take(browser, sign_in(browser, server), server, chosen, FOLDER)
    except ProgramFailed as error:
        raise click.ClickException(str(error)) from None
    for name, size in sizes.items():
        click.echo(f"  {FOLDER / name}.png  {size / 1000:.0f} kB")
    click.echo(f"  {sum(sizes.values()) / 1000:.0f} kB in all")


def sign_in(browser: Browser, server: Server) -> StorageState:
    """Follow the link, which can be done once; what a browser keeps of that."""
    context = browser.new_context(base_url=server.http)
    page = context.new_page()
    page.goto(server.sign_in_link)
    page.wait_for_url("**/traces*")
    signed_in = context.storage_state()
    context.close()
    return signed_in


def take(
    browser: Browser, signed_in: StorageState, server: Server, shots: Iterable[Shot], folder: Path
) -> dict[str, int]:
    """Take these pictures of a server; their sizes in bytes, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, int] = {}
    for shot in shots:
        context = browser.new_context(
            base_url=server.http,
            storage_state=signed_in,
            viewport={"width": 390, "height": 844}
            if shot.phone
            else {"width": 1440, "height": 900},
            device_scale_factor=2 if shot.phone else 1,
            color_scheme=shot.theme,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(_address(server, shot.address))
        shown = page.get_by_text(shot.shows).filter(visible=True).first
        expect(shown).to_be_visible(timeout=_WAIT_MS)
        if shot.prepare is not None:
            shot.prepare(page)
        page.wait_for_timeout(_SETTLE_MS)
        sizes[shot.name] = _keep(page.screenshot(), folder / f"{shot.name}.png")
        context.close()
    return sizes


def _address(server: Server, address: str) -> str:
    """With ids in place of the names."""
    whole = ""
    for piece in address.split("{"):
        name, brace, rest = piece.partition("}")
        whole += (_id(server, *name.split(":", 1)) + rest) if brace else piece
    return whole


def _id(server: Server, kind: str, name: str) -> str:
    if kind == "run":
        found = server.get("/v1/runs", name=name)["runs"]
        return next(run["id"] for run in found if run["name"] == name)
    for by in ("session", "service"):
        if found := server.get("/v1/traces", **{by: name}, limit=1)["traces"]:
            return found[0]["trace_id"]
    raise click.ClickException(f"the week has no trace of {name}")


def _keep(picture: bytes, path: Path) -> int:
    """Store it with few colours, which is enough for flat pages; its size."""
    with Image.open(io.BytesIO(picture)) as image:
        flat = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        flat.save(path, optimize=True)
    return path.stat().st_size


if __name__ == "__main__":
    main()
