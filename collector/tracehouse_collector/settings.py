"""Every setting of the server: flag > `TRACEHOUSE_*` > `tracehouse.toml` > default."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Role(StrEnum):
    """Which part of the house a process runs."""

    all = "all"
    collector = "collector"
    api = "api"


class Retention(BaseModel):
    """Days that rows are kept, per table; 0 keeps them for ever."""

    model_config = ConfigDict(extra="forbid")

    spans: int = Field(0, ge=0)
    logs: int = Field(0, ge=0)
    metrics: int = Field(0, ge=0, description="points, histograms and summaries")
    run_metrics: int = Field(0, ge=0)
    rejects: int = Field(30, ge=0)


class Forward(BaseModel):
    """A place that gets what is stored here, too: `[[forward]]` in tracehouse.toml."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$", description="in metrics and file names")
    url: str = Field(description="https://host: /v1/traces and so on is added")
    kind: Literal["otlp", "langfuse"] = "otlp"
    protocol: Literal["http", "grpc"] = Field("http", description="Langfuse speaks HTTP only")
    headers: dict[str, str] = Field(default_factory=dict)
    public_key: str = Field("", description="of Langfuse, or the user of Basic auth")
    secret_key: SecretStr = SecretStr("")
    signals: list[Literal["traces", "logs", "metrics"]] = Field(
        default_factory=lambda: ["traces", "logs", "metrics"],
        description="Langfuse takes traces, and of logs the scores",
    )
    services: list[str] = Field(default_factory=list, description="only these; empty: all")
    drop_attributes: list[str] = Field(
        default_factory=list, description="attributes that are not sent, as shell patterns"
    )
    gzip: bool = True
    allow_private: bool = Field(False, description="may be in a private network")
    workspace: str = Field("", description="only what this workspace gets; empty: all of them")

    @model_validator(mode="after")
    def _speaks_http_to_langfuse(self) -> Forward:
        if self.kind == "langfuse" and self.protocol == "grpc":
            raise ValueError("Langfuse speaks HTTP only: leave protocol out")
        return self


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/tracehouse`."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "tracehouse"


def default_hub_endpoint() -> str:
    """`HF_ENDPOINT`, as the Hub's own client has it."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def config_dir() -> Path:
    """`$XDG_CONFIG_HOME/tracehouse`."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tracehouse"


class ServerSettings(BaseSettings):
    """Settings of `tracehouse serve`."""

    model_config = SettingsConfigDict(
        env_prefix="TRACEHOUSE_", env_nested_delimiter="__", extra="forbid"
    )

    data_dir: Path = Field(default_factory=default_data_dir, description="where everything is kept")
    clickhouse_url: str = Field(
        "", description="an existing ClickHouse, http(s)://…; empty: embedded, in the data folder"
    )
    database: str = Field(
        "tracehouse", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="ClickHouse database"
    )
    cluster: str = Field(
        "", pattern=r"^[A-Za-z0-9_.-]*$", description="make the tables on this ClickHouse cluster"
    )
    blob_url: str = Field(
        "", description="where files are kept, s3://…, gs://… or az://…; empty: in the data folder"
    )
    meta_url: str = Field(
        "", description="SQLAlchemy URL of the metadata database; empty: SQLite in the data folder"
    )
    backup_dir: str = Field(
        "", description="where backups are made; empty: the folder backups of the data folder"
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    http_port: int = Field(4318, ge=0, le=65535, description="OTLP/HTTP and API; 0: any free one")
    grpc_port: int = Field(4317, ge=0, le=65535, description="OTLP/gRPC; 0: any free one")
    public_url: str = Field(
        "", description="the address that people open, if it is another one (behind a proxy)"
    )
    tls_certificate: str = Field("", description="PEM file: listen with TLS, on both ports")
    tls_key: str = Field("", description="PEM file with the certificate's key")
    anonymous: bool = Field(
        False, description="let programs without a key send to a workspace of their own"
    )
    anonymous_bytes: PositiveInt = Field(
        1 << 30, description="what such a session may send, in all, until somebody claims it"
    )
    anonymous_bytes_per_minute: PositiveInt = Field(
        64 << 20, description="how much of that it may send in a minute"
    )
    oidc_issuer: str = Field("", description="OpenID provider to sign in with, https://…")
    oidc_client_id: str = Field("", description="this server's client id there")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="its secret")
    hub_endpoint: str = Field(
        default_factory=default_hub_endpoint,
        pattern=r"^https?://[^/\s]+",
        description="the Hugging Face Hub, or a mirror; by default what HF_ENDPOINT says",
    )
    role: Role = Field(Role.all, description="run everything, or only the collector or the API")
    max_request_bytes: PositiveInt = Field(
        64 << 20, description="largest OTLP request, after decompression"
    )
    body_timeout_seconds: PositiveFloat = Field(
        60.0, description="how long a client may take to send one body"
    )
    head_timeout_seconds: PositiveFloat = Field(
        10.0, description="how long a client may take to send the head of a request"
    )
    spool_max_bytes: PositiveInt = Field(
        8 << 30, description="backlog per signal at which new requests are told to wait"
    )
    segment_bytes: PositiveInt = Field(24 << 20, description="size at which a segment is sealed")
    cors_origins: list[str] = Field(
        default_factory=list, description="origins whose pages may send and query"
    )
    sql_seconds: PositiveFloat = Field(30.0, description="how long a query of /v1/sql may take")
    sql_rows: PositiveInt = Field(100_000, description="rows in the answer of such a query")
    sql_result_bytes: PositiveInt = Field(64 << 20, description="bytes of that answer, in memory")
    sql_memory_bytes: PositiveInt = Field(1 << 30, description="memory that such a query may use")
    sql_at_once: PositiveInt = Field(
        4, description="how many such queries may run; half of them of one workspace"
    )
    drain_seconds: PositiveFloat = Field(8.0, description="how long a stop may take")
    forward: list[Forward] = Field(
        default_factory=list, description="places that get everything, too"
    )
    private_forwards: bool = Field(
        False, description="forwards made over the API may lead into private networks"
    )
    retention: Retention = Field(default_factory=Retention)  # pyright: ignore[reportArgumentType]
    log_json: bool = Field(False, description="log lines as JSON")

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> ServerSettings:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_issuer needs oidc_client_id")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _toml_files()))


def _toml_files() -> list[Path]:
    return [config_dir() / "tracehouse.toml", Path("tracehouse.toml")]


def load_settings(**flags: Any) -> ServerSettings:
    """The settings, `flags` above all else. Raises pydantic's ValidationError."""
    return ServerSettings(**{name: value for name, value in flags.items() if value is not None})
