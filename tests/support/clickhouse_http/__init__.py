"""ClickHouse's HTTP interface over the embedded engine (chdb), for tests and benchmarks.

There is no ClickHouse server to install where these tests run, yet the server half of the product
has to be tested against one, and a peer that exports to ClickHouse has to be benchmarked. This
package is that server: chdb is ClickHouse's own engine, so SQL, formats, settings, errors and
deduplication are the real ones; only the HTTP front door is ours.

    python -m tests.support.clickhouse_http --data-dir DIR [--port 0]

or, from a test (the server is always a process of its own, so that it can be killed):

    with ClickHouseHttp(tmp_path) as server:
        client = clickhouse_connect.get_client(host="127.0.0.1", port=server.port)

Modules: `fixture` (the subprocess), `server` (what a request means), `engine` (chdb handles),
`statement` (where a statement ends and data begins), `encoding`, `faults`, `wire` (HTTP/1.1).

Faults, for chaos tests: POST a JSON object to `/_fault`, or call `server.fault(...)`.
A new object replaces the one before it, `{}` clears, GET shows what is left.

    {"fail_inserts": 2, "code": 252, "when": "before"}   the next 2 INSERTs answer error 252
    {"fail_inserts": 1, "when": "after"}     ... after they were committed (default code: 252)
    {"drop_connection": 1, "when": "after"}  the next INSERT gets no answer: the socket closes
    {"hang": 3.5, "when": "before"}          every statement waits before (or after) it is run;
                                             clearing the fault releases what waits
    {..., "match": "otel_traces"}            only statements in which this pattern is found

Where it differs from a server:
- One user with every right: credentials are accepted and not looked at.
- `session_id` is accepted, but a session lasts for one request, as without one: SET, USE and
  temporary tables are gone with it.
- A result is complete before its first byte is sent (as with `wait_end_of_query=1`), so an error
  always has its own status. Content-Length instead of chunks.
- `client_protocol_version` is ignored, as some proxies do; clickhouse-connect notices by itself
  and reads Native without block info.
- `compress=1` (native framing of the answer) and external tables are answered with
  NOT_IMPLEMENTED, as is INSERT ... SELECT ... FROM input(), which chdb silently drops.
- `async_insert` is accepted, but chdb has no queue for it: such an insert is written at once.
- chdb keeps no query_log and no part_log.
"""

from tests.support.clickhouse_http.fixture import ClickHouseHttp

__all__ = ["ClickHouseHttp"]
