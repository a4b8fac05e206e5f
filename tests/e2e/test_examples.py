"""The examples as they stand: run like a person runs them, and looked up like a person would."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples._demo.expected import PYTHON_APP, await_arrival
from examples._demo.programs import EXAMPLES, otel_environment, run_node_app, run_python_app
from examples._demo.server import Server as DemoServer
from tests.support.server import Server

# One worker for all: one server, and one run of each program, is enough.
pytestmark = pytest.mark.timeout(360)

Json = dict[str, Any]
SILENT = {"TRACEHOUSE_API_BASE": "http://127.0.0.1:9"}
_OF_EXAMPLES = ("circles", "guessing", "bandit", "tracelet")
_DEMO = [sys.executable, str(EXAMPLES / "demo.py")]


class Arrived:
    """What the API says of one service: whole traces and log records, oldest first."""

    def __init__(self, server: Server, service: str) -> None:
        self._server = server
        self.service = service
        self.summaries = server.get("/v1/traces", service=service).json()["traces"][::-1]
        self.traces = [
            server.get(f"/v1/traces/{trace['trace_id']}").json() for trace in self.summaries
        ]
        self.logs = server.get("/v1/logs", service=service).json()["logs"][::-1]

    def span(self, name: str, *, last: bool = False) -> Json:
        """The first span of that name, or the last."""
        found = [span for trace in self.traces for span in trace["spans"] if span["name"] == name]
        return found[-1 if last else 0]

    def metric(self, name: str, agg: str, *group_by: str) -> dict[str, float]:
        """The one number of each group, over all time."""
        answer = self._server.get(
            "/v1/metrics/series", name=name, agg=agg, step=1e9, group_by=["service", *group_by]
        ).json()
        return {
            "/".join(line["group"][key] for key in group_by): line["points"][-1][1]
            for line in answer["series"]
            if line["group"]["service"] == self.service
        }


def send(server: Server, program: Any, name: str, protocol: str) -> Arrived:
    """Run the program against the server, and wait until what it sent can be queried."""
    service = f"{name}-{protocol.replace('/', '-')}"
    endpoint = f"http://{server.grpc}" if protocol == "grpc" else server.http
    program(otel_environment(service, endpoint=endpoint, protocol=protocol, key=server.key))
    server.settle()
    return Arrived(server, service)


@pytest.fixture(scope="module", params=["grpc", "http/protobuf"])
def python_app(server: Server, request: pytest.FixtureRequest) -> Arrived:
    return send(server, run_python_app, "python", request.param)


@pytest.fixture(scope="module", params=["grpc", "http/protobuf", "http/json"])
def node_app(server: Server, request: pytest.FixtureRequest) -> Arrived:
    return send(server, run_node_app, "node", request.param)


def tree(trace: Json) -> list[str]:
    """A trace's names, indented by the parents that its spans name."""
    depth = {None: -1}
    lines = []
    for span in trace["spans"]:
        depth[span["span_id"]] = depth[span["parent_span_id"]] + 1
        lines.append("  " * depth[span["span_id"]] + span["name"])
    return lines


