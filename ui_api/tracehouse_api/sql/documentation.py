"""The tables of docs/sql.md, from the views: `python -m tracehouse_api.sql.documentation`."""

from __future__ import annotations

import sys

from tracehouse_api.sql.views import VIEWS, View


def documentation() -> str:
    """Markdown: a section a view, a row a column."""
    return "\n".join(_section(view) for view in VIEWS.values())


def _section(view: View) -> str:
    head = ("| column | type | meaning |", "|---|---|---|")
    rows = (f"| `{c.name}` | `{c.type}` | {c.meaning} |" for c in view.columns)
    return "\n".join((f"### {view.name}", "", f"A row is {view.meaning}.", "", *head, *rows, ""))


if __name__ == "__main__":
    sys.stdout.write(documentation())
