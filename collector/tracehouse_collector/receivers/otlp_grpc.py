"""OTLP over gRPC.

gRPC's own decompression is off: it has no bound on what it produces. A compressed message reaches
us as it came, is known by gzip's magic number (which cannot begin an OTLP request), and is
decompressed under the same bound as everything else.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
from grpc import aio

from tracehouse_collector.admit.admission import Admission
from tracehouse_collector.admit.body import GZIP_MAGIC, decompress
from tracehouse_collector.admit.otlp import EXCHANGES
from tracehouse_collector.admit.refusal import Refusal
from tracehouse_semconv.record import Signal

logger = logging.getLogger(__name__)

# Framing and compression overhead on top of the bound, which is held by `decompress`.
_SLACK_BYTES = 1 << 20
_Handler = Callable[[AsyncIterator[bytes], Any], Awaitable[bytes]]


class OtlpGrpc:
    """The gRPC server. `start` it once; `stop` drains it."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._server = aio.server(
            options=[
                ("grpc.per_message_decompression", 0),
                ("grpc.max_receive_message_length", admission.max_request_bytes + _SLACK_BYTES),
                ("grpc.so_reuseport", 0),
                # Room for a whole batch: probing for the best window cost 1 µs a span.
                ("grpc.http2.lookahead_bytes", 1 << 20),
                ("grpc.http2.bdp_probe", 0),
                # identity and gzip: anything else is UNIMPLEMENTED, as gRPC asks.
                ("grpc.compression_enabled_algorithms_bitset", 0b101),
            ]
        )
        self._server.add_generic_rpc_handlers((_Handlers(admission),))

    def bind(self, host: str, port: int, certificate: str = "", key: str = "") -> int:
        """Listen, with TLS where PEM files are given; the port bound. Raises OSError when it is
        taken, or a file cannot be read."""
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if certificate:
                pair = (Path(key).read_bytes(), Path(certificate).read_bytes())
                bound = self._server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
            else:
                bound = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}") from error
        if bound == 0:
            raise OSError(f"cannot listen on {address}")
        return bound

    async def start(self) -> None:
        await self._server.start()

    async def stop(self, grace: float) -> None:
        """Refuse new calls, and give the running ones `grace` seconds."""
        await self._server.stop(grace)


class _Handlers(grpc.GenericRpcHandler):
    """One handler per signal; every other method is answered with UNIMPLEMENTED.

    They are declared as streaming, which is the same on the wire, because gRPC reads the message
    of a unary call before the call is seen: a stranger's 64 MiB would be buffered first.
    """

    def __init__(self, admission: Admission) -> None:
        self._methods = {
            exchange.rpc: grpc.stream_unary_rpc_method_handler(
                _exporter(admission, signal)  # pyright: ignore[reportArgumentType]
            )
            for signal, exchange in EXCHANGES.items()
        }

    def service(self, handler_call_details: Any) -> Any:
        return self._methods.get(handler_call_details.method)


def _exporter(admission: Admission, signal: Signal) -> _Handler:
    async def export(requests: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            metadata = dict(context.invocation_metadata() or ())
            principal = admission.authenticate(
                metadata.get("authorization"), metadata.get("x-api-key")
            )
            request = await anext(requests, b"")
            encoding = "gzip" if request.startswith(GZIP_MAGIC) else ""
            payload = decompress(request, encoding, admission.max_request_bytes)
            message = await admission.admit_protobuf(principal, signal, payload)
            return message.SerializeToString()
        except Exception as error:
            if not isinstance(error, Refusal):
                logger.exception("an Export of %s failed", signal.name)
            refusal = admission.refused(signal, error)
        context.set_trailing_metadata(
            (("grpc-status-details-bin", refusal.status().SerializeToString()),)
        )
        await context.abort(refusal.kind.grpc, refusal.message)
        raise AssertionError("abort does not return")

    return export
