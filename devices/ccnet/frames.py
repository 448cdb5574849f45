"""CCNET's frames: 02, address, length of the whole frame, body, CRC-16/KERMIT with its low byte first.

A body is a command with its data, or an answer: a state with its data, or the data alone. A length of 0 says that two
bytes with the length follow, the high one first; no validator's answer needs them.

`Reader` takes bytes as they come. What cannot be a frame is skipped byte by byte, so a frame is found behind any noise;
what could still become one waits for the rest, until `pause` says that no rest will come. It never holds more than the
longest frame.

Failures: none in reading; a bad frame is a `Spoilt` among the events. A body that is too long is a ValueError.
"""

from __future__ import annotations

from enum import IntEnum

from ...model import Noun
from ..lines import reader

SYNC = 0x02
VALIDATOR = 0x03
LONGEST = 250  # in one byte of length, by the protocol
LONGEST_OF_ALL = 1024  # with two bytes of length: ours, so that noise cannot make the reader wait for 64 KiB


class Command(IntEnum):
    """What the host says; ACK and NAK both sides."""

    ACK = 0x00
    RESET = 0x30
    GET_STATUS = 0x31
    POLL = 0x33
    ENABLE = 0x34
    STACK = 0x35
    RETURN = 0x36
    IDENTIFICATION = 0x37
    HOLD = 0x38
    CASSETTE_STATUS = 0x3B
    BILL_TABLE = 0x41
    NAK = 0xFF


class Frame(Noun, frozen=True):
    body: bytes
    address: int = VALIDATOR


class Spoilt(Noun, frozen=True):
    """Something of a frame's length and shape whose checksum is wrong."""

    data: bytes


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
        rows.append(crc)
    return tuple(rows)


_CRC = _table()


def checksum(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def frame(body: bytes, address: int = VALIDATOR) -> bytes:
    """The bytes of a frame around `body`, which is not empty."""
    length = len(body) + 5
    if length <= LONGEST:
        head = bytes([SYNC, address, length])
    elif length + 2 <= LONGEST_OF_ALL:
        head = bytes([SYNC, address, 0]) + (length + 2).to_bytes(2, "big")
    else:
        raise ValueError(f"a frame of {length} bytes")
    data = head + body
    return data + checksum(data).to_bytes(2, "little")


def command(what: Command, data: bytes = b"") -> bytes:
    return frame(bytes([what]) + data)


class Reader(reader.Reader[Frame | Spoilt]):
    """Bytes in, frames out, whatever the pieces they come in."""

    def __init__(self) -> None:
        super().__init__(LONGEST_OF_ALL)

    def _take(self, events: list[Frame | Spoilt]) -> None:
        while True:
            start = self._held.find(SYNC)
            if start < 0:
                self._held.clear()
                return
            del self._held[:start]
            shape = self._shape()
            if shape is None:
                return
            length, head = shape
            if not length:
                del self._held[0]
                continue
            if len(self._held) < length:
                return
            whole = bytes(self._held[:length])
            if checksum(whole[:-2]) == int.from_bytes(whole[-2:], "little"):
                events.append(Frame(whole[head:-2], whole[1]))
                del self._held[:length]
            else:
                events.append(Spoilt(whole))
                del self._held[0]

    def _shape(self) -> tuple[int, int] | None:
        """(length of the whole, length of the head); (0, 0): this is no frame; None: it is too early to say."""
        if len(self._held) < 3:
            return None
        length, head = self._held[2], 3
        if length == 0:
            if len(self._held) < 5:
                return None
            length, head = int.from_bytes(self._held[3:5], "big"), 5
        if not head + 3 <= length <= LONGEST_OF_ALL:
            return 0, 0
        return length, head
