"""Scripts that fetch with Langfuse's SDKs what was sent, and media."""

from __future__ import annotations

import pytest

from tests.conformance.langfuse.generations import head
from tests.support.sdk import Machine

WAIT = """
import time
def wait(fetch, until, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = fetch()
            if until(found):
                return found
        except Exception as error:
            found = error
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
"""


def test_what_the_oldest_sdk_fetches(machine: Machine) -> None:
    machine.run(
        """
        from langfuse import Langfuse
        client = Langfuse()
        trace = client.trace(
            name="fetched", user_id="ada", session_id="fetch-2", tags=["a", "b"], input={"q": 1},
            output="done", metadata={"k": {"deep": 1}}, release="r1", version="v1",
        )
        generation = trace.generation(
            name="llm", model="gpt-4o-mini", input=[{"role": "user", "content": "hi"}],
            output="yo", usage={"input": 1000, "output": 500}, model_parameters={"temperature": 0},
            metadata={"m": "x"},
        )
        generation.score(name="good", value=0.5, comment="fine")
        trace.score(name="kind", value="warm", data_type="CATEGORICAL")
        client.flush()

        found = wait(lambda: client.fetch_trace(trace.id).data, lambda t: len(t.scores) == 2)
        assert (found.name, found.user_id, found.session_id) == ("fetched", "ada", "fetch-2")
        assert (found.input, found.output, sorted(found.tags)) == ({"q": 1}, "done", ["a", "b"])
        assert found.metadata == {"k": {"deep": 1}}, found.metadata
        assert (found.release, found.version) == ("r1", "v1")
        (seen,) = found.observations
        assert (seen.type, seen.name, seen.model) == ("GENERATION", "llm", "gpt-4o-mini")
        assert seen.input == [{"role": "user", "content": "hi"}] and seen.output == "yo"
        assert (seen.usage.input, seen.usage.output) == (1000, 500)
        assert seen.parent_observation_id is None and seen.metadata == {"m": "x"}
        assert seen.model_parameters == {"temperature": 0}
        assert seen.calculated_total_cost > 0 and found.total_cost == seen.calculated_total_cost
        assert {s.name: s.value for s in found.scores if s.data_type == "NUMERIC"} == {"good": 0.5}
        assert [s.string_value for s in found.scores if s.name == "kind"] == ["warm"]

        page = client.fetch_traces(session_id="fetch-2", tags=["a"])
        assert [t.name for t in page.data] == ["fetched"] and page.meta.total_items == 1
        assert client.fetch_traces(user_id="nobody").data == []
        (one,) = client.fetch_observations(trace_id=trace.id, type="GENERATION").data
        assert client.fetch_observation(one.id).data.name == "llm"
        assert "fetch-2" in [s.id for s in client.fetch_sessions().data]
        client.shutdown()
        """,
        head=head(2) + WAIT,
    )


