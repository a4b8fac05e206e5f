"""What a request means: from URL, headers and body to a statement, and from its result back."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from tests.support.clickhouse_http import encoding, statement, wire
from tests.support.clickhouse_http.engine import Engine, Outcome
from tests.support.clickhouse_http.errors import ClickHouseError, Code
from tests.support.clickhouse_http.faults import Fault, Faults, Moment
from tests.support.clickhouse_http.statement import Statement
from tests.support.clickhouse_http.wire import Request, Response

logger = logging.getLogger(__name__)

# Parameters of the HTTP interface, and settings that concern it alone: not for the engine.
_HTTP_ONLY = """
    user password quota_key role session_id session_timeout session_check close_session stacktrace
    compress decompress buffer_size wait_end_of_query client_protocol_version
    enable_http_compression http_zlib_compression_level send_progress_in_http_headers
    http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close
    add_http_cors_header
"""
_NOT_SETTINGS = frozenset(_HTTP_ONLY.split())
_CONTENT_TYPES = (
    ("JSONEachRow", "application/x-ndjson; charset=UTF-8"),
    ("JSON", "application/json; charset=UTF-8"),
    ("CSV", "text/csv; charset=UTF-8"),
    ("TabSeparated", "text/tab-separated-values; charset=UTF-8"),
    ("TSV", "text/tab-separated-values; charset=UTF-8"),
    ("Pretty", "text/plain; charset=UTF-8"),
    ("Values", "text/plain; charset=UTF-8"),
)
_FALSE = ("", "0", "false")


class _Dropped(Exception):
    """The connection is to be closed without an answer."""


@dataclass(slots=True)
class _Query:
    """The parameters of one request, sorted by whom they are for."""

    text: bytes = b""
    format: str = "TabSeparated"
    database: str = "default"
    id: str = ""
    settings: dict[str, str] = field(default_factory=dict[str, str])
    params: dict[str, str] = field(default_factory=dict[str, str])
    transport: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, name: str, value: str) -> None:
        if name == "query":
            self.text += value.encode()
        elif name == "database":
            self.database = value or self.database
        elif name == "default_format":
            self.format = value
        elif name == "query_id":
            self.id = value
        elif name.startswith("param_"):
            self.params[name.removeprefix("param_")] = value
        elif name in _NOT_SETTINGS:
            self.transport[name] = value
        else:
            self.settings[name] = value

    def wants(self, name: str) -> bool:
        return self.transport.get(name, "") not in _FALSE


class Server:
    """A listening socket and a thread for every connection to it."""

    def __init__(self, engine: Engine, host: str = "127.0.0.1", port: int = 0) -> None:
        self._engine = engine
        self._faults = Faults()
        self._socket = socket.create_server((host, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]

    def start(self) -> None:
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def close(self) -> None:
        self._faults.set({})
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the socket is closed
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = cast("BinaryIO", connection.makefile("rb", buffering=1 << 16))
        with connection, stream, contextlib.suppress(OSError, wire.Disconnected, _Dropped):
            keep_alive = True
            while keep_alive:
                try:
                    request = wire.read_request(stream, connection)
                    if request is None:
                        return
                    keep_alive = request.keep_alive
                    response = self._answer(request)
                    if request.method == "HEAD":
                        response.body = b""
                except (wire.BadRequest, ValueError) as error:
                    keep_alive, response = False, Response(400, body=f"{error}\n".encode())
                wire.write_response(connection, response, keep_alive)

    def _answer(self, request: Request) -> Response:
        if request.path in ("/ping", "/replicas_status"):
            return Response(body=b"Ok.\n")
        if request.path == "/_fault":
            return self._fault(request)
        if request.path != "/":
            return Response(404, body=f"There is no handle {request.path}\n".encode())
        query = _Query(id=str(uuid.uuid4()))
        headers = {"X-ClickHouse-Server-Display-Name": self._engine.display_name}
        response = Response(headers=headers)
        try:
            self._execute(request, query, response)
        except ClickHouseError as error:
            response.status, response.owner = error.status, None
            headers["Content-Type"] = "text/plain; charset=UTF-8"
            headers["X-ClickHouse-Exception-Code"] = str(error.code)
            headers.pop("Content-Encoding", None)
            text = f"{error} (version {self._engine.version} (embedded build))\n"
            response.body = text.encode()
        except (_Dropped, OSError):
            raise
        except Exception:
            logger.exception("a request failed in the stand-in itself")
            response.status, response.body = 500, b"the stand-in failed: see its log\n"
        headers["X-ClickHouse-Query-Id"] = query.id
        return response

    def _execute(self, request: Request, query: _Query, response: Response) -> None:
        query.format = request.headers.get("x-clickhouse-format", query.format)
        query.database = request.headers.get("x-clickhouse-database", query.database)
        for name, value in request.params:
            query.take(name, value)
        pieces = _decoded(request, query)
        if not query.text and not pieces and request.method in ("GET", "HEAD"):
            response.body = b"Ok.\n"
            return
        parsed, data = _statement(query.text, pieces)
        _check(parsed, request.method, query)
        headers = response.headers
        headers["X-ClickHouse-Timezone"] = query.settings.get(
            "session_timezone", self._engine.timezone
        )
        if parsed.answers:
            headers["X-ClickHouse-Format"] = parsed.format or query.format
            headers["Content-Type"] = _content_type(parsed.format or query.format)

        fault = self._faults.next(parsed.text, parsed.is_insert)
        self._suffer(fault, "before")
        outcome = self._run(parsed, data, query)
        self._suffer(fault, "after")

        headers["X-ClickHouse-Summary"] = _summary(outcome)
        response.body, response.owner = outcome.body, outcome.owner
        accepted = request.headers.get("accept-encoding", "")
        if accepted and outcome.body and query.wants("enable_http_compression"):
            chosen = encoding.choose(accepted)
            if chosen:
                headers["Content-Encoding"] = chosen
                response.body, response.owner = encoding.encode(chosen, outcome.body), None

    def _run(self, parsed: Statement, data: list[bytes] | None, query: _Query) -> Outcome:
        with self._engine.session(query.database, query.settings) as handle:
            if data is not None:
                return handle.insert(parsed.text, parsed.format or "", data, query.params)
            if parsed.private:
                handle.reusable = False
            return handle.query(parsed.text, query.format, query.params)

    def _suffer(self, fault: Fault | None, moment: Moment) -> None:
        if fault is None or fault.when != moment:
            return
        if fault.hang:
            fault.cleared.wait(fault.hang)
        if fault.drop:
            raise _Dropped
        if fault.code is not None:
            name = self._engine.error_name(fault.code)
            raise ClickHouseError(fault.code, "Injected fault", name)

    def _fault(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                wanted = cast("dict[str, Any]", json.loads(b"".join(request.body) or b"{}"))
                self._faults.set(wanted)
            except (TypeError, ValueError) as error:
                return Response(400, body=f"not a fault: {error}\n".encode())
        return Response(body=json.dumps(self._faults.state()).encode())


def _decoded(request: Request, query: _Query) -> list[bytes]:
    """The body as it was before it was encoded; a form's fields go where they belong."""
    pieces = request.body
    content_encoding = request.headers.get("content-encoding", "")
    if content_encoding not in ("", "identity"):
        pieces = [encoding.decode(content_encoding, b"".join(pieces))]
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        for attributes, value in wire.parse_multipart(b"".join(pieces), content_type):
            if "filename" in attributes:
                raise ClickHouseError(Code.NOT_IMPLEMENTED, "External tables are not supported")
            query.take(attributes.get("name", ""), value.decode())
        return []
    if query.wants("decompress"):
        return encoding.decode_native(b"".join(pieces))
    return pieces


