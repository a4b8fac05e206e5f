"""One process that serves: sockets, ClickHouse, collector and API, brought up and down in order.

Up: data folder, sockets, ClickHouse, schema, collector, receivers. Down, in reverse: the receivers
refuse new requests and finish the running ones, the spool commits, the loaders empty it as far as
the time allows (what is left is loaded at the next start), ClickHouse closes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import click
import uvicorn

from tracehouse_agent.banner import banner
from tracehouse_agent.credentials import ensure_local_key
from tracehouse_agent.exposure import refuse_open_doors
from tracehouse_agent.http_server import HttpServer, bounded_protocol
from tracehouse_agent.logs import configure_logging
from tracehouse_agent.upkeep import Upkeep
from tracehouse_api.access import House
from tracehouse_api.app import Application, create_api
from tracehouse_api.blobs import Blobs
from tracehouse_api.forwarding.watch import ForwardWatch
from tracehouse_api.identity.accounts import Accounts
from tracehouse_api.identity.allowances import Allowances, Bounds
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.langfuse.forwarded_media import KeptMedia
from tracehouse_api.meta.database import Meta
from tracehouse_api.oidc import oidc_login
from tracehouse_api.rest.sessions import Sessions
from tracehouse_collector.clickhouse.database import Database, embedded_url
from tracehouse_collector.collector import Collector
from tracehouse_collector.data_dir import DataDir
from tracehouse_collector.receivers.otlp_grpc import OtlpGrpc
from tracehouse_collector.receivers.otlp_http import OtlpHttp
from tracehouse_collector.schema.migrate import migrate
from tracehouse_collector.schema.retention import apply_retention
from tracehouse_collector.settings import Role, ServerSettings
from tracehouse_collector.telemetry import Telemetry

logger = logging.getLogger(__name__)

_LINK_SECONDS = 86400.0
_WATCH_SECONDS = 2.0


def run(settings: ServerSettings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    Raises DataDirInUse, Unreachable, OSError (a port, the folder) and ValueError before it serves.
    """
    configure_logging(as_json=settings.log_json)
    with ExitStack() as stack:
        data_dir = DataDir(settings.data_dir)
        stack.callback(data_dir.close)
        meta = Meta(settings.meta_url, data_dir.meta)
        stack.callback(meta.close)
        bounds = Bounds(settings.anonymous_bytes, settings.anonymous_bytes_per_minute)
        keys = ApiKeys(meta, allowances=Allowances(meta, bounds))
        accounts = Accounts(meta)
        owner = accounts.ensure_owner()
        refuse_open_doors(settings, accounts)
        listener = _listen(settings.host, settings.http_port)
        stack.callback(listener.close)
        settings = settings.model_copy(
            update={
                "data_dir": data_dir.path,
                "backup_dir": settings.backup_dir and str(Path(settings.backup_dir).resolve()),
            }
        )
        # ClickHouse caches the compiled Protobuf schema in the working directory.
        os.chdir(data_dir.path)
        database = Database(
            settings.clickhouse_url or embedded_url(str(data_dir.clickhouse)), settings.database
        )
        stack.callback(database.close)
        cluster = settings.cluster or None
        migrate(database, cluster)
        apply_retention(database, settings.database, settings.retention, cluster)
        telemetry = Telemetry()
        blobs = Blobs(settings.blob_url, data_dir.blobs)
        collector = None
        if settings.role is not Role.api:
            media = KeptMedia(meta, blobs)
            collector = Collector(settings, data_dir, database, keys, telemetry, media=media)
        house = House(database, keys, telemetry, collector, blobs, meta, settings)
        try:
            import uvloop

            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(settings, listener, house, owner))
        finally:
            # The loop and its signal handlers are gone: a second signal still ends it at once.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: os._exit(1))
            if collector is not None and not collector.stop(settings.drain_seconds / 2):
                logger.warning("an insert hangs: what it carries stays spooled")
                os._exit(0)
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host}:{port} ({error.strerror})") from None
    listener.setblocking(False)
    return listener


async def _serve(
    settings: ServerSettings, listener: socket.socket, house: House, owner: str
) -> None:
    collector = house.collector
    grpc = OtlpGrpc(collector.admission) if collector else None
    grpc_port = (
        grpc.bind(settings.host, settings.grpc_port, settings.tls_certificate, settings.tls_key)
        if grpc
        else None
    )
    otlp = (
        OtlpHttp(
            collector.admission,
            body_timeout_seconds=settings.body_timeout_seconds,
            sessions=Sessions(house),
        )
        if collector
        else None
    )
    api = create_api(
        house,
        queries=settings.role is not Role.collector,
        provider=oidc_login(house) if settings.oidc_issuer else None,
    )
    server = HttpServer(
        uvicorn.Config(
            Application(
                api,
                otlp,
                settings.cors_origins,
                https=_is_https(settings),
                ui=settings.role is not Role.collector,
                oidc=bool(settings.oidc_issuer),
            ),
            log_config=None,
            http=bounded_protocol(settings.head_timeout_seconds),
            access_log=False,
            server_header=False,
            lifespan="off",
            ssl_certfile=settings.tls_certificate or None,
            ssl_keyfile=settings.tls_key or None,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=max(1, round(settings.drain_seconds / 2)),
        )
    )
    stop = _stop_on_signals()
    streams = house.streams
    watch = ForwardWatch(house.forwards, collector.forwards) if collector else None
    if collector and watch:
        await asyncio.to_thread(watch.look)
        collector.start()
        watch.start()
    upkeep = Upkeep(house) if settings.role is not Role.collector else None
    if upkeep:
        upkeep.start()
    if grpc:
        await grpc.start()
    http = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not http.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    _announce(house, listener, grpc_port, owner)
    await asyncio.wait(
        (http, stop_task := asyncio.create_task(stop.wait())), return_when="FIRST_COMPLETED"
    )
    stop_task.cancel()
    logger.info("stopping: finishing what is running")
    streams.close()
    server.should_exit = True
    if upkeep:
        await asyncio.to_thread(upkeep.stop, settings.drain_seconds / 2)
    if watch:
        watch.stop(_WATCH_SECONDS)
    if grpc:
        await grpc.stop(settings.drain_seconds / 2)
    await http


def _is_https(settings: ServerSettings) -> bool:
    return bool(settings.tls_certificate) or settings.public_url.startswith("https:")


def _stop_on_signals() -> asyncio.Event:
    """Set at the first SIGTERM or SIGINT; the second ends the process at once (what was
    acknowledged is on disk)."""
    stop = asyncio.Event()

    def handle() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, handle)
    return stop


def _announce(house: House, listener: socket.socket, grpc_port: int | None, owner: str) -> None:
    settings = house.settings
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls_certificate else "http"
    http = f"{scheme}://{host}:{listener.getsockname()[1]}"
    key, profile = ensure_local_key(house.keys, owner, http)
    link = None
    if not house.identity.accounts.has_password(owner):
        token = house.identity.one_time.make("sign-in", owner, seconds=_LINK_SECONDS)
        link = f"{settings.public_url.rstrip('/') or http}/auth/link?token={token}"
    click.echo(
        banner(
            http=http,
            grpc=f"{scheme}://{host}:{grpc_port}" if grpc_port else None,
            key=key,
            profile=profile,
            data_dir=str(settings.data_dir),
            version=version("tracehouse"),
            link=link,
        )
    )
    sys.stdout.flush()
