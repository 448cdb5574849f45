"""What ccTalk's answers say: events of a coin acceptor, coin identifiers, a hopper's count and flags, who a device is.

Formats: the generic ccTalk specification. The rules of the event counter stand in `events`.

Failures: ValueError for an answer of another length than the format's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...model import Noun
from ..nouns import Standing

SHOWN = 5  # events that a coin acceptor keeps
POSITIONS = 16  # kinds of coin that one can know
TURN = 255  # the event counters run 1..255 and then from 1 again; 0 is after a reset alone
ENABLED = b"\xa5"
DISABLED = b"\x00"


def serial(data: bytes) -> str:
    """242: a number, the low byte first."""
    return str(int.from_bytes(data, "little"))


def text(data: bytes) -> str:
    """ASCII, as 244 to 246 tell; what is not printable is left out."""
    return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F).strip()


# --- coins -------------------------------------------------------------------------------------------------


class Coin(Noun, frozen=True):
    """What an acceptor says a kind of coin is: its country's code, and its value in minor units."""

    country: str
    value: int


_NO_MONEY = "TK"  # tokens
_ID = re.compile(r"([A-Z]{2})(?=[0-9KMm.]{3}.?$)([0-9]*)([KMm.]?)([0-9]*).?")
_POINTS = {"": 1, ".": 1, "K": 1000, "M": 1_000_000, "m": 0}


def coin(data: bytes, scale: int = 1) -> Coin | None:
    """184: two letters of the country, three characters of the value, one of the edition. The value is in minor units,
    with a letter in the place of its decimal point: 020 is 20, 1K0 is 1,000, 2K5 is 2,500, M10 is 100,000. `scale`:
    minor units for each unit of the device's values, where its maker meant others.

    None: a free place, a token, or a value that is no whole number of minor units (5m0 is half a hundredth)."""
    found = _ID.fullmatch(text(data))
    if not found or found[1] == _NO_MONEY:
        return None
    digits = found[2] + found[4]
    value, rest = divmod(int(digits or 0) * _POINTS[found[3]] * scale, 10 ** len(found[4]))
    return Coin(found[1], value) if value and not rest else None


def kinds(ids: Sequence[bytes], country: str = "", scale: int = 1) -> Mapping[int, int]:
    """Position (from 1) to denomination, of one country's coins; "" = that of the first coin. What is not among them is
    not money here, and never let in."""
    known = {place: one for place, data in enumerate(ids, 1) if (one := coin(data, scale))}
    country = country or next((one.country for one in known.values()), "")
    return {place: one.value for place, one in known.items() if one.country == country}


def mask(positions: Sequence[int]) -> bytes:
    """231: the lowest position in the lowest bit of the first byte; 1 = let in."""
    return sum(1 << place - 1 for place in positions).to_bytes(POSITIONS // 8, "little")


class Event(Noun, frozen=True):
    """One of an acceptor's events: a coin and the path it took, or an error."""

    coin: int  # position from 1; 0 = an error
    detail: int  # sorter path, or the error's code

    @property
    def is_empty(self) -> bool:
        return not (self.coin or self.detail)


class Reading(Noun, frozen=True):
    """229: the counter and the newest events, newest first."""

    counter: int
    events: tuple[Event, ...]


READING = 1 + 2 * SHOWN


def reading(data: bytes) -> Reading:
    if len(data) != READING:
        raise ValueError(f"{len(data)} bytes of events")
    return Reading(data[0], tuple(Event(data[at], data[at + 1]) for at in range(1, READING, 2)))


REJECTED = "cctalk.rejected"
ERRORS: dict[int, str] = {
    1: REJECTED,
    2: "cctalk.inhibited",
    3: REJECTED,
    4: "cctalk.sensor-time-out",
    5: "cctalk.sensor-time-out",
    6: "cctalk.sensor-time-out",
    7: "cctalk.sensor-time-out",
    8: "cctalk.too-close",
    9: "cctalk.not-ready",
    10: "cctalk.not-ready",
    11: "cctalk.not-ready",
    12: "cctalk.not-cleared",
    13: "cctalk.not-ready",
    14: "cctalk.credit-sensor-blocked",
    15: "cctalk.sorter-blocked",
    16: "cctalk.out-of-order",
    17: "cctalk.backwards",
    18: "cctalk.wrong-speed",
    19: "cctalk.wrong-speed",
    20: "cctalk.on-a-string",
    21: "cctalk.sensor-time-out",
    22: "cctalk.sensor-time-out",
    23: "cctalk.out-of-order",
    24: REJECTED,
    25: "cctalk.slug",
    26: "cctalk.reject-sensor-blocked",
    29: "cctalk.gate",
    30: "cctalk.gate",
    31: "cctalk.sensor-time-out",
    32: "cctalk.manifold-blocked",
    33: "cctalk.not-ready",
    35: "cctalk.motor",
    253: "cctalk.data-block",
    254: "cctalk.lever",
    255: "cctalk.alarm",
    **dict.fromkeys(range(128, 160), "cctalk.inhibited"),  # of the kind that is its low bits
}
"""An event's error: what staff reads of it. For any other, `ANOTHER_ERROR`."""
ANOTHER_ERROR = "cctalk.error"

BLOCKING = frozenset(
    {
        "cctalk.credit-sensor-blocked",
        "cctalk.sorter-blocked",
        "cctalk.reject-sensor-blocked",
        "cctalk.manifold-blocked",
    }
)
"""Errors that stay until somebody frees the way."""


def error(code: int) -> str:
    return ERRORS.get(code, ANOTHER_ERROR)


# --- hoppers -----------------------------------------------------------------------------------------------


class Count(Noun, frozen=True):
    """166: the counter, coins that are still to come out, and of the last pay-out those that came and that did not. The
    last two survive a power cut."""

    counter: int
    remaining: int
    paid: int
    unpaid: int


COUNT = 4


def count(data: bytes) -> Count:
    if len(data) != COUNT:
        raise ValueError(f"{len(data)} bytes of a hopper's count")
    return Count(*data)


OFF = 1 << 7
FLAGS: tuple[tuple[int, str, Standing], ...] = (
    (1 << 0, "cctalk.hopper-current", Standing.JAMMED),
    (1 << 5, "cctalk.hopper-blocked", Standing.JAMMED),
    (1 << 3, "cctalk.hopper-blocked", Standing.JAMMED),
    (1 << 4, "cctalk.hopper-short-circuit", Standing.FAULTY),
    (1 << 8, "cctalk.hopper-short-circuit", Standing.FAULTY),
    (1 << 14, "cctalk.hopper-memory", Standing.FAULTY),
    (1 << 1, "cctalk.hopper-time-out", Standing.DISABLED),
)
"""163, its bytes as one number, the first the lowest: a flag, what staff reads of it, how the hopper then stands; of
several the first. `OFF` is no fault: pay-outs are not enabled, as always after its power was away."""


def flags(data: bytes) -> int:
    return int.from_bytes(data, "little")


def fault(value: int) -> tuple[Standing, str]:
    """How a hopper that shows these flags stands, and why."""
    for flag, code, standing in FLAGS:
        if value & flag:
            return standing, code
    return Standing.DISABLED, ""


def dispense(code: bytes, number: int) -> bytes:
    """167: what opens the hopper (its serial number, or eight bytes of a cipher), then how many coins, 1 to 255."""
    return code + bytes([number])