def _statement(text: bytes, pieces: list[bytes]) -> tuple[Statement, list[bytes] | None]:
    """The statement, and the data of an INSERT that has a FORMAT.

    As on a server, what is in the URL and what is in the body are one text. But an INSERT in the
    URL is by far the usual case, and there the body need not even be looked at.
    """
    if text:
        parsed = statement.parse(text)
        if parsed.data_at is not None:
            inline = text[parsed.data_at :]
            return parsed, [inline, *pieces] if inline else pieces
        if pieces:
            text += b"\n"
    whole = b"".join((text, *pieces))
    parsed = statement.parse(whole)
    return parsed, None if parsed.data_at is None else [whole[parsed.data_at :]]


def _check(parsed: Statement, method: str, query: _Query) -> None:
    """Refuse what a server would refuse, or what this one would get wrong."""
    if not parsed.keyword and not parsed.text.strip(b" \t\r\n;("):
        raise ClickHouseError(
            Code.SYNTAX_ERROR, "Syntax error: failed at position 1 (end of query): Empty query"
        )
    if parsed.several:
        raise ClickHouseError(Code.SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed)")
    if method == "GET" and parsed.writes:
        raise ClickHouseError(
            Code.READONLY,
            "Cannot execute query in readonly mode. For queries over HTTP, method GET implies "
            "readonly. You should use method POST for modifying queries",
        )
    if parsed.reads_input:
        raise ClickHouseError(Code.NOT_IMPLEMENTED, "chdb cannot insert from input()")
    if query.wants("compress"):
        raise ClickHouseError(
            Code.NOT_IMPLEMENTED, "compress=1 is not supported: use enable_http_compression=1"
        )


def _content_type(name: str) -> str:
    found = (mime for prefix, mime in _CONTENT_TYPES if name.startswith(prefix))
    return next(found, "application/octet-stream")


def _summary(outcome: Outcome) -> str:
    return (
        f'{{"read_rows":"{outcome.read_rows}","read_bytes":"{outcome.read_bytes}",'
        f'"written_rows":"{outcome.written_rows}","written_bytes":"{outcome.written_bytes}",'
        f'"total_rows_to_read":"0","result_rows":"{outcome.result_rows}","result_bytes":'
        f'"{len(outcome.body)}","elapsed_ns":"{outcome.elapsed_ns}"}}'
    )
