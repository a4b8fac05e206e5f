"""Real clients, each a process of its own, between a stand-in for the model and a real server."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.conformance.emitters.fake_model import FakeModel
from tests.support.server import Server

HERE = Path(__file__).parent
PYTHON = str(Path(sys.prefix) / "emitters/bin/python")

Json = dict[str, Any]

# The SDK, and what it needs that the clients' environment has not.
_SDK = ("tracehouse", "tracehouse_semconv", "psutil", "backports")

# What is compared of usage.
COUNTS = ("calls", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


@dataclass
class World:
    """A server, a model, and a home for the programs that use them."""

    server: Server
    model: FakeModel
    home: Path

    def environment(self, service: str, **more: str) -> dict[str, str]:
        """All that a program is given: nothing of the machine's but where its programs are."""
        self.home.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "OTEL_SERVICE_NAME": service,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.server.http,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={self.server.key}",
            "OPENAI_BASE_URL": f"{self.model.url}/v1",
            "OPENAI_API_KEY": service,
            "ANTHROPIC_BASE_URL": self.model.url,
            "ANTHROPIC_API_KEY": service,
            **more,
        }

    @property
    def langfuse(self) -> dict[str, str]:
        """What Langfuse's SDKs are given: the address, and the key as the secret one."""
        return {
            "LANGFUSE_BASE_URL": self.server.http,
            "LANGFUSE_HOST": self.server.http,
            "LANGFUSE_PUBLIC_KEY": "pk-lf-any",
            "LANGFUSE_SECRET_KEY": self.server.key,
        }

    def run(self, service: str, *command: str, **environment: str) -> Arrived:
        """Run a program to its good end; what it reported can then be queried."""
        done = subprocess.run(
            command,
            env=self.environment(service, **environment),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stderr}"
        self.server.settle()
        return Arrived(self, service, done.stdout)

    def run_python(self, program: str, **environment: str) -> Arrived:
        """One of `clients/`, whose name is that of its service."""
        client = str(HERE / f"clients/{program}.py")
        return self.run(program, PYTHON, client, **environment)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a query that must succeed."""
        answer = self.server.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def with_sdk(server: Server, folder: Path) -> dict[str, str]:
    """What a program in the clients' environment is given to use our SDK: links in `folder`."""
    for name in _SDK:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations
        (folder / name).symlink_to(next(iter(spec.submodule_search_locations)))
    return {
        "PYTHONPATH": str(folder),
        "TRACEHOUSE_API_BASE": server.http,
        "TRACEHOUSE_API_KEY": server.key,
    }


class Arrived:
    """What the API says of the traces of one service."""

    def __init__(self, world: World, service: str, out: str = "") -> None:
        self.world = world
        self.service = service
        self.out = out

    @cached_property
    def traces(self) -> list[Json]:
        """Whole, oldest first; what only the list says is in them too."""
        found = self.world.get("/v1/traces", service=self.service)["traces"][::-1]
        return [trace | self.world.get(f"/v1/traces/{trace['trace_id']}") for trace in found]

    def spans(self, kind: str) -> list[Json]:
        """Those of a kind, oldest first."""
        found = [span for trace in self.traces for span in trace["spans"]]
        found.sort(key=lambda span: span["start_time"])
        return [span for span in found if span["meaning"]["kind"] == kind]

    @property
    def kinds(self) -> dict[str, int]:
        """How many spans there are of each kind."""
        return Counter(span["meaning"]["kind"] for trace in self.traces for span in trace["spans"])

    def usage(self, **where: str) -> dict[str, tuple[int, ...]]:
        """By model: calls, input, output, cache read and cache write tokens."""
        return {group["model"]: counted(group) for group in self._by_model(**where)}

    def cost(self) -> float:
        """In USD, of all calls, whose models must all have a price."""
        groups = self._by_model()
        assert [group["unpriced"] for group in groups] == [{}] * len(groups)
        return sum(group["cost_usd"] for group in groups)

    def _by_model(self, **where: str) -> list[Json]:
        found = self.world.get("/v1/usage", group_by="model", service=self.service, **where)
        return found["usage"]

    def content(self, span: Json) -> Json:
        """Messages, arguments and results of a span, none of them malformed."""
        path = f"/v1/traces/{self._trace_of(span)}/spans/{span['span_id']}/content"
        content = self.world.get(path)
        assert content["malformed"] == []
        return content

    def _trace_of(self, span: Json) -> str:
        (trace,) = [trace for trace in self.traces if span in trace["spans"]]
        return trace["trace_id"]

    def sessions(self) -> set[str]:
        """The sessions of its traces."""
        return {trace["session"] for trace in self.traces}

    def users(self) -> set[str]:
        """The users of its traces."""
        return {trace["user"] for trace in self.traces}


def counted(usage: Json) -> tuple[int, ...]:
    """What is compared of a usage."""
    return tuple(usage[name] for name in COUNTS)


def said(messages: list[Json]) -> list[tuple[str, Any]]:
    """Role and gist of each part of some messages."""
    return [(message["role"], _gist(part)) for message in messages for part in message["parts"]]


def _gist(part: Json) -> Any:
    match part["type"]:
        case "text":
            return part["content"]
        case "tool_call":
            return ("calls", part["name"], part["arguments"])
        case "tool_call_response":
            return ("answers", part["response"])
        case other:
            return (other, part)
