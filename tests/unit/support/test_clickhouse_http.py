"""The ClickHouse stand-in answers as a server would, over the wire and to the ordinary client."""

from __future__ import annotations

import gzip
import http.client
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from tests.support.clickhouse_http import ClickHouseHttp

PROTO = """
syntax = "proto3";
message Value { oneof value { string text = 1; int64 number = 2; } }  // 'quoted' \\ escaped
message Row { uint64 id = 1; Value value = 2; }
"""
PROTOBUF = {
    "format_schema_source": "string",
    "format_schema": PROTO,
    "format_schema_message_name": "Row",
    "input_format_protobuf_oneof_presence": "1",
}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        return self.headers.get("X-ClickHouse-Exception-Code")

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def summary(self) -> dict[str, str]:
        return json.loads(self.headers["X-ClickHouse-Summary"])


class Raw:
    """One keep-alive connection, without a client library in between."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __call__(
        self,
        query: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        path: str = "/",
        settings: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> Reply:
        url_params = {"query": query} if query else {}
        url = f"{path}?{urlencode({**url_params, **(settings or {}), **params})}"
        self._connection.request(method, url, body, dict(headers or {}))
        response = self._connection.getresponse()
        return Reply(response.status, dict(response.headers), response.read())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHttp]:
    with ClickHouseHttp(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def raw(server: ClickHouseHttp) -> Iterator[Raw]:
    raw = Raw(server.port)
    for name in ("events", "events_view", "inbox"):
        assert raw(f"DROP TABLE IF EXISTS {name} SYNC").status == 200
    yield raw
    server.fault()


@pytest.fixture
def events(raw: Raw) -> Callable[[], int]:
    """An empty table `events`, and how many rows it has."""
    raw(
        "CREATE TABLE events (id UInt64, name String) ENGINE = MergeTree ORDER BY id "
        "SETTINGS non_replicated_deduplication_window = 100"
    )
    return lambda: int(raw("SELECT count() FROM events").text)


@pytest.fixture
def client(server: ClickHouseHttp) -> Iterator[Any]:
    client = connect(server)
    yield client
    client.close()


class TestStatements:
    def test_ping_and_root(self, raw: Raw) -> None:
        assert raw(path="/ping", method="GET").body == b"Ok.\n"
        assert raw(path="/replicas_status", method="GET").body == b"Ok.\n"
        assert raw(method="GET").body == b"Ok.\n"
        assert raw(path="/nowhere", method="GET").status == 404

    def test_select_in_url_in_body_and_in_both(self, raw: Raw) -> None:
        assert raw("SELECT 1", method="GET").body == b"1\n"
        assert raw(body="SELECT 1 FORMAT CSV").body == b"1\n"
        assert raw("SELECT number FROM", body="numbers(2)").body == b"0\n1\n"

    def test_answer_headers(self, raw: Raw) -> None:
        reply = raw("SELECT 1 FORMAT JSON", query_id="abc")
        assert reply.headers["X-ClickHouse-Query-Id"] == "abc"
        assert reply.headers["X-ClickHouse-Format"] == "JSON"
        assert reply.headers["X-ClickHouse-Timezone"]
        assert reply.headers["X-ClickHouse-Server-Display-Name"]
        assert reply.headers["Content-Type"].startswith("application/json")
        assert reply.summary["result_rows"] == "1"
        assert raw("SELECT 1").headers["X-ClickHouse-Query-Id"]

    def test_default_format_and_database(self, raw: Raw) -> None:
        assert raw("SELECT 'a' AS x", default_format="JSONEachRow").body == b'{"x":"a"}\n'
        assert raw("SELECT currentDatabase()", database="system").text == "system\n"
        assert raw("SELECT currentDatabase()").text == "default\n"
        missing = raw("SELECT 1", database="nowhere")
        assert (missing.status, missing.code) == (404, "81")

    def test_parameters(self, raw: Raw) -> None:
        reply = raw(
            "SELECT {n:UInt8} + 1, {a:Array(String)}, {s:String}",
            param_n=7,
            param_a="['x','y']",
            param_s="tab\\there",
        )
        assert reply.text == "8\t['x','y']\ttab\\there\n"
        missing = raw("SELECT {n:UInt8}")
        assert (missing.code, "UNKNOWN_QUERY_PARAMETER" in missing.text) == ("456", True)

    def test_parameters_in_a_form(self, raw: Raw) -> None:
        form = (
            '--x\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT {s:String}\r\n'
            '--x\r\nContent-Disposition: form-data; name="param_s"\r\n\r\nlong; "value"=\r\n'
            "--x--\r\n"
        )
        content_type = {"Content-Type": "multipart/form-data; boundary=x"}
        assert raw(body=form, headers=content_type).text == 'long; "value"=\n'

    def test_settings_last_for_their_request(self, raw: Raw) -> None:
        query = "SELECT getSetting('max_threads'), getSetting('max_block_size')"
        before = raw(query).text
        assert raw(query, max_threads=3, max_block_size=777).text == "3\t777\n"
        assert raw(query, max_threads=4).text.startswith("4\t")
        assert raw(query).text == before

    def test_set_and_use_last_for_their_request(self, raw: Raw) -> None:
        assert raw("SET max_block_size = 5").status == 200
        assert raw("USE system").status == 200
        reply = raw("SELECT getSetting('max_block_size') = 5, currentDatabase()")
        assert reply.text == "0\tdefault\n"

    def test_large_result(self, raw: Raw) -> None:
        reply = raw("SELECT repeat('x', 100) FROM numbers(100000)")
        assert len(reply.body) == 101 * 100_000


class TestInserts:
    def test_data_in_the_body(self, raw: Raw, events: Callable[[], int]) -> None:
        reply = raw("INSERT INTO events FORMAT TSV", body=b"1\ta\n2\tb\n")
        assert (reply.status, reply.summary["written_rows"]) == (200, "2")
        assert "X-ClickHouse-Format" not in reply.headers
        assert events() == 2

    @pytest.mark.parametrize(
        "sql",
        [
            "INSERT INTO events (id, name) FORMAT TSV\n1\tFORMAT",
            "insert into `events` settings max_insert_threads=1 format TSV\r\n1\tFORMAT\n",
            "INSERT INTO events /* FORMAT CSV */ FORMAT JSONEachRow {'id':1,'name':'FORMAT'}",
            "INSERT INTO events VALUES (1, 'FORMAT')",
            "INSERT INTO events (id, name) VALUES (3 - 2, concat('FOR', 'MAT'))",
            "INSERT INTO events SELECT 1, 'FORMAT'",
        ],
    )
    def test_statement_and_data_in_the_body(
        self, raw: Raw, events: Callable[[], int], sql: str
    ) -> None:
        body = sql.replace("{'id':1,'name':'FORMAT'}", '{"id":1,"name":"FORMAT"}')
        assert raw(body=body).status == 200
        assert raw("SELECT * FROM events").text == "1\tFORMAT\n"

    def test_values_in_the_body(self, raw: Raw, events: Callable[[], int]) -> None:
        assert raw("INSERT INTO events VALUES", body="(1, 'a'), (2, {n:String})", param_n="b")
        assert raw("SELECT name FROM events ORDER BY id").text == "a\nb\n"

    def test_binary_data_is_untouched(self, raw: Raw, events: Callable[[], int]) -> None:
        name = bytes(range(256)) + b"; SELECT '"
        row = struct.pack("<Q", 7) + b"\x8a\x02" + name
        assert raw(body=b"INSERT INTO events FORMAT RowBinary\n" + row).status == 200
        assert raw("INSERT INTO events FORMAT RowBinary", body=row).status == 200
        assert raw("SELECT DISTINCT hex(name) FROM events").text == name.hex().upper() + "\n"

    def test_chunked_body(self, raw: Raw, events: Callable[[], int]) -> None:
        rows = (f"{i}\tname\n".encode() for i in range(1000))
        assert raw("INSERT INTO events FORMAT TSV", body=rows).status == 200
        assert events() == 1000

    def test_identifier_parameter(self, raw: Raw, events: Callable[[], int]) -> None:
        query = "INSERT INTO {t:Identifier} FORMAT TSV"
        assert raw(query, body=b"1\ta\n", param_t="events").status == 200
        assert events() == 1

    def test_protobuf_schema_in_the_settings(self, raw: Raw) -> None:
        raw(
            "CREATE TABLE events (id UInt64, value Tuple(value Enum8('no' = 0, 'text' = 1, "
            "'number' = 2), text String, number Int64)) ENGINE = Memory"
        )
        rows = b"\x07\x08\x01\x12\x03\x0a\x01x" + b"\x06\x08\x02\x12\x02\x10\x05"
        reply = raw("INSERT INTO events FORMAT Protobuf", body=rows, settings=PROTOBUF)
        assert reply.status == 200, reply.text
        answer = raw("SELECT id, value.value, value.text, value.number FROM events ORDER BY id")
        assert answer.text == "1\ttext\tx\t0\n2\tnumber\t\t5\n"

    def test_token_deduplicates_through_chained_views(self, raw: Raw) -> None:
        raw("CREATE TABLE inbox (id UInt64, name String) ENGINE = Null")
        raw(
            "CREATE TABLE events (id UInt64, name String) ENGINE = MergeTree ORDER BY id "
            "SETTINGS non_replicated_deduplication_window = 100"
        )
        raw("CREATE MATERIALIZED VIEW events_view TO events AS SELECT id, name FROM inbox")

        def insert(token: str) -> None:
            reply = raw(
                "INSERT INTO inbox FORMAT TSV",
                body=b"1\ta\n2\tb\n",
                insert_deduplication_token=token,
                deduplicate_blocks_in_dependent_materialized_views=1,
            )
            assert reply.status == 200

        for token, rows in (("one", "2"), ("one", "2"), ("it's \\two", "4"), ("it's \\two", "4")):
            insert(token)
            assert raw("SELECT count() FROM events").text.strip() == rows


class TestEncodings:
    @pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "lz4", "br"])
    def test_request_and_answer(self, raw: Raw, events: Callable[[], int], name: str) -> None:
        compress, decompress = codec(name)
        body = compress(b"INSERT INTO events FORMAT TSV\n1\ta\n2\tb\n")
        assert raw(body=body, headers={"Content-Encoding": name}).status == 200
        body = compress(b"3\tc\n")
        query = "INSERT INTO events FORMAT TSV"
        assert raw(query, body=body, headers={"Content-Encoding": name}).status == 200

        query, accept = "SELECT name FROM events ORDER BY id", {"Accept-Encoding": name}
        reply = raw(query, headers=accept, enable_http_compression=1)
        assert reply.headers["Content-Encoding"] == name
        assert decompress(reply.body) == b"a\nb\nc\n"
        assert raw(query, headers=accept).body == b"a\nb\nc\n"

    @pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "lz4"])
    def test_several_frames(self, raw: Raw, events: Callable[[], int], name: str) -> None:
        compress, _ = codec(name)
        body = compress(b"1\ta\n") + compress(b"2\tb\n")
        query = "INSERT INTO events FORMAT TSV"
        assert raw(query, body=body, headers={"Content-Encoding": name}).status == 200
        assert events() == 2

    def test_native_blocks(self, raw: Raw, events: Callable[[], int]) -> None:
        lz4 = pytest.importorskip("lz4.block")
        zstd, _ = codec("zstd")

        def block(method: int, packed: bytes, size: int) -> bytes:
            return bytes(16) + struct.pack("<BII", method, len(packed) + 9, size) + packed

        rows = b"".join(f"{i}\tname {i}\n".encode() for i in range(500))
        query = "INSERT INTO events FORMAT TSV"
        body = block(0x82, lz4.compress(rows, store_size=False), len(rows))
        body += block(0x90, zstd(b"1000\tz\n"), 7) + block(0x02, b"1001\tn\n", 7)
        assert raw(query, body=body, decompress=1).status == 200
        assert events() == 502
        cut = raw(query, body=body[:100], decompress=1)
        assert (cut.status, cut.code) == (500, "271")

    def test_what_cannot_be_decoded(self, raw: Raw, events: Callable[[], int]) -> None:
        query = "INSERT INTO events FORMAT TSV"
        broken = raw(query, body=b"no gzip", headers={"Content-Encoding": "gzip"})
        assert (broken.status, broken.code) == (500, "271")
        cut = raw(query, body=gzip.compress(b"1\ta\n")[:-9], headers={"Content-Encoding": "gzip"})
        assert (cut.status, cut.code) == (500, "271")
        unknown = raw(query, body=b"", headers={"Content-Encoding": "rot13"})
        assert (unknown.status, unknown.code) == (501, "48")
        assert raw("SELECT 1", compress=1).code == "48"
        assert events() == 0


class TestErrors:
    @pytest.mark.parametrize(
        ("query", "status", "code", "name"),
        [
            ("SELECT * FROM nowhere", 404, "60", "UNKNOWN_TABLE"),
            ("SELEC 1", 400, "62", "SYNTAX_ERROR"),
            ("1 + 1", 400, "62", "SYNTAX_ERROR"),
            ("SELECT 1; SELECT 2", 400, "62", "SYNTAX_ERROR"),
            ("SELECT 1 SETTINGS nonsense = 1", 404, "115", "UNKNOWN_SETTING"),
            ("SELECT throwIf(1)", 500, "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
            ("SELECT 1 FORMAT Nonsense", 404, "73", "UNKNOWN_FORMAT"),
            ("INSERT INTO nowhere FORMAT TSV", 404, "60", "UNKNOWN_TABLE"),
            ("INSERT INTO nowhere SELECT a FROM input('a Int8') FORMAT TSV", 501, "48", "NOT_"),
        ],
    )
    def test_form(self, raw: Raw, query: str, status: int, code: str, name: str) -> None:
        reply = raw(query)
        assert (reply.status, reply.code) == (status, code)
        assert reply.text.startswith(f"Code: {code}. DB::Exception: ")
        assert reply.text.count("DB::Exception") == 1
        assert f"({name}" in reply.text
        assert "(version " in reply.text
        assert raw("SELECT 1;").body == b"1\n"

    def test_unknown_or_bad_setting(self, raw: Raw) -> None:
        for query in ("SELECT 1", "INSERT INTO nowhere FORMAT TSV"):
            assert raw(query, nonsense=1).code == "115"
            assert raw(query, settings={"no such name": 1}).code == "115"
        assert raw("SELECT 1", max_threads="many").code == "27"
        assert raw("SELECT 1", max_threads=1).body == b"1\n"

    def test_empty_statement(self, raw: Raw) -> None:
        assert (raw().code, raw(body=" ;\n").code) == ("62", "62")

    def test_get_is_read_only(self, raw: Raw, events: Callable[[], int]) -> None:
        assert raw("INSERT INTO events VALUES (1, 'a')", method="GET").code == "164"
        assert events() == 0

    def test_bad_data_stores_nothing(self, raw: Raw, events: Callable[[], int]) -> None:
        reply = raw("INSERT INTO events FORMAT TSV", body=b"1\ta\nnot a number\tb\n")
        assert (reply.status, reply.code) == (400, "27")
        assert events() == 0


class TestFaults:
    def test_fail_before_and_after(
        self, server: ClickHouseHttp, raw: Raw, events: Callable[[], int]
    ) -> None:
        query = "INSERT INTO events FORMAT TSV"
        server.fault(fail_inserts=2, code=252)
        for rows in (b"1\ta\n", b"2\ta\n"):
            reply = raw(query, body=rows)
            assert (reply.status, reply.code) == (500, "252")
            assert "(TOO_MANY_PARTS)" in reply.text
        assert events() == 0
        server.fault(fail_inserts=1, code=159, when="after")
        assert raw(query, body=b"3\ta\n").status == 408
        assert events() == 1
        assert raw(query, body=b"4\ta\n").status == 200

    @pytest.mark.parametrize(("when", "rows"), [("before", 0), ("after", 1)])
    def test_drop_the_connection(
        self, server: ClickHouseHttp, events: Callable[[], int], when: str, rows: int
    ) -> None:
        server.fault(drop_connection=1, when=when)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            Raw(server.port)("INSERT INTO events FORMAT TSV", body=b"1\ta\n")
        assert events() == rows

    def test_hang_until_cleared(self, server: ClickHouseHttp, raw: Raw) -> None:
        server.fault(hang=0.2)
        started = time.monotonic()
        assert raw("SELECT 1").status == 200
        assert time.monotonic() - started >= 0.2
        server.fault(hang=60)
        threading.Timer(0.2, server.fault).start()
        assert raw("SELECT 1").status == 200
        assert time.monotonic() - started < 30

    def test_match_and_state(
        self, server: ClickHouseHttp, raw: Raw, events: Callable[[], int]
    ) -> None:
        assert server.fault(fail_inserts=1, match="INTO logs")["fail_inserts"] == 1
        assert raw("INSERT INTO events FORMAT TSV", body=b"1\ta\n").status == 200
        assert raw(path="/_fault", method="GET").text.startswith('{"fail_inserts": 1')
        assert server.fault() == {}
        assert raw(path="/_fault", body=b'{"fail": 1}').status == 400


class TestProcess:
    def test_statements_run_side_by_side(self, server: ClickHouseHttp) -> None:
        started = time.monotonic()
        run_all([lambda: Raw(server.port)("SELECT sleep(1)")] * 6)
        assert time.monotonic() - started < 3

    def test_many_connections(self, server: ClickHouseHttp, events: Callable[[], int]) -> None:
        def work(worker: int) -> None:
            raw = Raw(server.port)
            for i in range(20):
                row = f"{worker * 1000 + i}\tname\n".encode()
                reply = raw("INSERT INTO events FORMAT TSV", body=row, max_threads=worker % 3 + 1)
                assert reply.status == 200
                reply = raw("SELECT getSetting('max_threads')", max_threads=worker + 1)
                assert reply.text == f"{worker + 1}\n"

        run_all([lambda worker=worker: work(worker) for worker in range(12)])
        assert events() == 240

    def test_kill_and_start_again(self, tmp_path: Path) -> None:
        server = ClickHouseHttp(tmp_path).start()
        raw = Raw(server.port)
        raw("CREATE TABLE kept (id UInt64) ENGINE = MergeTree ORDER BY id")
        raw("INSERT INTO kept FORMAT TSV", body=b"1\n2\n")
        url, pid = server.url, server.pid
        server.kill()
        with server:
            assert (server.url, server.pid != pid) == (url, True)
            assert Raw(server.port)("SELECT count() FROM kept").body == b"2\n"
        with pytest.raises(RuntimeError, match="not running"):
            _ = server.pid


class TestOrdinaryClient:
    """clickhouse-connect, as it comes."""

    def test_round_trip(self, client: Any, events: Callable[[], int]) -> None:
        client.insert("events", [[1, "one"], [2, "two"]], column_names=["id", "name"])
        summary = client.raw_insert("events", insert_block=b"3\tthree\n", fmt="TSV")
        assert summary.written_rows == 1
        gzipped = gzip.compress(b"4\tfour\n")
        client.raw_insert("events", insert_block=gzipped, fmt="TSV", compression="gzip")
        result = client.query(
            "SELECT id, toLowCardinality(name) FROM events WHERE id > {least:UInt64} ORDER BY id",
            parameters={"least": 1},
            settings={"max_threads": 1},
        )
        assert result.result_rows == [(2, "two"), (3, "three"), (4, "four")]
        assert client.query("SELECT * FROM events LIMIT 0").column_names == ("id", "name")
        assert client.query("SELECT * FROM events WHERE id = 0").result_rows == []
        assert client.raw_query("SELECT 1", fmt="CSV") == b"1\n"
        assert client.command("SELECT count() FROM events") == 4
        assert client.command("TRUNCATE TABLE events") is not None
        assert events() == 0

    def test_stream(self, client: Any) -> None:
        with client.query_row_block_stream("SELECT number FROM numbers(200000)") as blocks:
            assert sum(len(list(block)) for block in blocks) == 200_000

    def test_long_parameters_become_a_form(self, client: Any) -> None:
        text = "x" * 50_000
        assert client.query("SELECT {s:String}", parameters={"s": text}).first_row == (text,)

    @pytest.mark.parametrize("compress", [False, "gzip", "lz4", "zstd"])
    def test_compression(
        self, server: ClickHouseHttp, events: Callable[[], int], compress: bool | str
    ) -> None:
        client = connect(server, compress=compress)
        rows = [[i, f"name {i}"] for i in range(5000)]
        client.insert("events", rows, column_names=["id", "name"])
        got = client.query("SELECT id, name FROM events ORDER BY id").result_rows
        assert got == [tuple(row) for row in rows]

    def test_errors(self, client: Any) -> None:
        with pytest.raises(DatabaseError) as caught:
            client.query("SELECT * FROM nowhere")
        assert (caught.value.code, caught.value.name) == (60, "UNKNOWN_TABLE")

    def test_faults(self, server: ClickHouseHttp, client: Any, events: Callable[[], int]) -> None:
        server.fault(fail_inserts=1, code=242)
        with pytest.raises(DatabaseError) as caught:
            client.raw_insert("events", insert_block=b"1\ta\n", fmt="TSV")
        assert caught.value.code == 242
        server.fault(drop_connection=9)
        with pytest.raises(OperationalError):
            client.raw_insert("events", insert_block=b"1\ta\n", fmt="TSV")
        assert events() == 0


def connect(server: ClickHouseHttp, **options: Any) -> Any:
    """The ordinary client; Any, because its own types are incomplete."""
    get_client = cast("Any", clickhouse_connect).get_client
    return get_client(host="127.0.0.1", port=server.port, **options)


def codec(name: str) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    if name == "gzip":
        return gzip.compress, gzip.decompress
    if name == "deflate":
        return zlib.compress, zlib.decompress
    modules = {"zstd": "backports.zstd", "lz4": "lz4.frame", "br": "brotli"}
    module = pytest.importorskip(modules[name])
    return module.compress, module.decompress


def run_all(jobs: list[Callable[[], Any]]) -> None:
    """Run all jobs at once; the first error, if any, is raised."""
    errors: list[BaseException] = []

    def run(job: Callable[[], Any]) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
