"""What a client of the pool may know of whoever had it before: nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path


def embedded(folder: Path, code: str) -> str:
    """What a program prints that has `database`, one embedded handle over a folder of its own. The
    engine takes one folder a process, so it is a process."""
    head = """
        import os
        from tracehouse_collector.clickhouse.database import Database, embedded_url
        database = Database(embedded_url(os.path.abspath("clickhouse")), "tracehouse", handles=1)
    """
    program = textwrap.dedent(head) + textwrap.dedent(code) + "\ndatabase.close()\n"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


FAILS_MIDWAY = "SELECT 'theirs', intDiv(1, 100000 - number) FROM numbers(1000000)"


def test_what_a_failed_answer_left_is_not_in_the_next_one(tmp_path: Path) -> None:
    shown = embedded(
        tmp_path,
        f"""
        for form in ("CSV", "JSONEachRow", "ArrowStream"):
            with database.client() as client:
                before = client.raw_query("SELECT 1", fmt=form)
            try:
                with database.client() as client:
                    client.raw_query("{FAILS_MIDWAY}", fmt=form)
            except Exception as error:
                print(type(error).__name__)
            with database.client() as client:
                print(client.raw_query("SELECT 1", fmt=form) == before)
        try:
            database.rows("{FAILS_MIDWAY}")
        except Exception as error:
            print(type(error).__name__)
        print(database.rows("SELECT 1"))
        """,
    )
    assert shown.split("\n") == [*["DatabaseError", "True"] * 3, "DatabaseError", "[(1,)]", ""]


def test_a_read_only_client_leaves_the_pool_as_it_was(tmp_path: Path) -> None:
    shown = embedded(
        tmp_path,
        """
        statements = (
            "SELECT getSetting('max_threads')", "CREATE TABLE a (a UInt8) ENGINE = Memory",
            "SET readonly = 0", "SELECT 1 SETTINGS max_threads = 2",
        )
        for statement in statements:
            try:
                with database.read_only_client({"max_threads": 1}) as client:
                    print(client.command(statement))
            except Exception as error:
                print(error.name)
        database.command("CREATE TABLE b (a UInt8) ENGINE = Memory")
        print(database.rows("SHOW TABLES"))
        """,
    )
    assert shown.split("\n") == ["1", "READONLY", "READONLY", "READONLY", "[('b',)]", ""]


def test_closing_gives_up_a_merge_and_does_not_wait_for_it(tmp_path: Path) -> None:
    shown = embedded(
        tmp_path,
        """
        import threading, time
        database.command(
            "CREATE TABLE t (a String CODEC(ZSTD(9)), p UInt8) ENGINE = MergeTree ORDER BY (a, p)"
        )
        for part in range(4):
            database.command(
                f"INSERT INTO t SELECT hex(sipHash128(number, {part})), {part}"
                " FROM numbers(500000) SETTINGS max_block_size = 500000"
            )
        merging = Database(database.url, "tracehouse", handles=1)
        def merge():
            try:
                merging.command("OPTIMIZE TABLE t FINAL")
            except Exception as error:
                print(error.name)
        thread = threading.Thread(target=merge)
        thread.start()
        while not database.rows("SELECT 1 FROM system.merges"):
            time.sleep(0.01)
        merging.close()
        thread.join()
        """,
    )
    assert shown == "ABORTED\n"
    parts = "SELECT count(), sum(rows) FROM system.parts WHERE active AND table = 't'"
    assert embedded(tmp_path, f'print(database.rows("{parts}"))') == "[(4, 2000000)]\n"
