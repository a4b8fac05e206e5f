"""A refusal in the terms of both transports."""

from __future__ import annotations

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo

from tracehouse_collector.admit import refusal
from tracehouse_collector.admit.refusal import Kind, Refusal

KINDS = [kind for kind in vars(refusal).values() if isinstance(kind, Kind)]
RETRYABLE_HTTP = {429, 502, 503, 504}


@pytest.mark.parametrize("kind", KINDS)
def test_the_status_has_the_code_and_the_message(kind: Kind) -> None:
    status = Refusal(kind, "what is wrong").status()

    assert (status.code, status.message) == (kind.grpc.value[0], "what is wrong")


def test_an_unreadable_body_is_a_bad_request_with_its_fault() -> None:
    details = Refusal(refusal.UNREADABLE, "cut off").status().details
    fault = BadRequest()

    assert len(details) == 1
    assert details[0].Unpack(fault)
    assert [violation.description for violation in fault.field_violations] == ["cut off"]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(5.0, (5, 0)), (0.25, (0, 250_000_000)), (0.0, (0, 0))]
)
def test_what_may_succeed_later_says_when(seconds: float, expected: tuple[int, int]) -> None:
    details = Refusal(refusal.FULL, "full", retry_after=seconds).status().details
    info = RetryInfo()

    assert len(details) == 1
    assert details[0].Unpack(info)
    assert (info.retry_delay.seconds, info.retry_delay.nanos) == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not refusal.UNREADABLE])
def test_what_will_not_succeed_later_carries_no_details(kind: Kind) -> None:
    assert not Refusal(kind, "no").status().details


def test_only_a_full_spool_and_an_unavailable_server_may_be_retried_over_http() -> None:
    retryable = {kind.http for kind in KINDS} & RETRYABLE_HTTP

    assert retryable == {refusal.FULL.http, refusal.UNAVAILABLE.http}


def test_a_body_that_is_too_large_and_a_full_spool_differ_in_their_retry_info_alone() -> None:
    assert refusal.TOO_LARGE.grpc is refusal.FULL.grpc is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not Refusal(refusal.TOO_LARGE, "no").status().details
