"""SSP's packets: the verified ones, whatever pieces and noise they come in, and a second opinion on the checksum."""

from __future__ import annotations

import pytest
from crccheck.crc import Crc16Cms
from hypothesis import given, settings
from hypothesis import strategies as st
from ssp_frames import KNOWN, NAMES
from tillpost.devices.ssp.frames import LONGEST, Packet, Reader, Spoilt, checksum, packet

POLL = bytes.fromhex("7F8001071202")
bodies = st.binary(min_size=1, max_size=40) | st.lists(st.sampled_from([0x7F, 0x80, 1]), min_size=1).map(bytes)
packets = st.builds(packet, bodies, st.integers(0, 1), st.sampled_from([0, 0x10]))
streams = st.lists(packets, max_size=5)
noises = st.lists(st.sampled_from([b"\x7f", b"\x80", b"\x02", b"\xf0", POLL]) | st.binary(max_size=9)).map(b"".join)


def read(*parts: bytes) -> list[Packet | Spoilt]:
    reader = Reader()
    events = [event for part in parts for event in reader.feed(part)]
    return events + reader.pause()


def cut(stream: bytes, data: st.DataObject) -> list[bytes]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@pytest.mark.parametrize(("name", "data", "sequence", "address", "body"), KNOWN, ids=NAMES)
def test_every_known_packet_is_read_and_made_byte_for_byte(
    name: str, data: bytes, sequence: int, address: int, body: bytes
) -> None:
    assert read(data) == [Packet(body, sequence, address)]
    assert packet(body, sequence, address) == data


@pytest.mark.parametrize(
    ("data", "wire"), [(b"", "FFFF"), (b"A", "84FC"), (b"ABC", "9B06"), (b"ABCD", "8C9A"), (b"123456789", "E7AE")]
)
def test_the_check_values_of_the_checksum_are_the_published_ones(data: bytes, wire: str) -> None:
    assert checksum(data).to_bytes(2, "little") == bytes.fromhex(wire)


@given(st.binary(max_size=300))
def test_another_implementation_comes_to_the_same_checksum(data: bytes) -> None:
    assert checksum(data) == Crc16Cms.calc(data)


def test_a_7f_in_a_packet_is_doubled_and_single_again() -> None:
    assert packet(b"\x7f", 0)[:5] == bytes.fromhex("7F00017F7F")
    assert read(packet(b"\x7f", 0)) == [Packet(b"\x7f", 0)]
    published = bytes.fromhex("7F00017F7F200A")  # its checksum is not right
    assert read(published) == [Spoilt(published)]


def test_a_lone_7f_in_a_packet_begins_the_next_one() -> None:
    assert read(POLL[:4] + POLL) == [Packet(b"\x07", 1)]
    assert read(bytes.fromhex("7F7F") + POLL) == [Packet(b"\x07", 1)]


@given(streams, st.data())
def test_any_split_of_the_stream_gives_the_same_packets(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    assert read(*cut(stream, data)) == read(stream) == [event for one in sent for event in read(one)]
    assert len(read(stream)) == len(sent)


@given(noises, st.data())
def test_any_split_of_anything_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    assert read(*cut(stream, data)) == read(stream)


@given(noises, packets)
def test_a_packet_is_found_behind_any_noise(noise: bytes, sent: bytes) -> None:
    """Where the noise ends in a 7F, that and the packet's first are one doubled byte, until the packet is over."""
    assert read(sent)[0] in read(noise, sent)


@given(packets, st.data())
def test_one_wrong_byte_is_never_another_packet(good: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    assert read(good)[0] not in read(bad)


@given(packets)
def test_a_cut_packet_is_nothing_and_hides_no_later_one(sent: bytes) -> None:
    for keep in range(len(sent)):
        reader = Reader()
        reader.feed(sent[:keep])
        assert read(sent)[0] not in reader.pause()
        assert reader.feed(POLL) == [Packet(b"\x07", 1)]


def test_a_body_that_is_too_long_is_refused() -> None:
    assert read(packet(bytes(LONGEST), 1)) == [Packet(bytes(LONGEST), 1)]
    with pytest.raises(ValueError, match="bytes"):
        packet(bytes(LONGEST + 1), 1)


@settings(max_examples=20)
@given(st.integers(0, 255))
def test_the_reader_holds_no_more_than_the_longest_packet(byte: int) -> None:
    reader = Reader()
    for _ in range(50):
        reader.feed(bytes([0x7F, 0x80, LONGEST]) + bytes([byte]) * 997)
        assert len(reader._held) <= 2 * (LONGEST + 4)


def test_what_waits_is_said_and_can_be_thrown_away() -> None:
    reader = Reader()
    reader.feed(POLL[:4])
    assert reader.waits
    reader.clear()
    assert not reader.waits
    assert reader.feed(POLL) == [Packet(b"\x07", 1)]
