"""`tracehouse serve`: its options are the server's settings, one for one."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tracehouse_collector.clickhouse.database import Unreachable
from tracehouse_collector.data_dir import DataDirInUse
from tracehouse_collector.settings import ServerSettings, load_settings

_SCALARS: tuple[Any, ...] = (str, int, float, bool, Path)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for name, field in reversed(ServerSettings.model_fields.items()):
        kind: Any = field.annotation
        if kind in _SCALARS or (isinstance(kind, type) and issubclass(kind, StrEnum)):
            command = _option(name, field, kind)(command)
    return command


def _option(name: str, field: FieldInfo, kind: Any) -> Callable[..., Any]:
    flag = "--" + name.replace("_", "-")
    default = field.get_default(call_default_factory=True, validated_data={})
    text = f"{field.description}" + ("" if default in ("", False) else f"  [default: {default}]")
    if kind is bool:
        return click.option(flag, name, is_flag=True, default=None, help=text)
    choice = click.Choice([str(member) for member in kind]) if issubclass(kind, StrEnum) else kind
    return click.option(flag, name, type=choice, default=None, help=text)


@click.command(
    epilog="Every option can also be set as TRACEHOUSE_<NAME> or in tracehouse.toml, in this "
    "folder or in the config folder. Retention and CORS are set there alone."
)
@_options
def serve(**flags: Any) -> None:
    """Run the server: OTLP in, ClickHouse in the middle, the API out."""
    from tracehouse_agent.server import run  # only now: it loads the database engine

    try:
        settings = load_settings(**flags)
    except ValidationError as error:
        details = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()
        )
        raise click.ClickException(f"a setting is wrong: {details}") from None
    except ValueError as error:  # tracehouse.toml cannot be read
        raise click.ClickException(f"tracehouse.toml: {error}") from None
    try:
        code = run(settings)
    except (DataDirInUse, Unreachable, ValueError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(_os_error(error, settings)) from None
    raise SystemExit(code)


def _os_error(error: OSError, settings: ServerSettings) -> str:
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}: choose another folder with --data-dir"
    ports = f"{settings.http_port} and {settings.grpc_port}"
    return (
        f"{error}: stop what uses it, or choose other ports with --http-port and --grpc-port "
        f"(now {ports}; 0 takes any free one)"
    )
