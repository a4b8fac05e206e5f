"""Migrations: in order, each once; one server or a cluster from the same files."""

from __future__ import annotations

import re

import pytest

from tracehouse_collector.schema.migrate import SCHEMA_DIR, migrate, migrations
from tracehouse_semconv.otlp import otlp_proto

NAMES = sorted(path.stem for path in SCHEMA_DIR.glob("[0-9]*.sql"))
CLUSTERED = [s for migration in migrations(cluster="c") for s in migration.statements]
ALONE = [s for migration in migrations() for s in migration.statements]
SHARDING = {
    "spans": "cityHash64(trace_id)",
    "trace_roots": "cityHash64(trace_id)",
    "logs": "cityHash64(trace_id, request_id)",
    "points": "cityHash64(metric_name, series)",
    "histograms": "cityHash64(metric_name, series)",
    "exponential_histograms": "cityHash64(metric_name, series)",
    "summaries": "cityHash64(metric_name, series)",
    "run_metrics": "cityHash64(run_id)",
    "run_spans": "cityHash64(run_id)",
    "run_records": "cityHash64(run_id)",
    "run_summary": "cityHash64(run_id)",
    "calls": "call_id",
    "scores": "cityHash64(score_id)",
}


class Recorder:
    """A database that knows which migrations were applied, and dies where it is told to."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.applied: list[str] = []
        self.dies_at: str | None = None

    def command(self, statement: str) -> object:
        if self.dies_at is not None and self.dies_at in statement:
            raise ConnectionError("gone")
        self.commands.append(statement)
        if match := re.match(r"INSERT INTO schema_migrations .*'(.+)'", statement):
            self.applied.append(match[1])
        return None

    def rows(self, query: str) -> list[tuple[str, ...]]:
        return [(name,) for name in self.applied]


def code(statement: str) -> str:
    """A statement without its comments."""
    return "\n".join(li for li in statement.splitlines() if not li.lstrip().startswith("--"))


def test_all_are_applied_in_the_order_of_their_names() -> None:
    database, said = Recorder(), list[str]()

    assert migrate(database, say=said.append) == NAMES
    assert database.applied == NAMES
    assert database.commands[0].startswith("CREATE TABLE IF NOT EXISTS schema_migrations")
    assert [c for c in database.commands[1:] if not c.startswith("INSERT")] == ALONE
    assert len(said) == len(NAMES)


def test_each_is_applied_once() -> None:
    database = Recorder()
    migrate(database)
    before = len(database.commands)

    assert migrate(database) == []
    assert len(database.commands) == before + 1  # the table of migrations is asked for again


def test_one_that_was_cut_off_half_way_is_run_again_from_its_start() -> None:
    database = Recorder()
    database.dies_at = "MATERIALIZED VIEW IF NOT EXISTS logs_store"
    with pytest.raises(ConnectionError):
        migrate(database)
    assert database.applied == NAMES[:1]
    database.dies_at, database.commands = None, []

    assert migrate(database) == NAMES[1:]
    assert "inbox_logs" in database.commands[1]


@pytest.mark.parametrize("statement", [*ALONE, *CLUSTERED])
def test_every_statement_may_be_run_again(statement: str) -> None:
    if "MODIFY QUERY" in code(statement):
        return
    if code(statement).startswith("ALTER"):
        columns = code(statement).count("ADD COLUMN")
        assert code(statement).count("ADD COLUMN IF NOT EXISTS ") == columns > 0
        return
    assert re.match(r"CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS ", code(statement))
    assert code(statement).count("CREATE ") == 1


def test_a_single_server_knows_of_no_cluster() -> None:
    text = "\n".join(ALONE)

    assert not re.search(r"ON CLUSTER|Replicated|Distributed|_local", text)


def test_on_a_cluster_everything_is_made_on_all_of_it() -> None:
    for statement in CLUSTERED:
        assert re.match(r"(CREATE|ALTER) [A-Z ]+ \w+ ON CLUSTER 'c'\s", code(statement))
    database = Recorder()
    migrate(database, "c")
    assert "ON CLUSTER 'c'" in database.commands[0]
    assert "ReplicatedMergeTree(" in database.commands[0]


def test_on_a_cluster_every_table_that_keeps_rows_is_replicated() -> None:
    engines = re.findall(r"ENGINE = (\w+)", "\n".join(CLUSTERED))

    assert set(engines) == {
        *("Null", "Distributed", "ReplicatedReplacingMergeTree"),
        "ReplicatedAggregatingMergeTree",
    }


@pytest.mark.parametrize(("table", "key"), SHARDING.items())
def test_rows_that_replace_each_other_live_on_one_shard(table: str, key: str) -> None:
    engine = f"ENGINE = Distributed('c', currentDatabase(), '{table}_local', {key})"

    assert any(engine in s and f"{table} ON CLUSTER 'c' AS {table}_local" in s for s in CLUSTERED)


def test_both_forms_make_the_same_tables_and_views() -> None:
    def names(statements: list[str]) -> set[str]:
        return {
            re.findall(r"(?:EXISTS|TABLE) (\w+)", s)[-1 if "MODIFY" in s else 0].removesuffix(
                "_local"
            )
            for s in statements
        }

    assert names(ALONE) == names(CLUSTERED)


def test_the_protobuf_schema_has_the_envelope() -> None:
    assert "message Envelope" in otlp_proto()
