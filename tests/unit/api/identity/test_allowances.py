"""What an anonymous session may send: counted for good, in pieces, by any number of processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracehouse_api.identity.allowances import Allowances, Bounds, SessionAllowance
from tracehouse_api.identity.anonymous import AnonymousSessions
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.meta.database import Meta
from tracehouse_collector.admit.refusal import FORBIDDEN, FULL, Refusal

BOUNDS = Bounds(total=64_000, per_minute=60_000)
MUCH = Bounds(total=64_000, per_minute=1_000_000)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class House:
    """A metadata database with one anonymous session."""

    def __init__(self, folder: Path) -> None:
        self.meta = Meta("", folder / "meta.db")
        self.sessions = AnonymousSessions(self.meta, ApiKeys(self.meta))
        self.session = self.sessions.begin()
        self.clock = Clock()

    def process(self, bounds: Bounds = MUCH) -> SessionAllowance:
        """What a process of the house has of the session."""
        return Allowances(self.meta, bounds, self.clock).of(self.session.workspace)

    @property
    def counted(self) -> int:
        status = self.sessions.status(self.session.workspace)
        assert status is not None
        return status.sent_bytes


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def refusal(allowance: SessionAllowance, size: int) -> Refusal:
    with pytest.raises(Refusal) as refused:
        allowance.take(size)
    return refused.value


def test_the_total_may_be_sent_and_no_byte_more(house: House) -> None:
    allowance = house.process()
    for _ in range(64):
        allowance.take(1000)
    refused = refusal(allowance, 1)
    assert refused.kind is FORBIDDEN
    assert refused.retry_after is None, "nobody is to try again"
    assert "claim" in refused.message


def test_it_is_written_by_the_piece_and_not_by_the_request(house: House) -> None:
    allowance = house.process()
    for _ in range(100):
        allowance.take(10)
    assert (house.counted, allowance.left) == (1000, 0)
    allowance.take(1)
    assert (house.counted, allowance.left) == (2000, 999)


def test_the_next_process_goes_on_counting(house: House) -> None:
    house.process().take(63_500)
    again = house.process()
    assert refusal(again, 501).kind is FORBIDDEN
    assert house.counted == 63_500


def test_processes_share_one_total(house: House) -> None:
    one, other = house.process(), house.process()
    one.take(40_000)
    other.take(20_000)
    assert refusal(one, 5_000).kind is FORBIDDEN
    assert house.counted <= MUCH.total


def test_what_was_not_kept_is_not_counted(house: House) -> None:
    allowance = house.process()
    for _ in range(10):
        allowance.take(60_000)
        allowance.give_back(60_000)
    allowance.take(64_000)


def test_once_it_is_claimed_nothing_is_counted(house: House) -> None:
    allowance = house.process()
    allowance.take(64_000)
    assert house.sessions.claim(house.session.claim_token, "user", "mine")
    allowance.take(1_000_000)


def test_a_rate_is_waited_for(house: House) -> None:
    allowance = house.process(BOUNDS)
    allowance.take(50_000)
    allowance.take(12_000)  # overdrawn by 2,000: at 1,000 a second that is two seconds
    refused = refusal(allowance, 1)
    assert refused.kind is FULL
    assert refused.retry_after == 3
    with pytest.raises(Refusal):
        allowance.check()
    house.clock.now += refused.retry_after
    allowance.check()
    allowance.take(1)


def test_a_request_larger_than_the_rate_is_not_refused_for_ever(house: House) -> None:
    small = house.process(Bounds(total=64_000, per_minute=600))
    small.take(1_200)
    refused = refusal(small, 1)
    house.clock.now += refused.retry_after or 0
    small.take(1)


def test_an_ordinary_key_has_none(house: House) -> None:
    keys = ApiKeys(house.meta, allowances=Allowances(house.meta, BOUNDS))
    ordinary, _ = keys.mint(workspace="default", user="", name="ordinary")
    known = keys.principal(ordinary)
    assert known is not None
    assert known.allowance is None
    assert keys.allowance_of("default") is None
    anonymous = keys.principal(house.session.token)
    assert anonymous is not None
    assert anonymous.allowance is keys.allowance_of(house.session.workspace)
