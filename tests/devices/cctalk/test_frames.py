"""ccTalk's frames: the verified ones, whatever pieces and noise they come in, and a second opinion on the checksum."""

from __future__ import annotations

import pytest
from cctalk_frames import FRAMES, WRONG
from crccheck.crc import CrcXmodem
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.cctalk.frames import LONGEST, Check, Frame, Header, Reader, crc, encoded

bytes_ = st.integers(0, 255)
checks = st.sampled_from(Check)


@st.composite
def frames(draw: st.DrawFn, check: Check) -> Frame:
    source = draw(bytes_) if check is Check.SUM else 0
    return Frame(draw(bytes_), source, draw(bytes_), draw(st.binary(max_size=20)))


def read(*parts: bytes, check: Check = Check.SUM, to: int | None = None, source: int | None = None) -> list[Frame]:
    reader = Reader(check, to=to, source=source)
    found = [frame for part in parts for frame in reader.feed(part)]
    return found + reader.pause()


@pytest.mark.parametrize(("data", "frame"), FRAMES, ids=lambda each: each.hex(" ") if isinstance(each, bytes) else "")
def test_every_known_frame_is_made_and_read(data: bytes, frame: Frame) -> None:
    assert encoded(frame) == data
    assert read(data) == [frame]


@pytest.mark.parametrize("data", WRONG)
def test_published_frames_with_wrong_checksums_are_noise(data: bytes) -> None:
    assert read(data) == []


def test_sixteen_bit_checksum_stands_where_the_source_was_and_at_the_end() -> None:
    data = bytes.fromhex("28 00 46 01 3F")
    assert encoded(Frame(0x28, 0, Header.RESET), Check.CRC) == data
    assert read(data, check=Check.CRC) == [Frame(0x28, 0, Header.RESET)]
    assert crc(b"123456789") == 0x31C3


@given(st.binary(max_size=300))
def test_another_implementation_comes_to_the_same_checksum(data: bytes) -> None:
    assert crc(data) == CrcXmodem.calc(data)


@given(checks, st.data())
def test_any_frame_is_read_as_it_was_made(check: Check, data: st.DataObject) -> None:
    frame = data.draw(frames(check))
    assert read(encoded(frame, check), check=check) == [frame]


@given(checks, st.binary(max_size=400), st.data())
def test_any_split_of_anything_gives_the_same_frames(check: Check, noise: bytes, data: st.DataObject) -> None:
    sent = data.draw(st.lists(frames(check), max_size=5))
    stream = b"".join(encoded(frame, check) for frame in sent) + noise
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole = read(stream, check=check)
    assert read(*parts, check=check) == whole
    assert whole[: len(sent)] == sent


@given(st.binary(max_size=60).map(lambda noise: noise.replace(b"\x01", b"\x02")), st.data())
def test_an_answer_is_found_behind_noise(noise: bytes, data: st.DataObject) -> None:
    answer = Frame(1, 2, Header.ANSWER, data.draw(st.binary(max_size=20)))
    assert read(noise + encoded(answer), to=1, source=2) == [answer]


@given(checks, st.data())
def test_one_wrong_byte_is_never_another_frame_of_that_length(check: Check, data: st.DataObject) -> None:
    good = encoded(data.draw(frames(check)), check)
    at = data.draw(st.integers(0, len(good) - 1).filter(lambda each: each != 1))
    bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    assert all(len(encoded(frame, check)) < len(good) for frame in read(bad, check=check))


@given(st.binary(max_size=20))
def test_a_cut_answer_is_nothing_and_hides_no_later_one(rest: bytes) -> None:
    answer = Frame(1, 2, Header.ANSWER, rest.replace(b"\x01", b"\x02"))
    data = encoded(answer)
    for keep in range(len(data)):
        reader = Reader(to=1, source=2)
        assert reader.feed(data[:keep]) + reader.pause() == []
        assert reader.feed(data) == [answer]


def test_frames_for_others_and_from_others_are_passed_over() -> None:
    mine = Frame(1, 2, Header.ANSWER, b"mine")
    stream = encoded(Frame(2, 1, Header.READ_CREDITS)) + encoded(Frame(1, 3, Header.ANSWER)) + encoded(mine)
    assert read(stream, to=1, source=2) == [mine]


@settings(max_examples=10)
@given(bytes_, checks)
def test_the_reader_holds_no_more_than_the_longest_frame(byte: int, check: Check) -> None:
    reader = Reader(check)
    for _ in range(4):
        reader.feed(bytes([2, 255]) + bytes([byte]) * 400)
        assert len(reader._held) <= LONGEST


def test_data_that_no_frame_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="256 bytes"):
        encoded(Frame(2, 1, 0, bytes(256)))
