"""Points encoded by hand say what Protobuf's own reader reads."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tests.support.otlp import key_values
from tracehouse.recorder.points import Points, Stream, encode_points

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
VALUES = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.one_of(INT64, st.floats()),
    min_size=1,
)


def stream(run_id: str, project: str = "p") -> Stream:
    resource = Resource(attributes=key_values({"tracehouse.project": project}))
    return Stream(run_id, resource.SerializeToString())


def read(payload: bytes) -> list[tuple[str, str, int | None, int, str, float | int]]:
    """(project, run, step, time, key, value) of each point."""
    found = []
    for resource in ExportMetricsServiceRequest.FromString(payload).resource_metrics:
        (project,) = (a.value.string_value for a in resource.resource.attributes)
        for scope in resource.scope_metrics:
            assert scope.scope.name == "tracehouse"
            for metric in scope.metrics:
                for point in metric.gauge.data_points:
                    attributes = {a.key: a.value for a in point.attributes}
                    step = attributes.get("tracehouse.step")
                    found.append(
                        (
                            project,
                            attributes["tracehouse.run.id"].string_value,
                            None if step is None else step.int_value,
                            point.time_unix_nano,
                            metric.name,
                            getattr(point, point.WhichOneof("value")),
                        )
                    )
    return found


@given(VALUES, st.none() | INT64, st.integers(1, (1 << 63) - 1))
def test_any_values_step_and_time(
    values: dict[str, float | int], step: int | None, time_ns: int
) -> None:
    found = read(encode_points([Points(stream("run"), values, step, time_ns)]))
    assert {row[:4] for row in found} == {("p", "run", step, time_ns)}
    for (_, _, _, _, key, value), (sent_key, sent) in zip(found, values.items(), strict=True):
        assert key == sent_key
        assert type(value) is type(sent)
        assert value == sent or (math.isnan(value) and math.isnan(sent))


def test_points_of_a_key_are_one_metric_and_of_a_resource_one_resource() -> None:
    first, second, other = stream("a"), stream("b"), stream("c", "other")
    payload = encode_points(
        Points(each, {"x": float(step), "y": 0.5}, step, 1)
        for step in range(3)
        for each in (first, second, other)
    )
    request = ExportMetricsServiceRequest.FromString(payload)
    assert len(request.resource_metrics) == 2
    assert len(request.resource_metrics[0].scope_metrics[0].metrics) == 4
    assert len(read(payload)) == 18


def test_an_integer_beyond_64_bits_is_a_double_and_a_broken_key_is_mended() -> None:
    payload = encode_points([Points(stream("r"), {"k\ud800": 2**70}, 0, 1)])
    assert read(payload)[0][4:] == ("k?", 2.0**70)