def exactly(value: Any) -> str:
    """A form in which 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


# --- Python -----------------------------------------------------------------------------------


def test_python_spans_form_the_trees_they_were_started_in(python_app: Arrived) -> None:
    assert list(map(tree, python_app.traces)) == [
        [
            "invoke_agent support",
            "  chat tiny-support-1",
            "  execute_tool look_up_order",
            "    SELECT orders",
            "  chat tiny-support-1",
        ],
        [
            "invoke_agent support",
            "  chat tiny-support-1",
            "  execute_tool refund_order",
            "  chat tiny-support-1",
        ],
    ]
    kinds = {span["name"]: span["kind"] for span in python_app.traces[0]["spans"]}
    assert kinds["invoke_agent support"] == "internal"
    assert kinds["SELECT orders"] == "client"


def test_python_traces_are_listed_with_their_session_and_errors(python_app: Arrived) -> None:
    first, second = python_app.summaries
    assert first["session"] == second["session"]
    assert first["session"].startswith("conv-")
    assert (first["status"], first["span_count"], first["error_count"]) == ("unset", 5, 0)
    assert (second["status"], second["span_count"], second["error_count"]) == ("error", 4, 2)


def test_python_attributes_keep_their_types(python_app: Arrived) -> None:
    assert exactly(python_app.span("SELECT orders")["attributes"]) == exactly(
        {
            "db.system.name": "sqlite",
            "db.query.text": "SELECT * FROM orders WHERE id = ?",
            "db.query.parameter.0": 1042,
            "db.response.returned_rows": 1,
            "order.in_stock": True,
            "order.total": 47.25,
            "order.weight_kg": 2.0,
            "order.quantities": [2, 1],
            "order.prices": [19.5, 8.25],
            "order.gift_wrapped": [True, False],
            "order.label": "AAFQREb/",  # bytes, as base64
        }
    )
    chat = python_app.span("chat tiny-support-1")["attributes"]
    assert chat["gen_ai.request.stop_sequences"] == ["\n\n", "END"]
    assert exactly(chat["gen_ai.usage.input_tokens"]) == "5"
    tool = python_app.span("execute_tool look_up_order")["attributes"]
    assert exactly(tool["gen_ai.tool.call.arguments"]) == '{"order_id": 1042}'
    assert tool["gen_ai.tool.call.result"] == {"state": "shipped", "arrives": "Tuesday"}


def test_python_events_links_resource_and_scope_arrive(python_app: Arrived) -> None:
    first, second = python_app.traces
    query = python_app.span("SELECT orders")
    assert [(event["name"], event["attributes"]) for event in query["events"]] == [
        ("cache.miss", {"cache.key": "order:1042", "cache.size": 128})
    ]
    assert query["start_time"] <= query["events"][0]["time"] <= query["end_time"]
    assert (query["scope"]["name"], query["scope"]["version"]) == ("shop.orders", "2.1.0")
    assert query["resource"]["telemetry.sdk.language"] == "python"
    (link,) = second["spans"][0]["links"]
    assert (link["trace_id"], link["span_id"]) == (first["trace_id"], first["spans"][0]["span_id"])
    assert link["attributes"] == {"link.reason": "previous question"}


def test_python_failed_tool_has_the_error_and_its_exception(python_app: Arrived) -> None:
    tool = python_app.span("execute_tool refund_order")
    message = "no answer for order 1042 within 10 ms"
    assert (tool["status"], tool["status_message"]) == (
        "error",
        f"PaymentProviderUnavailable: {message}",
    )
    (event,) = tool["events"]
    assert event["name"] == "exception"
    assert event["attributes"]["exception.type"] == "tools.PaymentProviderUnavailable"
    assert event["attributes"]["exception.message"] == message
    assert "in refund_order" in event["attributes"]["exception.stacktrace"]
    root = python_app.traces[1]["spans"][0]
    assert (root["status"], root["status_message"]) == ("error", "handed over to a person")


def test_python_log_records_name_their_spans(python_app: Arrived) -> None:
    first, second = (trace["spans"][0] for trace in python_app.traces)
    assert [
        (log["severity_text"], log["body"], log["trace_id"], log["span_id"])
        for log in python_app.logs
    ] == [
        (level, body, root["trace_id"], root["span_id"])
        for level, body, root in [
            ("INFO", "asked: Where is my order 1042?", first),
            ("INFO", "answered", first),
            ("INFO", "asked: I want a refund for it, please.", second),
            ("ERROR", "the tool refund_order failed", second),
            ("INFO", "handed_over", second),
        ]
    ]
    failed, last = python_app.logs[3:]
    assert failed["attributes"]["exception.type"] == "PaymentProviderUnavailable"
    assert failed["severity_number"] == 17
    assert exactly(last["attributes"]["support.answer.characters"]) == "69"


def test_python_metrics_have_the_values_recorded(python_app: Arrived) -> None:
    metric = python_app.metric
    assert metric("support.questions", "sum", "outcome") == {"answered": 1, "handed_over": 1}
    assert metric("support.confidence", "last") == {"": 0.25}
    assert metric("support.conversation.messages", "last") == {"": 4}
    by_type = "gen_ai.token.type"
    assert metric("gen_ai.client.token.usage", "count", by_type) == {"input": 4, "output": 4}
    spans = [span["attributes"] for trace in python_app.traces for span in trace["spans"]]
    used = {
        kind: sum(attributes.get(f"gen_ai.usage.{kind}_tokens", 0) for attributes in spans)
        for kind in ("input", "output")
    }
    assert metric("gen_ai.client.token.usage", "sum", by_type) == used
    assert metric("gen_ai.client.operation.duration", "min")[""] >= 0.02


# --- Node -------------------------------------------------------------------------------------


def test_node_spans_form_the_tree_they_were_started_in(node_app: Arrived) -> None:
    (trace,) = node_app.traces
    assert tree(trace) == [
        "invoke_agent trip-planner",
        "  chat tiny-travel-1",
        "  execute_tool get_weather",
        "    GET /forecast",
        "  chat tiny-travel-1",
        "  execute_tool book_train",
        "  chat tiny-travel-1",
        "  execute_tool book_train",
        "  chat tiny-travel-1",
    ]
    (summary,) = node_app.summaries
    assert (summary["status"], summary["span_count"], summary["error_count"]) == ("unset", 9, 1)
    assert summary["session"].startswith("conv-")


def test_node_attributes_keep_their_types(node_app: Arrived) -> None:
    request = node_app.span("GET /forecast")
    assert exactly(request["attributes"]) == exactly(
        {
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "forecast.days": 2,
            "forecast.sunny": True,
            "forecast.rain_mm": 0.5,
            "forecast.celsius": [24, 26],
            "forecast.humidity": [0.4, 0.35],
            "forecast.windy": [False, True],
            "forecast.stations": ["Lisboa", "Cascais"],
        }
    )
    assert request["kind"] == "client"
    assert exactly(request["events"][0]["attributes"]) == exactly(
        {"cache.key": "forecast:Lisbon", "cache.size": 128}
    )
    assert request["resource"]["telemetry.sdk.language"] == "nodejs"


def test_node_sold_out_train_has_the_error_and_its_exception(node_app: Arrived) -> None:
    sold_out = node_app.span("execute_tool book_train")
    assert (sold_out["status"], sold_out["status_message"]) == (
        "error",
        "the train at 9:00 is sold out",
    )
    (event,) = sold_out["events"]
    assert event["name"] == "exception"
    assert event["attributes"]["exception.type"] == "SoldOutError"
    assert event["attributes"]["exception.message"] == sold_out["status_message"]
    assert node_app.span("execute_tool book_train", last=True)["status"] == "unset"


def test_node_log_records_name_their_span(node_app: Arrived) -> None:
    (trace,) = node_app.traces
    said, failed = node_app.logs
    for log in (said, failed):
        assert log["trace_id"] == trace["trace_id"]
        assert log["span_id"] == trace["spans"][0]["span_id"]
        assert log["attributes"] == {"app.version": "1.0.0"}
    assert said["body"] == "a trip is wanted: Two days somewhere warm, by train, for two."
    assert (failed["event_name"], failed["severity_text"]) == ("trip.tool_failed", "WARN")
    assert exactly(failed["body"]) == exactly(
        {"tool": "book_train", "hour": 9, "tried": ["web", "phone"]}
    )


def test_node_metrics_have_the_values_recorded(node_app: Arrived) -> None:
    metric = node_app.metric
    assert metric("trips.planned", "sum", "city") == {"Lisbon": 1}
    assert metric("trips.in_progress", "last") == {"": 0}
    assert metric("trips.price", "last") == {"": 58.5}
    assert metric("trips.node.heap", "last")[""] > 1_000_000
    assert metric("gen_ai.client.token.usage", "count", "gen_ai.token.type") == {
        "input": 4,
        "output": 4,
    }


# --- the demo ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was filled, with what it said beside it."""
    folder = tmp_path_factory.mktemp("demo") / "week"
    ended = subprocess.run(
        [*_DEMO, "--once", "--examples", "--folder", str(folder)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    folder.with_suffix(".txt").write_text(ended.stdout)
    return folder


def test_demo_fills_a_week_runs_the_examples_and_ends_well(week: Path) -> None:
    said = week.with_suffix(".txt").read_text()
    for part in (
        rf"✓ a server of its own on http://127.0.0.1:\d+, with its data in {re.escape(str(week))}",
        r"· five agents, instrumented by five libraries  [\d.]+ s\n",
        r"✓ a week is in it",
        r"✓ Python over grpc, as support-agent-grpc",
        r"✓ Python over http/protobuf, as support-agent-http",
        r"✓ Node over http/protobuf, as trip-planner",
        r"✗ invoke_agent support +support-agent-grpc +[\d.]+ ms  4 spans  2 failed\n",
        r"    invoke_agent trip-planner +[\d.]+ ms +━+\n",
        r"    ├─ execute_tool get_weather +[\d.]+ ms +━+\n",
        r"    │  └─ GET /forecast +[\d.]+ ms +━+\n",
        r"execute_tool book_train .* the train at 9:00 is sold out\n",
        r"ERROR support-agent-http  the tool refund_order failed  in trace [0-9a-f]{8}\n",
        r"support.questions +total +question +2 support-agent-grpc   2 support-agent-http\n",
        r"trips.price +last +EUR +58.5 trip-planner\n",
        r"✓ the SDK: examples/sdk/chat_agent.py",
        r"finished  circles/logistic  train/accuracy 0.9\d*  train/loss [\d.]+  4 pictures\n",
        r"finished  guessing/policy  reward/best [\d.]+  reward/mean [\d.]+  40 rollouts\n",
        r"http://127.0.0.1:\d+/auth/link\?token=\S+\n",
        r"1  Which training run is best, and why\?\n +http://127.0.0.1:\d+/runs\?\S+\n",
        r"5  What did Claude Code do about the refunds\?\n +http://127.0.0.1:\d+/traces\?\S+\n",
        r"curl -H 'x-api-key: ba_\w+' http://127.0.0.1:\d+/v1/traces\n",
    ):
        assert re.search(part, said), f"{part} is not in:\n{said}"
    assert "\x1b" not in said
    assert said.endswith("The server has stopped.\n\n")


def test_a_filled_demo_serves_the_same_week_until_ctrl_c(week: Path) -> None:
    process = subprocess.Popen(
        [*_DEMO, "--folder", str(week)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        said = ""
        while "until Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert "a week is in it" not in said
        found = re.search(r"curl -H 'x-api-key: (\S+)' (\S+)/v1/traces", said)
        assert found is not None
        key, base = found.groups()

        def ask(path: str, **parameters: Any) -> Json:
            answer = httpx.get(base + path, headers={"x-api-key": key}, params=parameters)
            assert answer.status_code == 200, answer.text
            return answer.json()

        traces = ask("/v1/traces", limit=1000)["traces"]
        assert Counter(trace["service"] for trace in traces) >= Counter(
            {"support-agent": 235, "product-chat": 88, "invoice-reader": 62, "handbook": 54,
             "market-research": 47, "trips": 3, "claude-code": 1}
        )  # fmt: skip
        runs = ask("/v1/runs", limit=100)["runs"]
        ours = [run for run in runs if run["project"] not in _OF_EXAMPLES]
        assert Counter(run["status"] for run in ours) == {"finished": 14, "crashed": 1, "failed": 1}
        assert ask("/v1/prompts")["prompts"][0]["name"] == "support/system"
        assert len(ask("/v1/datasets/support-questions/runs")["runs"]) == 2
        used = ask("/v1/usage")["total"]
        assert 10 < used["cost_usd"] < 60
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, process.stdout.read()
        with pytest.raises(httpx.ConnectError):
            httpx.get(base)
    finally:
        process.kill()


def test_demo_says_what_is_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, said in (
            (["--folder", str(tmp_path)], "holds something else, or a week that was not sent"),
            (["--http-port", port], f"cannot listen on 127.0.0.1:{port} .*choose other ports with"),
        ):
            ended = subprocess.run(
                [*_DEMO, "--once", *arguments], capture_output=True, text=True, timeout=60
            )
            assert ended.returncode == 1
            assert re.search(said, ended.stderr), ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_week_says_where_it_would_go(tmp_path: Path) -> None:
    outside = {k: v for k, v in os.environ.items() if not k.startswith("TRACEHOUSE_")}
    for more, said in (
        ({}, "there is no server of this machine's: start one with `make serve`"),
        ({**SILENT, "TRACEHOUSE_API_KEY": "x"}, "an API key starts with ba_"),
        ({**SILENT, "TRACEHOUSE_API_KEY": "ba_x"}, "Connection refused"),
    ):
        folders = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
        ended = subprocess.run(
            [sys.executable, str(EXAMPLES / "week.py")],
            env=outside | folders | more, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert ended.returncode == 1
        assert ended.stderr.startswith("Error: ")
        assert said in ended.stderr


def test_demo_names_what_did_not_arrive(server: Server) -> None:
    asked = DemoServer(server.http, server.grpc, server.key)
    missing = await_arrival(asked, {"nobody": PYTHON_APP}, seconds=0)
    assert "nobody: 2 × span 'invoke_agent support', and 0 arrived" in missing
    assert "nobody: 5 log records, and 0 arrived" in missing
    assert "nobody: metric 'support.questions'" in missing
