"""What hostile programs send and post is text, too, on the pages of what is kept beside traces."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.e2e.web.test_hostile_data import CORPUS
from tests.support import otlp
from tests.support.server import Server

NAME = CORPUS[1]
TRACE = f"{0xBAD2:032x}"


def test_markup_is_text_in_all_that_is_kept_beside_traces(page: Page, filled: Server) -> None:
    def post(path: str, **document: object) -> None:
        answer = filled.client.post(f"{filled.http}{path}", headers=filled.headers, json=document)
        assert answer.status_code < 300, answer.text

    attributes = {
        "user.id": NAME, "tracehouse.subject.id": NAME, "tracehouse.experiment.name": NAME,
        "tracehouse.experiment.variant": CORPUS[0], "gen_ai.operation.name": "chat",
        "gen_ai.request.model": NAME, "gen_ai.usage.input_tokens": 1, "gen_ai.prompt.name": NAME,
    }  # fmt: skip
    span = otlp.span(0xBAD2, 1, name=NAME, attributes=attributes)
    resource = {"service.name": NAME, "host.id": NAME, "host.name": CORPUS[0]}
    sent = filled.post("traces", otlp.traces(span, resource=resource).SerializeToString())
    assert sent.status_code == 200
    told = "\n".join(CORPUS)
    post("/v1/prompts", name=NAME, prompt=told, config={NAME: told}, tags=[NAME],
         commit_message=told)  # fmt: skip
    post("/v1/prompts", name=NAME, prompt=told[::-1])
    post("/v1/datasets", name=NAME, description=told)
    post(f"/v1/datasets/{quote(NAME, safe='')}/items", id="bad", input=told, expected_output=told)
    post(f"/v1/datasets/{quote(NAME, safe='')}/runs", name=CORPUS[0],
         items=[{"item_id": "bad", "trace_id": TRACE}])  # fmt: skip
    post("/v1/scores", name=NAME, value=CORPUS[0], comment=told, trace_id=TRACE)
    saved = filled.client.put(
        f"{filled.http}/v1/sql/queries/{quote(NAME, safe='')}",
        headers=filled.headers,
        json={"query": told},
    )
    assert saved.status_code == 200
    filled.settle()

    name = quote(NAME, safe="")
    for path in (
        "/prompts", f"/prompts/{name}", f"/prompts/{name}?version=2&before=1", "/datasets",
        f"/datasets/{name}", f"/datasets/{name}?item=bad", f"/datasets/{name}?tab=runs",
        f"/scores?name={name}", "/subjects", f"/subjects/{name}", "/users", "/devices",
        "/sql?side=saved",
        "/sql?query=" + quote("SELECT name, user_id FROM spans WHERE name LIKE '<%'"),
        "/sql?view=chart&query=" + quote("SELECT name, count() AS n FROM spans GROUP BY name"),
    ):  # fmt: skip
        page.goto(path)
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        expect(page.get_by_text("onerror=alert").first).to_be_attached()
        # The editor has an image without a source of its own, where the caret can stand.
        made = "main script, main iframe, main img:not(.cm-widgetBuffer), main svg[onload]"
        assert page.locator(made).count() == 0, path
    # `page` fails the test when a dialog opens or anything is loaded from elsewhere.
