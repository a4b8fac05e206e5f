"""What hostile programs send is shown as the text that it is: nothing of it runs or loads."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.support import otlp
from tests.support.server import Server

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "[click](javascript:alert(4))",
    "![x](https://elsewhere.example/pixel.png)",
    "<iframe srcdoc='<script>alert(5)</script>'></iframe>",
    "{{constructor.constructor('alert(6)')()}}",
    "\x1b]8;;javascript:alert(7)\x07link\x1b]8;;\x07",
)


def test_a_trace_of_markup_is_text_everywhere(page: Page, filled: Server) -> None:
    told = "\n\n".join(CORPUS)
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": told}]}])
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": CORPUS[1],
        "gen_ai.input.messages": said, "gen_ai.output.messages": said,
        "session.id": CORPUS[0], "user.id": CORPUS[2], "langfuse.trace.tags": list(CORPUS[:3]),
        CORPUS[1]: CORPUS[2],
    }  # fmt: skip
    span = otlp.span(
        0xBAD, 1, name=CORPUS[0], attributes=attributes, status={"code": 2, "message": CORPUS[1]}
    )
    resource = {"service.name": CORPUS[1], "tracehouse.project": CORPUS[2]}
    sent = filled.post("traces", otlp.traces(span, resource=resource).SerializeToString())
    assert sent.status_code == 200
    filled.settle()

    page.goto(f"/traces/{0xBAD:032x}?span={1:016x}")
    expect(page.get_by_role("complementary", name="The span")).to_contain_text(CORPUS[0])
    for tab in ("Attributes", "JSON"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text(CORPUS[2])
    page.keyboard.press("3")
    expect(page.get_by_role("group", name="Conversation")).to_contain_text(CORPUS[1])
    expect(
        page.get_by_role("group", name="Conversation").locator(
            "img, iframe, script, a:not([href^='https://'])"
        )
    ).to_have_count(0)
    for path in ("/traces", "/sessions", "/usage", "/usage?by=project"):
        page.goto(path)
        page.wait_for_timeout(500)
    # `page` fails the test when a dialog opens or anything is loaded from elsewhere.
    assert page.evaluate("document.querySelectorAll('main script, main iframe').length") == 0


def test_the_page_allows_no_script_but_its_own(page: Page) -> None:
    answer = page.goto("/traces")
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
