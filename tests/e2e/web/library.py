"""What a team keeps beside its traces, for the UI to show: prompts, a dataset with runs over it,
judgements of every kind, a machine that sends."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.support import otlp
from tests.support.server import Server

PROMPT = "support/answer"
DATASET = "support-questions"
QUESTIONS = (
    ("Where is order A-1042?", "It was shipped and arrives on Tuesday."),
    ("How do I change my address?", "In your account, under Addresses."),
    ("Please refund the second charge.", "The second charge is refunded."),
    ("Which plan has SSO?", "The Team plan has SSO."),
    ("Do you ship to Norway?", "Yes, within five days."),
    ("My discount code does not work.", "It ended on Sunday; here is a new one."),
    ("Can I pay by invoice?", "From ten seats on."),
    ("Delete my account, please.", "It is deleted, and so is your data."),
)
RUNS = ("gpt-4o-mini", "claude-sonnet-4-5", "claude-sonnet-4-5 terse")


def fill(server: Server) -> None:
    """Send and post all of it. Returns once it can be asked for."""
    _prompts(server)
    _post(server, "/v1/datasets", name=DATASET, description="What customers ask most.")
    items = _post(
        server,
        f"/v1/datasets/{DATASET}/items",
        items=[
            {"input": {"question": asked}, "expected_output": answer, "metadata": {"topic": place}}
            for place, (asked, answer) in enumerate(QUESTIONS)
        ],
    )["items"]
    for number, run in enumerate(RUNS):
        _run(server, number, run, [item["id"] for item in items])
    server.settle()


def _prompts(server: Server) -> None:
    texts = (
        "Answer {{question}}.",
        "You are the support agent of {{shop}}.\nAnswer {{question}} in one sentence.",
        "You are the support agent of {{shop}}.\nBe kind, be brief.\nAnswer {{question}}.",
    )
    for number, text in enumerate(texts, start=1):
        _post(
            server,
            "/v1/prompts",
            name=PROMPT,
            prompt=text,
            labels=["production"] if number == 2 else ["staging"] if number == 3 else [],
            tags=["support"],
            config={"temperature": 0.2} if number > 1 else None,
            commit_message=("first", "says who it is", "kinder")[number - 1],
        )
    _post(
        server,
        "/v1/prompts",
        name="judge/helpful",
        prompt=[
            {"role": "system", "content": "You judge answers."},
            {"role": "user", "content": "Is this helpful? {{answer}}"},
        ],
        labels=["production"],
    )


def _run(server: Server, number: int, name: str, items: list[str]) -> None:
    begin = time.time_ns() - (3 - number) * 3600 * 10**9
    links: list[dict[str, str]] = []
    for place, (asked, answer) in enumerate(QUESTIONS):
        trace = 0xDA7A_0000 + number * 100 + place
        fails = number == 0 and place == 5
        said = answer if number or place % 3 else "I do not know."
        span = otlp.span(
            trace,
            1,
            name="evaluate",
            start=begin + place * 10**9,
            duration=(900 - 200 * number + 35 * place) * 10**6,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": name.split()[0],
                "gen_ai.response.model": name.split()[0],
                "gen_ai.usage.input_tokens": 200 + place,
                "gen_ai.usage.output_tokens": 30 + place,
                "gen_ai.prompt.name": PROMPT,
                "gen_ai.prompt.version": str(2 + number % 2),
                "gen_ai.input.messages": _message("user", asked),
                **({} if fails else {"gen_ai.output.messages": _message("assistant", said)}),
            },
            **({"status": {"code": 2, "message": "rate limited"}} if fails else {}),
        )
        resource = {
            "service.name": "evaluation",
            "tracehouse.project": "shop-evals",
            "host.id": "c0ffee-42",
            "host.name": "build-server",
        }
        sent = server.post("traces", otlp.traces(span, resource=resource).SerializeToString())
        assert sent.status_code == 200, sent.text
        links.append({"item_id": items[place], "trace_id": f"{trace:032x}"})
        if not fails:
            right = said == answer
            for score in (
                {"name": "correct", "value": right},
                {"name": "closeness", "value": 0.95 - 0.04 * place if right else 0.2},
                {"name": "tone", "value": "kind" if number else "curt"},
            ):
                _post(
                    server,
                    "/v1/scores",
                    **score,
                    trace_id=f"{trace:032x}",
                    project="shop-evals",
                    comment="says what was expected" if right else "does not answer",
                )
    _post(server, f"/v1/datasets/{DATASET}/runs", name=name, items=links)


def _message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _post(server: Server, path: str, **document: Any) -> Any:
    answer = server.client.post(f"{server.http}{path}", headers=server.headers, json=document)
    assert answer.status_code == 201, f"{path}: {answer.text}"
    return answer.json()
