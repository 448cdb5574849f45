"""SSP's packets: 7F, the sequence bit over the address, the length of the body, the body, CRC-16/CMS low byte first.

A 7F behind the first byte is sent twice. So a 7F that stands alone begins a packet, wherever it comes, and what was
there before it was none. The checksum is over everything but the first byte, before bytes are doubled.

`Reader` takes bytes as they come. What cannot be a packet is skipped, so a packet is found behind any noise; what could
still become one waits for the rest, until `pause` says that no rest will come. It never holds more than the longest
packet, all of its bytes doubled.

Source: ITL's protocol manual GA138.

Failures: none in reading; a bad packet is a `Spoilt` among the events. A body that is too long is a ValueError.
"""

from __future__ import annotations

from enum import IntEnum

from ...model import Noun
from ..lines import reader

STX = 0x7F
SEQUENCE = 0x80
LONGEST = 255  # of a body
VALIDATOR = 0x00  # the address of a validator, with its pay-out
HOPPER = 0x10


class Command(IntEnum):
    """The first byte of what the host says."""

    RESET = 0x01
    INHIBITS = 0x02
    SETUP = 0x05
    VERSION = 0x06
    POLL = 0x07
    REJECT = 0x08
    DISABLE = 0x09
    ENABLE = 0x0A
    SERIAL = 0x0C
    SYNC = 0x11
    LAST_REJECT = 0x17
    HOLD = 0x18
    FIRMWARE = 0x20
    DATASET = 0x21
    ALL_LEVELS = 0x22
    HALT = 0x38
    PAYOUT_BY_DENOMINATION = 0x46
    GENERATOR = 0x4A
    MODULUS = 0x4B
    KEY_EXCHANGE = 0x4C
    BEZEL = 0x54
    POLL_WITH_ACK = 0x56
    EVENT_ACK = 0x57
    ENABLE_PAYOUT = 0x5C


class Answer(IntEnum):
    """The first byte of what the device says."""

    OK = 0xF0
    NOT_KNOWN = 0xF2
    WRONG_PARAMETERS = 0xF3
    OUT_OF_RANGE = 0xF4
    NOT_NOW = 0xF5
    SOFTWARE_ERROR = 0xF6
    FAIL = 0xF8
    NO_KEY = 0xFA


class Packet(Noun, frozen=True):
    """`sequence` is 0 or 1."""

    body: bytes
    sequence: int
    address: int = VALIDATOR


class Spoilt(Noun, frozen=True):
    """Something of a packet's length and shape whose checksum is wrong."""

    data: bytes


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x18005 if crc & 0x8000 else 0)
        rows.append(crc)
    return tuple(rows)


_CRC = _table()


def checksum(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFF00) ^ _CRC[crc >> 8 ^ byte]
    return crc


def packet(body: bytes, sequence: int, address: int = VALIDATOR) -> bytes:
    """The bytes of a packet around `body`, which is not empty."""
    if len(body) > LONGEST:
        raise ValueError(f"a body of {len(body)} bytes")
    data = bytes([sequence * SEQUENCE | address, len(body)]) + body
    data += checksum(data).to_bytes(2, "little")
    return bytes([STX]) + data.replace(b"\x7f", b"\x7f\x7f")


class Reader(reader.Reader[Packet | Spoilt]):
    """Bytes in, packets out, whatever the pieces they come in."""

    def __init__(self) -> None:
        super().__init__(LONGEST)

    def _take(self, events: list[Packet | Spoilt]) -> None:
        while True:
            start = self._held.find(STX)
            if start < 0:
                self._held.clear()
                return
            del self._held[:start]
            content, length = self._single()
            if not length:
                return
            whole = bytes(self._held[:length])
            if not content:
                del self._held[:length]
            elif checksum(content[:-2]) == int.from_bytes(content[-2:], "little"):
                del self._held[:length]
                first = content[0]
                events.append(Packet(content[2:-2], first // SEQUENCE, first % SEQUENCE))
            else:
                events.append(Spoilt(whole))
                del self._held[0]

    def _single(self) -> tuple[bytes, int]:
        """(what it says with bytes single again, how many bytes are done with) of the packet at the beginning. No bytes
        done with: it is too early to say; nothing said: this is no packet."""
        content = bytearray()
        at = 1
        while at < len(self._held):
            byte = self._held[at]
            if byte == STX:
                if not content:
                    return b"", at
                if at + 1 == len(self._held):
                    break
                if self._held[at + 1] != STX:
                    return b"", at
                at += 1
            content.append(byte)
            at += 1
            if len(content) == 2 and not byte:
                return b"", at
            if len(content) >= 2 and len(content) == content[1] + 4:
                return bytes(content), at
        return b"", 0