def test_what_the_fourth_sdk_fetches(machine: Machine) -> None:
    machine.run(
        """
        from langfuse import get_client, propagate_attributes
        client = get_client()
        with propagate_attributes(session_id="fetch-4", user_id="bob", tags=["t4"],
                                  metadata={"plan": "free"}):
            with client.start_as_current_observation(name="root", as_type="agent") as root:
                root.update(input={"q": "why"}, output="because", metadata={"n": "1"})
                with client.start_as_current_observation(
                    name="inner", as_type="tool", level="WARNING", status_message="careful",
                ):
                    pass
                trace_id = client.get_current_trace_id()
                client.score_current_trace(name="safe", value=1, data_type="BOOLEAN")
        client.flush()

        api = client.api
        found = wait(
            lambda: api.trace.get(trace_id), lambda t: len(t.observations) == 2 and t.scores
        )
        assert (found.user_id, found.session_id, found.tags) == ("bob", "fetch-4", ["t4"])
        assert (found.input, found.output) == ({"q": "why"}, "because")
        inner = next(o for o in found.observations if o.name == "inner")
        assert (inner.type, inner.level, inner.status_message) == ("TOOL", "WARNING", "careful")
        assert inner.parent_observation_id is not None
        page = api.trace.list(session_id="fetch-4", tags="t4")
        assert [t.id for t in page.data] == [trace_id]
        session = api.sessions.get("fetch-4")
        assert [t.id for t in session.traces] == [trace_id]
        newer = api.observations.get_many(trace_id=trace_id, fields="core,basic,io", limit=1)
        assert len(newer.data) == 1 and newer.meta.cursor
        rest = api.observations.get_many(
            trace_id=trace_id, fields="core,basic,io", limit=1, cursor=newer.meta.cursor
        )
        assert {o.name for o in (*newer.data, *rest.data)} == {"root", "inner"}
        (score,) = api.scores.get_many(trace_id=trace_id).data
        assert (score.name, score.value, score.string_value) == ("safe", 1, "True")
        assert api.scores.get_by_id(score.id).id == score.id
        api.trace.delete(trace_id)
        try:
            api.trace.get(trace_id)
        except Exception as error:
            assert error.status_code == 404, error
        else:
            raise AssertionError("the trace is still there")
        client.shutdown()
        """,
        head=head(4) + WAIT,
    )


def test_what_the_fifth_sdk_fetches_and_its_encoded_metadata(machine: Machine) -> None:
    machine.run(
        """
        from langfuse import get_client, propagate_attributes
        client = get_client()
        with propagate_attributes(session_id="fetch-5"):
            with client.start_as_current_observation(name="root", as_type="span") as root:
                root.update(
                    input="why", output={"a": 1},
                    metadata={"text": "123", "number": 5, "deep": {"x": [1]}},
                )
                trace_id = client.get_current_trace_id()
                client.score_current_span(name="tone", value="dry", data_type="CATEGORICAL")
        client.flush()
        api = client.api
        found = wait(
            lambda: api.observations.get_many(
                trace_id=trace_id, fields="core,basic,io,metadata"
            ).data,
            len,
        )
        assert found[0].metadata == {"text": "123", "number": 5, "deep": {"x": [1]}}, found
        assert (found[0].input, found[0].output) == ("why", '{"a":1}'), found
        assert found[0].session_id == "fetch-5"
        scores = wait(lambda: api.scores.get_many(trace_id=trace_id, fields="subject").data, len)
        assert [(s.name, s.value) for s in scores] == [("tone", "dry")]
        assert scores[0].subject.kind == "observation", scores
        client.shutdown()
        """,
        head=head(5) + WAIT,
    )


@pytest.mark.parametrize("major", [4, 5])
def test_media_go_up_and_come_down_whole(machine: Machine, major: int) -> None:
    machine.run(
        f"""
        import hashlib, re, urllib.request
        from langfuse import get_client
        from langfuse.media import LangfuseMedia
        client = get_client()
        content = b"\\x89PNG" + bytes(range(256)) * 40 + b"{major}"
        for _ in range(2):  # the second time it is there already
            with client.start_as_current_observation(name="seen") as span:
                media = LangfuseMedia(content_bytes=content, content_type="image/png")
                span.update(input={{"image": media}})
                trace_id = client.get_current_trace_id()
            client.flush()
        known = wait(lambda: client.api.media.get(media._media_id), lambda m: m.uploaded_at)
        assert (known.content_type, known.content_length) == ("image/png", len(content))
        with urllib.request.urlopen(known.url) as answer:
            assert answer.read() == content
            assert answer.headers["content-type"] == "image/png"
        try:
            urllib.request.urlopen(known.url[:-4])
        except urllib.error.HTTPError as error:
            assert error.code == 401
        else:
            raise AssertionError("an address that was cut short is open")
        client.shutdown()
        """,
        head=head(major) + WAIT,
    )
