"""Writes the types of the API for the web UI, from its OpenAPI schema.

python ui_api/web/api_types.py [--check]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parent))

from npm import install, npm  # pyright: ignore[reportMissingImports]

from tracehouse_api.access import House
from tracehouse_api.app import create_api

_WEB = Path(__file__).parent
_TYPES = _WEB / "src/api/schema.d.ts"


def types() -> str:
    """TypeScript, one type a schema and an operation."""
    no_house = cast("House", None)  # a schema needs routes, and nothing that answers
    with tempfile.TemporaryDirectory() as folder:
        schema, made = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        schema.write_text(json.dumps(create_api(no_house).openapi()))
        install(_WEB)
        npm(_WEB, "exec", "--", "openapi-typescript", str(schema), "-o", str(made))
        return made.read_text()


if __name__ == "__main__":
    found = types()
    if "--check" not in sys.argv[1:]:
        _TYPES.write_text(found)
    elif _TYPES.read_text() != found:
        raise SystemExit("the web UI's types of the API are stale: run  make generate")
