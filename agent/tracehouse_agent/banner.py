"""What `serve` says when it is ready."""

from __future__ import annotations

import click


def banner(
    *,
    http: str,
    grpc: str | None,
    key: str,
    profile: str,
    data_dir: str,
    version: str,
    link: str | None,
) -> str:
    """The start banner: where it listens, the owner's `link` to sign in with, and what to paste
    into another shell."""
    mark = click.style("■", fg="cyan")
    name = click.style("tracehouse", bold=True)
    lines = [
        "",
        f"  {mark} {name} {version}",
        "",
        f"    API and OTLP/HTTP   {click.style(http, fg='cyan', underline=True)}",
    ]
    if link is not None:
        lines.append(f"    sign in, once       {link}")
    if grpc is not None:
        lines.append(f"    OTLP/gRPC           {click.style(grpc, fg='cyan', underline=True)}")
        lines += [
            f"    data                {data_dir}",
            "",
            "  Point any OpenTelemetry SDK here. Paste into the shell that runs your program:",
            "",
            f"    export OTEL_EXPORTER_OTLP_ENDPOINT={http} \\",
            "           OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\",
            f"           OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}",
            "",
            "  See what arrived:",
            "",
            f"    curl -H 'x-api-key: {key}' {http}/v1/traces",
        ]
    else:
        lines.append(f"    data                {data_dir}")
    if profile != "default":
        lines += ["", f"  (your default credentials point elsewhere: this server is '{profile}')"]
    return "\n".join([*lines, ""])
