"""A parameter that is wrong is told by name; one that does not exist is not passed over."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Stored


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        ("/v1/traces", "limit", "0"),
        ("/v1/traces", "limit", "1001"),
        ("/v1/traces", "limit", "many"),
        ("/v1/traces", "from", "yesterday"),
        ("/v1/traces", "to", "-1"),
        ("/v1/traces", "status", "bad"),
        ("/v1/traces", "min_duration_ms", "-1"),
        ("/v1/traces", "min_duration_ms", "NaN"),
        ("/v1/traces", "cursor", "nonsense"),
        ("/v1/traces", "cursor", "WzEsICJ4eCJd"),  # [1, "xx"]
        ("/v1/traces", "q", ""),
        ("/v1/spans", "trace_id", "12"),
        ("/v1/spans", "kind", "odd"),
        ("/v1/spans", "cursor", "!!"),
        ("/v1/logs", "min_severity", "25"),
        ("/v1/logs", "span_id", "zz"),
        ("/v1/logs", "cursor", "W10"),
        ("/v1/metrics/names", "limit", "-5"),
        ("/v1/rejects", "signal", "smoke"),
        ("/v1/traces", "servise", "typo"),
        ("/v1/spans", "attributes.x", "typo"),
        ("/v1/logs", "severity", "9"),
        ("/v1/stats", "x", "1"),
    ],
)
def test_a_bad_parameter_is_422_and_named(
    stored_server: Stored, path: str, parameter: str, value: str
) -> None:
    answer = stored_server.server.get(path, **{parameter: value})
    assert answer.status_code == 422, answer.text
    assert parameter in answer.json()["detail"]


@pytest.mark.parametrize("parameter", ["step", "agg"])
def test_a_bad_parameter_of_a_series_is_422(stored_server: Stored, parameter: str) -> None:
    answer = stored_server.server.get("/v1/metrics/series", name="x", **{parameter: "-1"})
    assert answer.status_code == 422
    assert parameter in answer.json()["detail"]


@pytest.mark.parametrize("trace_id", ["1", "g" * 32, "0" * 33])
def test_a_trace_id_that_is_none_is_422(stored_server: Stored, trace_id: str) -> None:
    assert stored_server.server.get(f"/v1/traces/{trace_id}").status_code == 422
