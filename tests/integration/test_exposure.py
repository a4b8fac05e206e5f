"""A server that others may reach: refused without protection, TLS on both ports, headers."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import grpc
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.test_api_keys import request
from tests.support.person import Person
from tests.support.server import Server


def tracehouse(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracehouse_agent.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=home,
        timeout=60,
    )


def test_a_server_for_others_without_protection_does_not_start(tmp_path: Path) -> None:
    said = tracehouse(tmp_path, "serve", "--host", "0.0.0.0", "--data-dir", str(tmp_path / "d"))
    assert said.returncode == 1
    assert "tracehouse password" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_password_set_on_the_command_line_logs_in(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        folder = ("--data-dir", str(server.data_dir))
        short = tracehouse(tmp_path, "password", *folder, "--password", "short")
        assert (short.returncode, "10 to 200" in short.stderr) == (1, True)
        unknown = tracehouse(
            tmp_path, "password", *folder, "--email", "no@x.y", "--password", "x" * 12
        )
        assert (unknown.returncode, "no account" in unknown.stderr) == (1, True)
        said = tracehouse(
            tmp_path, "password", *folder, "--new-email", "me@example.com",
            "--password", "correct horse",
        )  # fmt: skip
        assert (said.returncode, said.stderr) == (0, "")
        assert Person(server).log_in("me@example.com", "correct horse").status_code == 200
        server.stop()
        server.start()
        assert "sign in, once" not in server.log()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tracehouse tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def tls(
    certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    arguments = ("--tls-certificate", str(certificate[0]), "--tls-key", str(certificate[1]))
    with Server(tmp_path_factory.mktemp("tls"), *arguments) as server:
        yield server


def test_both_ports_speak_tls(tls: Server, certificate: tuple[Path, Path]) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    assert tls.http.startswith("https://")
    with httpx.Client(verify=trusting, headers=tls.headers) as client:
        headers = {"content-type": "application/x-protobuf"}
        sent = client.post(f"{tls.http}/v1/traces", content=request("over tls"), headers=headers)
        assert sent.status_code == 200
        health = client.get(f"{tls.http}/health")
        assert "max-age" in health.headers["strict-transport-security"]
    credentials = grpc.ssl_channel_credentials(certificate[0].read_bytes())
    with grpc.secure_channel(tls.grpc.removeprefix("https://"), credentials) as channel:
        export = channel.unary_unary(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            request_serializer=None,
            response_deserializer=None,
        )
        assert export(request("over grpc"), metadata=[("x-api-key", tls.key)], timeout=10) == b""
    tls.settle()
    names = {trace["name"] for trace in tls.get("/v1/traces").json()["traces"]}
    assert names == {"over tls", "over grpc"}


def test_the_session_cookie_stays_on_tls(tls: Server) -> None:
    cookie = tls.client.get(tls.sign_in_link).headers["set-cookie"].lower()
    assert "; secure" in cookie


def test_half_a_pair_is_refused(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    said = tracehouse(tmp_path, "serve", "--tls-certificate", str(certificate[0]))
    assert said.returncode == 1
    assert "go together" in said.stderr


@pytest.mark.parametrize("path", ["/health", "/v1/traces", "/v1/nothing", "/docs", "/v1/sql/views"])
def test_every_answer_says_that_nothing_may_be_guessed_framed_or_passed_on(
    tls: Server, path: str
) -> None:
    headers = tls.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_documentation_loads_nothing_from_elsewhere(tls: Server) -> None:
    page = tls.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f'"/docs/{name}"' in page
        assert len(tls.get(f"/docs/{name}").content) > 100
    assert tls.get("/docs/favicon.png").status_code == 404
