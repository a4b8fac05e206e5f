"""What arrived, for people."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from .metrics import Metric, arrived_metrics
from .server import Server

Json = dict[str, Any]
_BAR = 28
_SEVERITY_COLORS = {"WARN": "yellow", "ERROR": "red", "FATAL": "red"}


def print_report(server: Server, services: list[str]) -> None:
    """Traces, one of them whole, log lines, metrics, and how to ask for more."""
    listed = server.get("/v1/traces", limit=100)["traces"]
    traces = [trace for trace in listed if trace["service"] in services]
    _title("Traces")
    _print_traces(traces)
    # The one that tells most.
    shown = max(traces, key=lambda trace: (trace["error_count"] > 0, trace["span_count"]))
    _title(f"Trace {shown['trace_id']}")
    _print_tree(server.get(f"/v1/traces/{shown['trace_id']}")["spans"])
    _title("Logs")
    for service in services:
        _print_logs(server.get("/v1/logs", service=service, limit=3)["logs"])
    _title("Metrics")
    _print_metrics(arrived_metrics(server))


def print_runs(server: Server) -> None:
    """Training runs, with their last values and what else they logged."""
    _title("Training runs")
    for run in server.get("/v1/runs")["runs"]:
        numbers = {k: v for k, v in run["summary"].items() if isinstance(v, int | float)}
        values = "  ".join(f"{key} {value:.3g}" for key, value in numbers.items())
        media = len(server.get(f"/v1/runs/{run['id']}/media")["media"])
        rollouts = len(server.get(f"/v1/runs/{run['id']}/rollouts")["rollouts"])
        others = [f"{n} {what}" for n, what in ((media, "pictures"), (rollouts, "rollouts")) if n]
        name = click.style(f"{run['project']}/{run['name']}", fg="cyan")
        click.echo(f"    {run['status']}  {name}  {values}  {'  '.join(others)}".rstrip())


def _title(text: str) -> None:
    click.echo(f"\n  {click.style(text, bold=True)}\n")


def _print_traces(traces: list[Json]) -> None:
    name_width = max(len(trace["name"]) for trace in traces)
    service_width = max(len(trace["service"]) for trace in traces)
    for trace in reversed(traces):
        errors = f"{trace['error_count']} failed" if trace["error_count"] else ""
        click.echo(
            f"    {_mark(trace['status'])} {trace['name']:{name_width}}  "
            f"{click.style(trace['service'].ljust(service_width), fg='cyan')}  "
            f"{_duration(trace)}  {trace['span_count']} spans  "
            f"{_red(errors)}".rstrip()
        )


def _print_tree(spans: list[Json]) -> None:
    """The spans below each other, and beside them when each one ran."""
    lines = list(_branches(spans))
    width = max(len(lead + span["name"]) for lead, span in lines)
    first = min(_seconds(span["start_time"]) for span in spans)
    scale = _BAR / (max(_seconds(span["end_time"]) for span in spans) - first)
    for lead, span in lines:
        start = round((_seconds(span["start_time"]) - first) * scale)
        end = max(start + 1, round((_seconds(span["end_time"]) - first) * scale))
        bar = click.style("━" * (end - start), fg="red" if span["status"] == "error" else "cyan")
        click.echo(
            f"    {click.style(lead, dim=True)}{span['name']:{width - len(lead)}}  "
            f"{_duration(span)}  {' ' * start}{bar}{' ' * (_BAR - end)}  "
            f"{_red(span['status_message'])}".rstrip()
        )


def _branches(spans: list[Json]) -> Iterator[tuple[str, Json]]:
    """Each span with the lines that lead to it, parents first."""
    children: dict[str | None, list[Json]] = defaultdict(list)
    for span in spans:
        children[span["parent_span_id"]].append(span)

    def below(parent: str, lead: str) -> Iterator[tuple[str, Json]]:
        for span in children[parent]:
            last = span is children[parent][-1]
            yield lead + ("└─ " if last else "├─ "), span
            yield from below(span["span_id"], lead + ("   " if last else "│  "))

    for root in children[None]:
        yield "", root
        yield from below(root["span_id"], "")


def _print_logs(logs: list[Json]) -> None:
    for log in reversed(logs):
        level = log["severity_text"]
        body = log["body"]
        if not isinstance(body, str):
            body = f"{log['event_name']} {json.dumps(body)}"
        click.echo(
            f"    {click.style(log['time'][11:23], dim=True)} "
            f"{click.style(level.ljust(5), fg=_SEVERITY_COLORS.get(level, 'green'))} "
            f"{click.style(log['service'], fg='cyan')}  {body}  "
            f"{click.style('in trace ' + (log['trace_id'] or 'none')[:8], dim=True)}"
        )


def _print_metrics(metrics: list[Metric]) -> None:
    width = max(len(metric.name) for metric in metrics)
    for metric in metrics:
        values = "   ".join(
            f"{_number(value)} {click.style(service, fg='cyan')}"
            for service, value in metric.values.items()
        )
        unit = metric.unit.strip("{}")
        click.echo(f"    {metric.name:{width}}  {metric.meaning:7}  {unit:8}  {values}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _red(text: str) -> str:
    return click.style(text, fg="red") if text else ""


def _mark(status: str) -> str:
    return _red("✗") if status == "error" else click.style("✓", fg="green")


def _duration(thing: Json) -> str:
    return f"{thing['duration_ms']:8.1f} ms"


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()
