"""Over gRPC, too, nothing is sent into a private network, whatever a name leads to later."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support import otlp
from tracehouse_collector.forward.forwarder import Forwarder
from tracehouse_collector.forward.over_grpc import OverGrpc
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal, encode

NAME = "collector.test"
PUBLIC = "93.184.215.14"
PAYLOAD = otlp.traces(otlp.span()).SerializeToString()
KEY = ec.generate_private_key(ec.SECP256R1())


class Destination(grpc.GenericRpcHandler):
    """Takes everything, and remembers how it was called."""

    def __init__(self, certified: str = "") -> None:
        self.took = 0
        self.called: set[str] = set()
        self.server = grpc.server(ThreadPoolExecutor(2), handlers=[self])
        self.certificate = _certificate(certified) if certified else b""
        if certified:
            pem = KEY.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            credentials = grpc.ssl_server_credentials([(pem, self.certificate)])
            self.port = self.server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def service(self, handler_call_details: Any) -> Any:
        def take(_: bytes, context: Any) -> bytes:
            self.took += 1
            self.called.add(context._rpc_event.call_details.host.decode())
            return b""

        return grpc.unary_unary_rpc_method_handler(take)


def _certificate(name: str) -> bytes:
    """A PEM file for a name, signed by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def destination() -> Iterator[Destination]:
    made = Destination()
    yield made
    made.server.stop(0)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let a name lead to one address after another, and to the last for good; who was asked."""

    def leads_to(*addresses: str) -> list[str]:
        left, asked = list(addresses), list[str]()
        ordinary = socket.getaddrinfo

        def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            if host != NAME:
                return ordinary(host, port, *rest, **more)
            asked.append(host)
            return ordinary(left.pop(0) if len(left) > 1 else left[0], port, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return leads_to


def forward(destination: Destination, scheme: str = "http", **settings: Any) -> Forward:
    url = f"{scheme}://{NAME}:{destination.port}"
    return Forward(name="x", url=url, protocol="grpc", **settings)


def test_a_name_that_leads_into_a_private_network_the_second_time_gets_nothing(
    destination: Destination, resolver: Callable[..., list[str]]
) -> None:
    asked = resolver(PUBLIC, "127.0.0.1")
    record = b"".join(encode(Signal.traces, PAYLOAD, workspace="w", received_ns=1, request_id=1))
    with pytest.raises(InsertFailed, match="allow_private") as failed:
        Forwarder(forward(destination), "x").insert(Signal.traces, record)
    assert failed.value.verdict is Verdict.retry, "the name may be mended"
    assert len(asked) == 2, "the check, and the connection"
    assert destination.took == 0


def test_a_name_with_one_private_address_among_public_ones_gets_nothing(
    destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
        for address in (PUBLIC, "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(InsertFailed, match="allow_private"):
        OverGrpc(forward(destination)).export(Signal.traces, PAYLOAD)
    assert destination.took == 0


def test_the_other_side_is_called_by_its_name(
    destination: Destination, resolver: Callable[..., list[str]]
) -> None:
    asked = resolver("127.0.0.1")
    sender = OverGrpc(forward(destination, allow_private=True))
    for _ in range(3):
        sender.export(Signal.traces, PAYLOAD)
    assert destination.took == 3
    assert destination.called == {f"{NAME}:{destination.port}"}
    assert len(asked) == 1, "once a connection"


def test_after_a_connection_broke_the_name_is_looked_up_anew(
    destination: Destination, resolver: Callable[..., list[str]]
) -> None:
    resolver("127.0.0.2", "127.0.0.1")  # nobody listens at the first
    sender = OverGrpc(forward(destination, allow_private=True))
    with pytest.raises(InsertFailed) as failed:
        sender.export(Signal.traces, PAYLOAD)
    assert failed.value.verdict is Verdict.retry
    sender.export(Signal.traces, PAYLOAD)
    assert destination.took == 1


@pytest.mark.parametrize(("certified", "lets_in"), [(NAME, True), ("another.test", False)])
def test_a_certificate_is_that_of_the_name(
    resolver: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    certified: str,
    lets_in: bool,
) -> None:
    destination = Destination(certified)
    trusted = grpc.ssl_channel_credentials(destination.certificate)
    monkeypatch.setattr(grpc, "ssl_channel_credentials", lambda: trusted)
    resolver("127.0.0.1")
    sender = OverGrpc(forward(destination, "https", allow_private=True))
    if lets_in:
        sender.export(Signal.traces, PAYLOAD)
    else:
        with pytest.raises(InsertFailed):
            sender.export(Signal.traces, PAYLOAD)
    assert destination.took == lets_in
    destination.server.stop(0)
