"""SQL over one's own rows: what is answered, how, and that nothing else is."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.keys import add_key
from tests.support.sdk import Machine
from tests.support.server import Server
from tests.support.sql import MARKER, fill_two_workspaces, queries
from tracehouse_api.sql.views import VIEWS

ROWS, SECONDS = 1000, 2
NESTED = json.loads("[" * 800 + "]" * 800)
_LOW_CARDINALITY = re.compile(r"LowCardinality\(([^()]*)\)")
# Nobody's rows, but ways to take all the time, memory or disk there is.
BOMBS = [
    (
        "SELECT count() FROM (SELECT arrayJoin(range(1000000)) AS x) AS a,"
        " (SELECT arrayJoin(range(1000000)) AS x) AS b WHERE cityHash64(a.x, b.x) = 1",
        "sql_seconds",
    ),
    (
        "SELECT count() FROM (SELECT x FROM (SELECT arrayJoin([1]) AS x)"
        " ORDER BY x WITH FILL FROM 0 TO 1000000000000 STEP 1)",
        "sql_seconds",
    ),
    ("SELECT match(rightPad('a', 200000, 'a'), '(a?){500}a{500}b')", "sql_seconds"),
    (
        "SELECT groupArray(rightPad(toString(x), 100000)) FROM"
        " (SELECT arrayJoin(range(100000)) AS x)",
        "sql_memory_bytes",
    ),
    (
        "SELECT arraySort(arrayMap(x -> rightPad(toString(x), 1000), range(1000000)))[1]",
        "sql_memory_bytes",
    ),
    (
        "SELECT uniqExact(rightPad(toString(x), 1000)), groupUniqArray(rightPad(toString(x), 1000))"
        " FROM (SELECT arrayJoin(range(1000000)) AS x)",
        "sql_memory_bytes",
    ),
    (
        "SELECT concat(rightPad('a', 1000000), toString(x)) FROM"
        " (SELECT arrayJoin(range(20)) AS x)",
        "sql_result_bytes",
    ),
    ("SELECT rightPad('a', 1000000) FROM (SELECT arrayJoin(range(100)))", "sql_"),
    ("SELECT arrayJoin(range(1000000000))", "maximum of 1000000"),
    ("SELECT range(9223372036854775807)", "maximum of 1000000"),
    ("WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x FROM n) SELECT max(x) FROM n", "depth"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    bounds = {
        "TRACEHOUSE_SQL_SECONDS": str(SECONDS),
        "TRACEHOUSE_SQL_ROWS": str(ROWS),
        "TRACEHOUSE_SQL_MEMORY_BYTES": str(200 << 20),
        "TRACEHOUSE_SQL_RESULT_BYTES": str(10 << 20),
    }
    with Server(tmp_path_factory.mktemp("sql"), environment=bounds) as server:
        fill_two_workspaces(server)
        yield server


def post(server: Server, query: Any, key: str | None = None, **more: Any) -> httpx.Response:
    return server.client.post(
        f"{server.http}/v1/sql",
        content=json.dumps({"query": query, **more}),
        headers={"x-api-key": key or server.key},
    )


def ask(server: Server, query: str, **more: Any) -> dict[str, Any]:
    answer = post(server, query, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(server: Server, query: str, **more: Any) -> list[list[Any]]:
    return ask(server, query, **more)["rows"]


def refusal(server: Server, query: str, **more: Any) -> str:
    answer = post(server, query, **more)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


# --- what is answered ----------------------------------------------------------------------------


@pytest.mark.parametrize("query", queries("ordinary"))
def test_an_ordinary_query_is_answered(filled: Server, query: str) -> None:
    answer = ask(filled, query)
    assert answer["row_count"] == len(answer["rows"])
    assert all(len(row) == len(answer["columns"]) for row in answer["rows"])
    assert MARKER not in json.dumps(answer)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_rows_and_the_columns_it_is_documented_with(filled: Server, name: str) -> None:
    answer = ask(filled, f"SELECT * FROM {name}")
    assert answer["rows"]
    documented = [(column.name, column.type) for column in VIEWS[name].columns]
    assert [(c["name"], plain(c["type"])) for c in answer["columns"]] == documented
    assert MARKER not in json.dumps(answer)


def plain(kind: str) -> str:
    while (simpler := _LOW_CARDINALITY.sub(r"\1", kind)) != kind:
        kind = simpler
    return kind


def test_rows_are_as_the_api_shows_them(filled: Server) -> None:
    trace = filled.get(f"/v1/traces/{1:032x}").json()
    ours = ask(filled, f"SELECT * FROM spans WHERE trace_id = '{1:032x}' ORDER BY start_time")
    names = [column["name"] for column in ours["columns"]]
    shown = [dict(zip(names, row, strict=True)) for row in ours["rows"]]
    for name in ("trace_id", "span_id", "parent_span_id", "name", "start_time", "end_time",
                 "duration_ms", "pending", "status", "service", "project"):  # fmt: skip
        assert [row[name] for row in shown] == [span[name] for span in trace["spans"]], name
    for name in ("kind", "request_model", "input_tokens", "total_tokens", "session_id", "tags"):
        expected = [span["meaning"][name] for span in trace["spans"]]
        assert [row[name] or None for row in shown] == [value or None for value in expected], name
    listed = filled.get("/v1/traces").json()["traces"]
    asked = "SELECT trace_id, name, duration_ms, status FROM traces ORDER BY start_time DESC"
    assert sorted(rows(filled, asked)) == sorted(
        [t["trace_id"], t["name"], t["duration_ms"], t["status"]] for t in listed
    )


def test_what_is_sent_again_is_there_once(filled: Server) -> None:
    counts = "SELECT (SELECT count() FROM spans), (SELECT count() FROM logs)"
    before = rows(filled, counts)
    fill_two_workspaces(filled)
    assert rows(filled, counts) == before


def test_a_run_and_an_experiment_are_rolled_up(filled: Server) -> None:
    assert rows(filled, "SELECT run_id, name, status, experiment FROM runs") == [
        ["run", "sft", "finished", "tone"]
    ]
    assert rows(filled, "SELECT * EXCEPT (first_time, last_time) FROM experiments") == [
        ["tone", "warm", 1, 1, 1]
    ]
    by_step = rows(filled, "SELECT step, value FROM run_metrics WHERE key = 'loss' ORDER BY step")
    assert by_step == [[0, 1.0], [1, 0.5], [2, pytest.approx(1 / 3)]]


# --- how -----------------------------------------------------------------------------------------


def test_values_are_in_jsons_own_terms(filled: Server) -> None:
    (row,) = rows(
        filled,
        "SELECT 9007199254740992, 9007199254740993, [18446744073709551615],"
        " toInt128('170141183460469231731687303715884105727'), nan, [inf, -inf], NULL, true, 0.5,"
        " toDateTime64('2026-01-02 03:04:05.123456789', 9, 'UTC'), map('a', 1), unhex('ff')",
    )
    assert row == [
        9007199254740992, "9007199254740993", ["18446744073709551615"],
        "170141183460469231731687303715884105727", "NaN", ["Infinity", "-Infinity"], None, True,
        0.5, "2026-01-02T03:04:05.123456789Z", {"a": 1}, "\ufffd",
    ]  # fmt: skip


def test_parameters_are_values(filled: Server) -> None:
    given = {
        "n": 2, "texts": ["it's", "a\\b", "x'; DROP TABLE spans"], "text": "%d {n:UInt8}\n",
        "none": None, "yes": True,
    }  # fmt: skip
    asked = (
        "SELECT {n:UInt8} + 1, {texts:Array(String)}, {text:String}, {none:Nullable(String)},"
        " {yes:Bool}"
    )
    assert rows(filled, asked, parameters=given) == [[3, given["texts"], given["text"], None, True]]
    named = "SELECT count() FROM spans WHERE name IN {names:Array(String)}"
    assert rows(filled, named, parameters={"names": ["agent", "call 1"]}) == [[2]]


@pytest.mark.parametrize(
    ("query", "parameters", "complaint"),
    [
        ("SELECT {a:UInt8}", {}, "give values for a"),
        ("SELECT {a:UInt8}", {"a": NESTED}, "a must be"),
        ("SELECT {a:String}", {"a": "x" * 60_000}, "50,000 characters"),
        ("SELECT {a:UInt8}", {"a": {"b": 1}}, "a must be"),
        ("SELECT {a:UInt8}", {"a": "x"}, "cannot be answered"),
        ("SELECT {a:String}", {"a": "\ud800"}, "a is not Unicode"),
        ("SELECT {a:Array(String)}", {"a": [["x"]]}, "cannot be answered"),
        ("SELECT count() FROM spans", {"workspace": MARKER}, None),
        ("SELECT 1", [], "parameters"),
    ],
)
def test_wrong_parameters_are_said(
    filled: Server, query: str, parameters: Any, complaint: str | None
) -> None:
    if complaint is None:
        assert rows(filled, query, parameters=parameters) == rows(filled, query)
    else:
        assert complaint in refusal(filled, query, parameters=parameters)


def test_rows_beyond_the_bound_are_left_out_of_json_and_refused_in_files(filled: Server) -> None:
    many = "SELECT arrayJoin(range({n:UInt32})) AS x ORDER BY x DESC"
    whole = ask(filled, many, parameters={"n": ROWS})
    assert (whole["row_count"], whole["truncated"]) == (ROWS, False)
    cut = ask(filled, many, parameters={"n": ROWS * 5})
    assert (cut["row_count"], cut["truncated"]) == (ROWS, True)
    assert cut["rows"][0] == [ROWS * 5 - 1]
    for form in ("csv", "arrow", "parquet"):
        said = refusal(filled, many, parameters={"n": ROWS * 5}, format=form)
        assert "sql_rows" in said
        assert "LIMIT" in said


def test_files_hold_what_json_shows(filled: Server) -> None:
    query = "SELECT name, total_tokens, tags, attributes, start_time FROM spans ORDER BY start_time"
    expected = rows(filled, query)
    answers = {form: post(filled, query, format=form) for form in ("csv", "arrow", "parquet")}
    for form, answer in answers.items():
        assert answer.status_code == 200, answer.text
        assert (
            f'filename="query.{form if form != "arrow" else "arrows"}"'
            in (answer.headers["content-disposition"])
        )
    assert answers["csv"].headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answers["csv"].text)))
    assert [[line["name"], int(line["total_tokens"])] for line in lines] == [
        row[:2] for row in expected
    ]
    for table in (
        pa.ipc.open_stream(answers["arrow"].content).read_all(),
        pq.read_table(io.BytesIO(answers["parquet"].content)),
    ):
        found = table.to_pydict()
        assert found["name"] == [row[0] for row in expected]
        assert found["tags"] == [row[2] for row in expected]
        assert [dict(pairs) for pairs in found["attributes"]] == [row[3] for row in expected]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "query"), ({"query": 1}, "query"), ({"query": "SELECT 1", "format": "xml"}, "format"),
        ({"query": "SELECT 1", "format": ["json"]}, "format"),
        ({"query": "SELECT 1", "settings": {}}, "settings"), ([], "object"), ("x", "object"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_said(filled: Server, body: Any, complaint: str) -> None:
    answer = filled.client.post(f"{filled.http}/v1/sql", json=body, headers=filled.headers)
    assert answer.status_code == 422
    assert complaint in answer.json()["detail"]


def test_the_documentation_is_served(filled: Server) -> None:
    answer = filled.get("/v1/sql/views").json()
    assert [view["name"] for view in answer["views"]] == list(VIEWS)
    (traces,) = (view for view in answer["views"] if view["name"] == "traces")
    assert traces["columns"][0] == {
        "name": "trace_id", "type": "String", "meaning": "32 hex digits",
    }  # fmt: skip
    assert answer["bounds"]["rows"] == ROWS


# --- what is not ---------------------------------------------------------------------------------


@pytest.mark.parametrize("query", queries("hostile"))
def test_a_hostile_query_is_refused_and_tells_nothing(filled: Server, query: str) -> None:
    for form in ("json", "csv"):
        answer = post(filled, query, format=form)
        assert answer.status_code == 422, answer.text
        assert MARKER not in answer.text
        assert "root:" not in answer.text


def test_the_server_still_has_its_rows_and_can_be_written_to(filled: Server) -> None:
    fill_two_workspaces(filled)
    assert filled.get("/v1/spans").json()["spans"]


@pytest.mark.parametrize(("query", "bound"), BOMBS)
def test_what_takes_too_much_is_stopped_and_says_which_bound(
    filled: Server, query: str, bound: str
) -> None:
    assert bound in refusal(filled, query)
    assert rows(filled, "SELECT 1") == [[1]]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("SELECT nosuch FROM spans", "identifier `nosuch`"),
        ("SELECT workspace FROM spans", "identifier `workspace`"),
        ("SELECT own.workspace FROM spans", "`workspace`"),
        ("SELECT received_ns FROM logs", "`received_ns`"),
        ("SELECT toUInt64(name) FROM spans", "Cannot parse string"),
        ("SELECT sum(name) FROM spans", "Illegal type"),
        ("SELECT name FROM nowhere", "there is no table nowhere"),
        ("SELECT nosuch(1)", "function nosuch is not offered"),
        ("SELECT name, count() FROM spans", "cannot be answered"),
        ("SELECT 1 FROM spans WHERE name", "cannot be answered"),
    ],
)
def test_a_mistake_is_said_without_what_lies_behind_the_views(
    filled: Server, query: str, complaint: str
) -> None:
    said = refusal(filled, query)
    assert complaint in said
    for inside in ("default", "FINAL", "own.", "SELECT", "__table", "DB::Exception", "Code:"):
        assert inside not in said


def test_a_key_that_may_only_send_may_not_ask(filled: Server) -> None:
    key = add_key(filled, workspace="default", scopes=["ingest"])
    assert post(filled, "SELECT 1", key=key).status_code == 403
    assert httpx.post(f"{filled.http}/v1/sql", json={"query": "SELECT 1"}).status_code == 401


def test_a_key_that_may_only_read_may(filled: Server) -> None:
    key = add_key(filled, workspace=MARKER, scopes=["read"])
    answer = post(filled, "SELECT DISTINCT service FROM spans", key=key)
    assert answer.json()["rows"] == [[f"shop{MARKER}"]]


CORPUS = queries("ordinary") + queries("hostile")
PIECES = sorted({word for query in CORPUS for word in re.findall(r"\w+|[^\w\s]", query)})


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Queries of the corpora cut, crossed and sprinkled with pieces of others."""
    words = re.findall(r"\w+|\s+|[^\w\s]", draw(st.sampled_from(CORPUS)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(words)))
        match draw(st.sampled_from(["insert", "remove", "cross", "wrap"])):
            case "insert":
                words[at:at] = [" ", draw(st.sampled_from(PIECES)), " "]
            case "remove":
                del words[at : at + draw(st.integers(1, 5))]
            case "cross":
                words[at:] = re.findall(r"\w+|\s+|[^\w\s]", draw(st.sampled_from(CORPUS)))[at:]
            case _:
                words = ["SELECT * FROM (", *words, ") AS outer_one"]
    return "".join(words)


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_no_mutation_fails_or_shows_another_workspace(filled: Server, query: str) -> None:
    answer = post(filled, query)
    assert answer.status_code in (200, 422), f"{query}\n{answer.text}"
    assert MARKER not in answer.text.replace(json.dumps(query), ""), query


