"""`make bench` runs all; `make bench ARGS="ingest --small"` one part with a tenth of the load."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench import (
    experiments,
    faces,
    footprint,
    ingest,
    javascript,
    keys,
    logging,
    queries,
    recorder,
    redaction,
    streaming,
    ui,
)
from bench import sdk_footprint as sdk
from bench.load import ROWS_PER_BODY, Signal

_BODIES = 2000
_ROUNDS = 3
_SPANS = (1_000_000, 10_000_000, 100_000_000)
_BYTES_PER_SPAN = 100


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n## {title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def run_ingest(scale: float) -> None:
    signals: tuple[Signal, ...] = ("traces", "logs", "metrics")
    for signal in signals:
        bodies = int(_BODIES * scale) if signal == "traces" else int(_BODIES * scale / 4)
        results = ingest.compare(signal, bodies, _ROUNDS)
        peers = [result for result in results if result.name.startswith("rotel")]
        table(
            f"Ingest of {bodies * ROWS_PER_BODY:,} rows: {signal}",
            (
                "",
                "rows per CPU-second",
                "µs a row",
                "with merges",
                "seconds",
                "peak MB",
                *(f"to {p.name}" for p in peers),
            ),
            [
                (
                    result.name,
                    f"{result.per_cpu_second:,.0f}",
                    f"{result.microseconds:.1f}",
                    f"{result.cpu_settled / result.rows * 1e6:.1f}",
                    f"{result.seconds:.1f}",
                    f"{result.peak_mb:.0f}",
                    *(f"{result.per_cpu_second / peer.per_cpu_second:.2f}" for peer in peers),
                )
                for result in results
            ],
        )
    print("\nmedians; what rotel acknowledged is not durable, what tracehouse did is.")


def run_footprint(scale: float) -> None:
    found = footprint.measure(max(5, int(30 * scale)))
    table(
        "Footprint",
        ("what", "value"),
        [
            ("first start to ready", f"{found.first_start:.1f} s"),
            ("start to ready", f"{found.start:.1f} s"),
            ("idle memory", f"{found.idle_mb:.0f} MB"),
            ("idle CPU", f"{found.idle_cpu_percent:.1f} %"),
            ("acknowledged to queryable, 200 spans/s, p50", f"{found.visible_p50:.0f} ms"),
            ("acknowledged to queryable, 200 spans/s, p95", f"{found.visible_p95:.0f} ms"),
            ("CPU at 200 spans/s", f"{found.busy_cpu_percent:.0f} %"),
        ],
    )


def run_queries(scale: float) -> None:
    rows: list[tuple[str, ...]] = []
    for spans in _SPANS:
        total = int(spans * scale)
        if shutil.disk_usage(".").free < total * _BYTES_PER_SPAN * 2:
            print(f"\n(no room on the disk for {total:,} spans)")
            continue
        rows += [
            (
                timing.name,
                f"{timing.spans:,}",
                f"{timing.p50:.1f}",
                f"{timing.p95:.1f}",
                f"{timing.bytes_per_span:.0f}",
            )
            for timing in queries.measure(total)
        ]
    table("Queries over HTTP", ("query", "spans", "p50 ms", "p95 ms", "bytes a span"), rows)


def run_logging(scale: float) -> None:
    results = logging.measure(int(20_000 * scale))
    ours = results[0]
    table(
        "Logging five scalars, on the caller's thread",
        ("", "mean µs", "p50 µs", "p99 µs", "mean to ours", "scalars/s to finish()", "peak MB"),
        [
            (
                result.name,
                f"{result.mean:.1f}",
                f"{result.p50:.1f}",
                f"{result.p99:.1f}",
                f"{result.mean / ours.mean:.1f}",
                f"{result.rate:,.0f}",
                f"{result.mb:.0f}",
            )
            for result in results
        ],
    )


def run_faces(scale: float) -> None:
    table(
        "Other faces, on the caller's thread",
        ("", "mean µs", "p50 µs", "p99 µs"),
        [
            (found.name, f"{found.mean:.1f}", f"{found.p50:.1f}", f"{found.p99:.1f}")
            for found in faces.measure(int(20_000 * scale))
        ],
    )
    table(
        "The first token of an openai stream",
        ("", "p50 µs", "p95 µs", "CPU of the caller's thread, p50 µs"),
        [
            (found.name, f"{found.p50:.0f}", f"{found.p95:.0f}", f"{found.cpu:.0f}")
            for found in streaming.measure(int(500 * scale))
        ],
    )


def run_javascript(scale: float) -> None:
    table(
        "JavaScript, on the caller's thread",
        ("", "mean µs", "p50 µs", "p99 µs", "calls/s to finish()"),
        [
            (
                each.name,
                f"{each.mean:.1f}",
                f"{each.p50:.1f}",
                f"{each.p99:.1f}",
                f"{each.rate:,.0f}",
            )
            for each in javascript.measure(int(50_000 * scale))
        ],
    )


def run_sdk(_: float) -> None:
    rows = [(each.name, f"{each.seconds * 1e3:.0f}", f"{each.mb:.0f}") for each in sdk.imports()]
    table("Importing", ("", "ms", "MB"), rows)
    if (loop := sdk.training_loop()) is not None:
        print(f"\nlogging adds {loop[0]:.2f} % to a training step of {loop[1]:.2f} ms (torch, CPU)")
    p50, p95 = sdk.history()
    print(f"\nhistory of 1,000,000 points, max_points=2000: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def run_keys(_: float) -> None:
    table("Whose key it is", ("", "µs"), [(n, f"{us:.2f}") for n, us in keys.measure().items()])


def run_experiments(scale: float) -> None:
    traces = int(1_000_000 * scale)
    table(
        f"Comparing two variants over {traces:,} traces",
        ("metrics", "p50 ms", "p95 ms"),
        [
            (name, f"{p50:.0f}", f"{p95:.0f}")
            for name, (p50, p95) in experiments.measure(traces).items()
        ],
    )


def run_recorder(scale: float) -> None:
    rows = [
        (found.name, f"{found.mb_per_second:.1f}", f"{found.spans:,}", f"{found.peak_mb:.0f}")
        for found in recorder.backfill(200 * scale)
    ]
    table("Reading transcripts", ("", "MB a CPU-second", "spans", "peak MB"), rows)
    cpu, memory = recorder.idle()
    median, slow = recorder.hook()
    table(
        "The recorder beside",
        ("what", "value"),
        [
            ("idle CPU, 300 transcripts", f"{cpu:.2f} %"),
            ("idle memory", f"{memory:.0f} MB"),
            ("hook, median", f"{median:.0f} ms"),
            ("hook, p95", f"{slow:.0f} ms"),
        ],
    )


def run_redaction(corpora: Sequence[Path], ordinary: Sequence[Path], details: bool) -> None:
    if not (corpora or ordinary):
        print("\n(redaction: no --corpus and no --ordinary given)")
        return
    judged = redaction.of_corpora(corpora) if corpora else []
    table(
        "Secrets that others collected",
        ("corpus", "secrets", "taken out", "not secrets", "left alone"),
        [
            (
                found.name,
                f"{found.secrets:,}",
                share(found.removed, found.secrets),
                f"{found.others:,}",
                share(found.untouched, found.others),
            )
            for found in judged
        ],
    )
    looked = redaction.of_ordinary(ordinary)
    table(
        "Ordinary text",
        ("place", "MB", "MB a CPU-second", "redactions a MB", "by rule"),
        [
            (
                found.name,
                f"{found.megabytes:.1f}",
                f"{found.megabytes / found.seconds:.1f}",
                f"{found.redactions.total() / found.megabytes:.1f}",
                ", ".join(f"{rule} {n:,}" for rule, n in found.redactions.most_common()),
            )
            for found in looked
        ],
    )
    if details:
        for line in [
            *(w for found in judged for w in found.wrong),
            *(s for o in looked for s in o.samples),
        ]:
            print(line)


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def run_ui(scale: float, pages: Sequence[str] = ui.PAGES) -> None:
    found, click = ui.measure(scale, pages)
    rows = [
        (
            each.page,
            f"{each.first_ms:.0f}",
            "" if each.key_p95_ms is None else f"{each.key_p95_ms:.0f}",
            f"{each.heap_mb:.0f}",
            "" if each.frames is None else f"{each.frames:.0f}",
        )
        for each in found
    ]
    table(
        "The web UI in Chromium",
        ("page", "first paint ms", "key or pointer p95 ms", "heap MB", "fps"),
        rows,
    )
    if click is not None:
        points = int(1_000_000 * scale)
        print(f"\na chart of {points:,} points is there {click:.0f} ms after the click")


_PARTS = {
    "ingest": run_ingest,
    "footprint": run_footprint,
    "queries": run_queries,
    "logging": run_logging,
    "faces": run_faces,
    "javascript": run_javascript,
    "sdk": run_sdk,
    "keys": run_keys,
    "experiments": run_experiments,
    "recorder": run_recorder,
    "ui": run_ui,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("parts", nargs="*", choices=[*_PARTS, "redaction", []], default=[])
    parser.add_argument("--small", action="store_true", help="a tenth of the load")
    parser.add_argument(
        "--page", action="append", choices=ui.PAGES, help="of the web UI; all by default"
    )
    of_redaction = parser.add_argument_group("redaction")
    of_redaction.add_argument("--corpus", type=Path, action="append", default=[], metavar="FILE")
    of_redaction.add_argument("--ordinary", type=Path, action="append", default=[], metavar="PLACE")
    of_redaction.add_argument("--details", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    for part in options.parts or [*_PARTS, "redaction"]:
        if part == "redaction":
            run_redaction(options.corpus, options.ordinary, options.details)
        elif part == "ui":
            run_ui(0.1 if options.small else 1.0, options.page or ui.PAGES)
        else:
            _PARTS[part](0.1 if options.small else 1.0)


if __name__ == "__main__":
    main()
