"""ccTalk's frames: destination, length of the data, source, header, data, checksum; the sum of all is 0 modulo 256.

Where devices are set to 16 bits, a CRC-16/XMODEM over all but itself stands in their place: its low byte where the
source was, its high byte at the end.

No byte marks a beginning, so `Reader` tries each: what cannot be a frame for its owner is skipped byte by byte, what
could still become one waits for the rest, until `pause` says that no rest will come. It never holds more than the
longest frame.

Failures: none in reading; what has no right checksum is noise. Data that is too long is a ValueError.
"""

from __future__ import annotations

from binascii import crc_hqx
from enum import IntEnum, StrEnum

from ...model import Noun
from ..lines import reader

HOST = 1
COIN_ACCEPTOR = 2
HOPPER = 3  # the first of several; the others follow
ROOM = 255  # bytes of data in a frame
LONGEST = ROOM + 5


class Header(IntEnum):
    """What the host asks for; the first, NAK and BUSY are what devices say."""

    ANSWER = 0
    RESET = 1
    COMMS_REVISION = 4
    NAK = 5
    BUSY = 6
    CIPHER_KEY = 160
    PUMP_RNG = 161
    TEST_HOPPER = 163
    ENABLE_HOPPER = 164
    HOPPER_STATUS = 166
    DISPENSE = 167
    EMERGENCY_STOP = 172
    COIN_ID = 184
    MASTER_INHIBIT_STATUS = 227
    MASTER_INHIBIT = 228
    READ_CREDITS = 229
    INHIBIT_MASK = 231
    SELF_CHECK = 232
    SERIAL = 242
    PRODUCT = 244
    CATEGORY = 245
    MANUFACTURER = 246
    SIMPLE_POLL = 254


SAID_BY_DEVICES = frozenset({Header.ANSWER, Header.NAK, Header.BUSY})


class Check(StrEnum):
    """How a bus is set to guard its frames: all its devices alike."""

    SUM = "sum"
    CRC = "crc"


class Frame(Noun, frozen=True):
    """`source` is 0 where the frames of the bus tell none."""

    to: int
    source: int
    header: int
    data: bytes = b""


def crc(data: bytes) -> int:
    """CRC-16/XMODEM."""
    return crc_hqx(data, 0)


def encoded(frame: Frame, check: Check = Check.SUM) -> bytes:
    """The frame's bytes."""
    if len(frame.data) > ROOM:
        raise ValueError(f"{len(frame.data)} bytes of data")
    head = bytes([frame.to, len(frame.data)])
    rest = bytes([frame.header]) + frame.data
    if check is Check.CRC:
        low, high = crc(head + rest).to_bytes(2, "little")
        return head + bytes([low]) + rest + bytes([high])
    body = head + bytes([frame.source]) + rest
    return body + bytes([-sum(body) & 0xFF])


class Reader(reader.Reader[Frame]):
    """Bytes in, frames out, whatever the pieces they come in. `to` and `source`: whose frames alone are looked for; the
    fewer may be meant, the less noise can pass as one."""

    def __init__(self, check: Check = Check.SUM, *, to: int | None = None, source: int | None = None) -> None:
        super().__init__(LONGEST)
        self._check, self._to = check, to
        self._source = source if check is Check.SUM else None

    def _take(self, events: list[Frame]) -> None:
        held = self._held
        while held:
            length = held[1] + 5 if len(held) > 1 else LONGEST
            if not self._meant():
                del held[0]
            elif len(held) < length:
                return
            elif (frame := self._read(bytes(held[:length]))) is None:
                del held[0]
            else:
                events.append(frame)
                del held[:length]

    def _meant(self) -> bool:
        """Whether what is held may begin with a frame that is looked for."""
        held = self._held
        return (self._to is None or held[0] == self._to) and (
            self._source is None or len(held) < 3 or held[2] == self._source
        )

    def _read(self, whole: bytes) -> Frame | None:
        to, header, data = whole[0], whole[3], whole[4:-1]
        if self._check is Check.CRC:
            right = crc(whole[:2] + whole[3:-1]) == whole[2] | whole[-1] << 8
            return Frame(to, 0, header, data) if right else None
        return None if sum(whole) & 0xFF else Frame(to, whole[2], header, data)
