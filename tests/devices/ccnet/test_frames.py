"""CCNET's frames: the verified ones, whatever pieces and noise they come in, and a second opinion on the checksum."""

from __future__ import annotations

import pytest
from ccnet_frames import FROM_DEVICE, FROM_HOST
from crccheck.crc import CrcKermit
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.ccnet.frames import (
    LONGEST_OF_ALL,
    Command,
    Frame,
    Reader,
    Spoilt,
    checksum,
    command,
    frame,
)

POLL = bytes.fromhex("02030633DA81")
bodies = st.binary(min_size=1, max_size=40)
frames = st.lists(bodies.map(frame), max_size=5)


def read(*parts: bytes) -> list[Frame | Spoilt]:
    reader = Reader()
    events = [event for part in parts for event in reader.feed(part)]
    return events + reader.pause()


def whole(*parts: bytes) -> list[bytes]:
    return [event.body for event in read(*parts) if isinstance(event, Frame)]


@pytest.mark.parametrize(("data", "what", "rest"), FROM_HOST)
def test_every_known_command_is_made_byte_for_byte(data: bytes, what: Command, rest: bytes) -> None:
    assert command(what, rest) == data
    assert read(data) == [Frame(bytes([what]) + rest)]


@pytest.mark.parametrize(("data", "body"), FROM_DEVICE)
def test_every_known_answer_is_read_and_made_again(data: bytes, body: bytes) -> None:
    assert read(data) == [Frame(body)]
    assert frame(body) == data


def test_the_check_value_of_the_checksum_is_the_published_one() -> None:
    assert checksum(b"123456789") == 0x2189


@given(st.binary(max_size=300))
def test_another_implementation_comes_to_the_same_checksum(data: bytes) -> None:
    assert checksum(data) == CrcKermit.calc(data)


def test_a_published_frame_with_a_wrong_checksum_is_spoilt() -> None:
    wrong = bytes.fromhex("02030633DA82")
    assert read(wrong) == [Spoilt(wrong)]


@given(frames, st.data())
def test_any_split_of_the_stream_gives_the_same_frames(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*parts) == read(stream) == [event for one in sent for event in read(one)]


@given(st.binary(max_size=400), st.data())
def test_any_split_of_anything_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*parts) == read(stream)


@given(st.binary(max_size=60), bodies)
def test_a_frame_is_found_behind_any_noise(noise: bytes, body: bytes) -> None:
    assert whole(noise, frame(body))[-1] == body


@given(bodies, st.data())
def test_one_wrong_byte_is_never_another_frame(body: bytes, data: st.DataObject) -> None:
    good = frame(body)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    assert body not in whole(bad)


@given(bodies)
def test_a_cut_frame_is_nothing_and_hides_no_later_one(body: bytes) -> None:
    for keep in range(len(frame(body))):
        reader = Reader()
        reader.feed(frame(body)[:keep])
        assert Frame(body) not in reader.pause()
        assert reader.feed(POLL) == [Frame(b"\x33")]


def test_a_frame_for_another_address_is_told_as_such() -> None:
    assert read(frame(b"\x14", address=1)) == [Frame(b"\x14", address=1)]


def test_a_long_body_has_its_length_in_two_bytes() -> None:
    body = bytes(300)
    data = frame(body)
    assert data[:5] == bytes([2, 3, 0]) + len(data).to_bytes(2, "big")
    assert read(data) == [Frame(body)]
    with pytest.raises(ValueError, match="bytes"):
        frame(bytes(LONGEST_OF_ALL))


@settings(max_examples=20)
@given(st.integers(0, 255))
def test_the_reader_holds_no_more_than_the_longest_frame(byte: int) -> None:
    reader = Reader()
    for _ in range(50):
        reader.feed(bytes([2, 3, 0, 4, 0]) + bytes([byte]) * 997)
        assert len(reader._held) <= LONGEST_OF_ALL


def test_what_waits_is_said_and_can_be_thrown_away() -> None:
    reader = Reader()
    reader.feed(POLL[:4])
    assert reader.waits
    reader.clear()
    assert not reader.waits
    assert reader.feed(POLL) == [Frame(b"\x33")]
