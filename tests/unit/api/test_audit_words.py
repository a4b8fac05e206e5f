"""The audit log's page has words for every act that is written down."""

from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parents[3]
API = HOUSE / "ui_api/tracehouse_api"
WORDS = HOUSE / "ui_api/web/src/logic/acts.ts"
_NOTED = re.compile(r'\bnote(?:_of_account)?\(\s*[^"()]*"([a-z_]+(?:\.[a-z_]+)+)"')


def test_every_act_has_words() -> None:
    noted = {
        act for file in API.rglob("*.py") for act in _NOTED.findall(file.read_text())
    }  # fmt: skip
    assert {"api_key.create", "workspace.claim", "sign_in.link"} <= noted
    told = set(re.findall(r'^  "([a-z_.]+)": "', WORDS.read_text(), re.MULTILINE))
    assert noted <= told
    assert told <= noted | {"sign_out"}