# --- from the command line -----------------------------------------------------------------------


@pytest.fixture
def machine(filled: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, filled)


def test_the_command_draws_a_table(machine: Machine) -> None:
    done = machine.tracehouse("sql", "SELECT name, total_tokens FROM spans WHERE name = 'call 1'")
    header, rule, row, blank, count = done.out.splitlines()
    assert header.split() == ["name", "total_tokens"]
    assert set(rule) == {"─", " "}
    assert row.split() == ["call", "1", "15"]
    assert blank == ""
    assert count.startswith("1 row in ")


def test_the_command_writes_files(machine: Machine) -> None:
    path = machine.home / "spans.parquet"
    machine.tracehouse("sql", "SELECT name FROM traces", "--format", "parquet", "-o", str(path))
    assert sorted(pq.read_table(path).to_pydict()["name"]) == ["agent", "tracehouse.run"]
    answer = json.loads(machine.tracehouse("sql", "SELECT 1 AS x", "--format", "json").out)
    assert answer["rows"] == [[1]]
    assert machine.tracehouse("sql", "SELECT 1 AS x", "--format", "csv").out == '"x"\n1\n'


def test_the_command_says_what_the_server_says(machine: Machine) -> None:
    failed = machine.tracehouse("sql", "SELECT file('/etc/passwd')", fails=True)
    assert "the function file is not offered here" in failed.err
    many = machine.tracehouse("sql", f"SELECT arrayJoin(range({ROWS + 1}))")
    assert f"first {ROWS:,} rows" in many.err
