"""The start banner: what to paste into another shell."""

from __future__ import annotations

import click

from tracehouse_agent.banner import banner

HTTP, GRPC = "http://127.0.0.1:4318", "http://127.0.0.1:4317"


def shown(*, grpc: str | None = GRPC, profile: str = "default", link: str | None = None) -> str:
    return click.unstyle(
        banner(
            http=HTTP,
            grpc=grpc,
            key="ba_key",
            profile=profile,
            data_dir="/data",
            version="1.2.3",
            link=link,
        )
    )


def test_it_says_how_its_owner_signs_in() -> None:
    link = f"{HTTP}/auth/link?token=once"

    assert ["sign", "in,", "once", link] in [line.split() for line in shown(link=link).splitlines()]
    assert "sign in" not in shown()


def test_it_says_where_the_server_listens_and_where_data_is() -> None:
    lines = [line.split() for line in shown().splitlines()]

    assert ["API", "and", "OTLP/HTTP", HTTP] in lines
    assert ["OTLP/gRPC", GRPC] in lines
    assert ["data", "/data"] in lines
    assert "tracehouse 1.2.3" in shown()


def test_its_export_can_be_pasted_into_a_shell() -> None:
    text = shown()
    start = text.index("export ")
    command = text[start : text.index("\n\n", start)].replace("\\\n", " ")

    assert dict(pair.split("=", 1) for pair in command.split()[1:]) == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": HTTP,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=ba_key",
    }


def test_a_server_that_takes_nothing_in_does_not_say_how_to_send() -> None:
    text = shown(grpc=None)

    assert "gRPC" not in text
    assert "export" not in text
    assert "/data" in text


def test_another_profile_is_told() -> None:
    assert "'local'" in shown(profile="local")
    assert "profile" not in shown()
    assert "elsewhere" not in shown()
