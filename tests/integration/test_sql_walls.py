"""The wall in the engine, by itself: what a session gives to whatever text comes through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server
from tests.support.sql import MARKER, fill_two_workspaces, queries
from tracehouse_api.sql.confinement import Bounds, Confinement
from tracehouse_api.sql.forms import FILES, NotAllowed
from tracehouse_api.sql.run import Sql
from tracehouse_api.sql.views import VIEWS
from tracehouse_collector.clickhouse.database import Database

BOUNDS = Bounds(seconds=2, rows=1000, result_bytes=64 << 20, memory_bytes=500 << 20, at_once=2)
TABLES = ("spans", "trace_roots", "calls", "scores", "logs", "points", "histograms",
          "exponential_histograms", "summaries", "run_metrics", "run_records", "run_spans",
          "run_summary", "trace_cohorts", "rejects")  # fmt: skip
# What a session would do: write a file, or wait.
NOT_TRIED = re.compile(r"OUTFILE|sleep|SHUTDOWN", re.IGNORECASE)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Database]]:
    home = tmp_path_factory.mktemp("walls")
    with ExitStack() as stack:
        clickhouse = stack.enter_context(ClickHouseHttp(home / "clickhouse"))
        server = stack.enter_context(Server(home, "--clickhouse-url", clickhouse.url))
        fill_two_workspaces(server)
        database = Database(clickhouse.url, "tracehouse")
        stack.callback(database.close)
        # Rows of both workspaces lie in one part and one granule, as they do after a while.
        for table in TABLES:
            database.command(f"OPTIMIZE TABLE {table} FINAL")
        yield server, database


@pytest.fixture(scope="module")
def database(filled: tuple[Server, Database]) -> Database:
    return filled[1]


def confined(database: Database, query: str, workspace: str = "default") -> str:
    """What a session answers to a text that nobody looked at; an error as its text."""
    with Confinement(database, BOUNDS).session(workspace) as client:
        try:
            return client.raw_query(query, fmt="CSV").decode("utf-8", "replace")
        except ClickHouseError as error:
            return f"ERROR {error}"


@pytest.mark.parametrize("table", TABLES)
def test_a_table_shows_the_callers_rows_only(database: Database, table: str) -> None:
    everything = database.rows(f"SELECT workspace, count() FROM {table} GROUP BY workspace")
    counts = {workspace: str(count) for workspace, count in everything}
    assert set(counts) == {"default", MARKER}
    for workspace in counts:
        for name in (table, f"tracehouse.{table}", f"(SELECT * FROM {table})"):
            shown = confined(database, f"SELECT count() FROM {name}", workspace)
            assert shown.strip() == counts[workspace]
    assert confined(database, f"SELECT count() FROM {table}", "nobody").strip() == "0"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count() FROM merge('tracehouse', '^spans$')",
        "SELECT count() FROM mergeTreeIndex(tracehouse, spans)",
        "SELECT count() FROM view(SELECT * FROM spans)",
        "SELECT count() FROM numbers(10)",
        "SELECT count() FROM system.tables",
        "SELECT count() FROM system.settings",
        "SELECT count() FROM system.parts",
        "SELECT count() FROM system.functions",
        "SELECT count() FROM information_schema.columns",
        "SELECT count() FROM schema_migrations",
    ],
)
def test_what_is_nobodys_is_empty(database: Database, query: str) -> None:
    assert confined(database, query).strip() == "0"


@pytest.mark.parametrize(
    "query",
    [
        "SET readonly = 0",
        "SET additional_table_filters = {}",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT count() FROM spans SETTINGS additional_table_filters = {}",
        "SELECT count() FROM spans SETTINGS max_execution_time = 0",
        "INSERT INTO spans (workspace) VALUES ('default')",
        "CREATE TABLE x (a UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE x (a UInt8)",
        "DROP TABLE spans",
        "ALTER TABLE spans DELETE WHERE 1",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', tracehouse, spans)",
        "SELECT * FROM sqlite('/tmp/x.db', 't')",
    ],
)
def test_a_session_can_neither_write_nor_reach_out_nor_change_itself(
    database: Database, query: str
) -> None:
    assert confined(database, query).startswith("ERROR")
    assert database.rows("SELECT count() FROM spans")[0][0] > 0


@pytest.mark.parametrize(
    "query", [query for query in queries("hostile") if not NOT_TRIED.search(query)]
)
def test_a_hostile_query_shows_nothing_of_others_without_the_wall_of_text(
    database: Database, query: str
) -> None:
    assert MARKER not in confined(database, query)


# Fails on a value of somebody else's row, and on none of ours; it would tell that value.
WOULD_TELL = [
    f"toUInt64(if(position({{}}, '{MARKER}') = 0, '1', {{}})) = 1",
    f"intDiv(1, position({{}}, '{MARKER}') = 0) = 1",
    f"length({{}}) >= 0 AND intDiv(1, position({{}}, '{MARKER}') = 0) = 1",
    f"NOT (intDiv(1, position({{}}, '{MARKER}') = 0) = 0)",
]
TEXTS = {
    "spans": "name", "logs": "body", "scores": "name", "calls": "model", "runs": "name",
    "run_metrics": "key", "run_records": "key", "rollouts": "name", "traces": "name",
    "points": "metric_name", "histograms": "metric_name", "summaries": "unit", "rejects": "record",
    "exponential_histograms": "unit", "experiments": "variant",
}  # fmt: skip


@pytest.mark.parametrize("condition", WOULD_TELL)
@pytest.mark.parametrize("view", VIEWS)
def test_a_condition_is_never_tried_on_a_row_of_others(
    database: Database, view: str, condition: str
) -> None:
    answer = Sql(database, BOUNDS).table(
        "default", f"SELECT count() FROM {view} WHERE {condition.format(*[TEXTS[view]] * 2)}", {}
    )
    assert answer["rows"][0][0] > 0


def test_the_api_answers_over_http_too(filled: tuple[Server, Database]) -> None:
    server, _ = filled
    answer = httpx.post(
        f"{server.http}/v1/sql",
        json={"query": "SELECT name FROM runs WHERE run_id = {run:String}",
              "parameters": {"run": "run"}},
        headers=server.headers,
    )  # fmt: skip
    assert answer.json()["rows"] == [["sft"]]
    for form in ("csv", "arrow", "parquet"):
        refused = httpx.post(
            f"{server.http}/v1/sql",
            json={"query": "SELECT arrayJoin(range(200000)) AS x", "format": form},
            headers=server.headers,
        )
        assert refused.status_code == 422
        assert "sql_rows" in refused.json()["detail"]


def test_what_is_written_has_a_bound_too(database: Database) -> None:
    bounds = Bounds(seconds=10, rows=1000, result_bytes=100_000, memory_bytes=1 << 30, at_once=2)
    sql = Sql(database, bounds)
    constant = "SELECT rightPad('a', {length:UInt32}, 'a') FROM (SELECT arrayJoin(range(900)))"
    assert sql.table("default", constant, {"length": 100})["row_count"] == 900
    with pytest.raises(NotAllowed, match="sql_result_bytes"):
        sql.table("default", constant, {"length": 10_000})


def test_what_fails_after_the_first_rows_is_refused(database: Database) -> None:
    late = "SELECT intDiv(1, 5000 - x) FROM (SELECT arrayJoin(range(10000)) AS x)"
    sql = Sql(database, replace(BOUNDS, rows=20_000))
    for form in FILES.values():
        with pytest.raises(NotAllowed, match="Division by zero"):
            sql.file("default", late, {}, form)
