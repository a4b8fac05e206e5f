"""The on-disk record: what is encoded is scanned and decoded, and damage stays where it is."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tracehouse_semconv.record import Damage, Envelope, Record, Signal, decode, encode, scan, varint

U64 = st.integers(0, 2**64 - 1)
ENVELOPES = st.builds(
    Envelope,
    workspace=st.text(max_size=20),
    received_ns=U64,
    request_id=U64,
    signal=st.sampled_from(Signal),
    payload=st.binary(max_size=200),
)


def encoded(envelope: Envelope) -> bytes:
    return b"".join(
        encode(
            envelope.signal,
            envelope.payload,
            workspace=envelope.workspace,
            received_ns=envelope.received_ns,
            request_id=envelope.request_id,
        )
    )


def decoded(buffer: bytes) -> list[Envelope]:
    """All whole records of a buffer."""
    return [decode(buffer[i.start : i.end]) for i in scan(buffer) if isinstance(i, Record)]


THREE = [Envelope("w", n, n, signal, bytes([n]) * 9) for n, signal in enumerate(Signal, 1)]


@given(st.lists(ENVELOPES, max_size=6))
def test_what_was_encoded_is_scanned_and_decoded(envelopes: list[Envelope]) -> None:
    buffer = b"".join(map(encoded, envelopes))

    assert decoded(buffer) == envelopes
    assert not [item for item in scan(buffer) if isinstance(item, Damage)]


def test_the_payload_is_not_copied() -> None:
    payload = b"a request"

    _, second = encode(Signal.logs, payload, workspace="w", received_ns=1, request_id=2)

    assert second is payload


@settings(max_examples=200)
@given(st.lists(ENVELOPES, min_size=1, max_size=4), st.data())
def test_a_flipped_bit_costs_one_record_at_most(
    envelopes: list[Envelope], data: st.DataObject
) -> None:
    records = [encoded(envelope) for envelope in envelopes]
    hit = data.draw(st.integers(0, len(records) - 1), "record")
    at = data.draw(st.integers(0, len(records[hit]) - 1), "byte")
    damaged = bytearray(records[hit])
    damaged[at] ^= 1 << data.draw(st.integers(0, 7), "bit")
    before, after = b"".join(records[:hit]), b"".join(records[hit + 1 :])

    buffer = before + bytes(damaged) + after

    assert decoded(buffer) == envelopes[:hit] + envelopes[hit + 1 :]
    lost = [item for item in scan(buffer) if isinstance(item, Damage)]
    assert lost == [Damage(len(before), len(buffer) - len(after))]


def test_every_single_flipped_bit_of_a_file_is_noticed() -> None:
    records = [encoded(envelope) for envelope in THREE]
    whole = b"".join(records)
    for bit in range(8 * len(whole)):
        buffer = bytearray(whole)
        buffer[bit // 8] ^= 1 << bit % 8

        found = decoded(bytes(buffer))

        assert len(found) == 2, f"bit {bit}"
        assert all(envelope in THREE for envelope in found), f"bit {bit}"


def test_a_file_cut_at_any_byte_has_its_whole_records_and_one_torn_tail() -> None:
    records = [encoded(envelope) for envelope in THREE]
    whole = b"".join(records)
    ends = [sum(map(len, records[:count])) for count in range(len(records) + 1)]
    for cut in range(len(whole) + 1):
        complete = max(end for end in ends if end <= cut)

        items = list(scan(whole[:cut]))

        assert decoded(whole[:cut]) == THREE[: ends.index(complete)], f"cut at {cut}"
        torn = [item for item in items if isinstance(item, Damage)]
        assert torn == ([Damage(complete, cut)] if cut > complete else []), f"cut at {cut}"


@given(st.lists(st.binary(max_size=50), min_size=4, max_size=4))
def test_garbage_between_records_is_damage_and_hides_none(garbage: list[bytes]) -> None:
    assume(not any(decoded(part) for part in garbage))
    buffer = garbage[0]
    for envelope, following in zip(THREE, garbage[1:], strict=True):
        buffer += encoded(envelope) + following

    assert decoded(buffer) == THREE
    lost = sum(item.end - item.start for item in scan(buffer) if isinstance(item, Damage))
    assert lost == sum(map(len, garbage))


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_a_scan_accounts_for_every_byte(parts: list[bytes]) -> None:
    buffer = encoded(THREE[0]).join(parts)

    at = 0
    for item in scan(buffer):
        assert item.start == at
        assert item.end > at
        at = item.end
    assert at == len(buffer)


def test_a_scan_may_start_behind_the_first_records() -> None:
    first = encoded(THREE[0])

    found = list(scan(first + encoded(THREE[1]), start=len(first)))

    assert [item.start for item in found] == [len(first)]


def test_a_varint_is_seven_bits_a_byte_lowest_first() -> None:
    assert [varint(n) for n in (0, 127, 128, 300)] == [b"\0", b"\x7f", b"\x80\x01", b"\xac\x02"]
