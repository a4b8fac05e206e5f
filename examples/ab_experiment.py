"""Two variants of an agent, tagged, and what their comparison says."""

import json
import os
import subprocess
import time

import tracehouse as cm
from tracehouse.settings import resolve_destination

EXPERIMENT = "prompt-rewrite"
CUSTOMERS = 120
PAGES = {"refund": "within 30 days", "shipping": "2 to 4 days"}


def look_up(run: cm.Run, page: str) -> str:
    call = run.log_tool_use("look_up", {"page": page})
    run.log_tool_result(PAGES[page], parent_span_id=call.id)
    return PAGES[page]


def agent(run: cm.Run, variant: str, customer: int) -> bool:
    """Answer a customer; whether that went well. The old prompt asks for the same page again and
    again with every fourth customer, and leaves every third without an answer. The new one makes
    the model say more."""
    page = ("refund", "shipping")[customer % 2]
    run.log_user(f"How is it with the {page}?")
    for _ in range(3 if variant == "control" and customer % 4 == 0 else 1):
        found = look_up(run, page)
    answered = customer % (3 if variant == "control" else 20) != 0
    words = 40 + customer % 7 + (25 if variant == "treatment" else 0)
    run.log_assistant(
        f"It is {found}." if answered else "I cannot say.",
        attributes={
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 300 + customer % 11,
            "gen_ai.usage.output_tokens": words,
        },
    )
    return answered


# Nothing is set up first: the experiment is there as soon as something is tagged with it. Every
# customer is served by both variants, so they can be compared in pairs.
for customer in range(CUSTOMERS):
    for variant in ("control", "treatment"):
        with cm.Run(
            project="support",
            session_id=f"{variant}-{customer}",
            subject_id=f"customer-{customer}",
            experiment=EXPERIMENT,
            variant=variant,
        ) as run:
            run.finish(outcome="good" if agent(run, variant, customer) else "bad")

api = cm.Api()
deadline = time.monotonic() + 30
while time.monotonic() < deadline:  # what was logged arrives within a second or two
    there = [one for one in api.experiments() if one["name"] == EXPERIMENT]
    if there and there[0]["traces"] == 2 * CUSTOMERS:
        break
    time.sleep(0.2)

print(api.compare(EXPERIMENT, metrics=["flag_rate", "loop_rate", "error_rate", "output_tokens"]))

# The same from a shell:
server = resolve_destination()
curl = 'curl -sf -H "Authorization: Bearer $TRACEHOUSE_API_KEY" $TRACEHOUSE_API_BASE'
answer = subprocess.run(
    ["sh", "-c", f"{curl}/v1/experiments/{EXPERIMENT}/compare"], check=True, capture_output=True,
    env=os.environ | {
        "TRACEHOUSE_API_KEY": server.api_key or "", "TRACEHOUSE_API_BASE": server.api_base,
    },
)  # fmt: skip
for metric in json.loads(answer.stdout)["metrics"]:
    (found,) = metric["comparisons"]
    print(f"{metric['name']}: {found['verdict']} (decided by {found['decided_by']})")
