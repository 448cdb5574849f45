"""What SSP's other answers and questions say: who a device is, its channels, what a pay-out holds and is to give.

Numbers have their low byte first, except a serial number and the multipliers of SETUP REQUEST. A channel's value is in
whole units of its currency, a pay-out's values are in minor units.

Source: ITL's protocol manual GA138.

Failures: ValueError for an answer that is too short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...model import Noun
from ..nouns import Pieces
from .cipher import number

CHANNELS = 16
PAY, TRY = 0x58, 0x19  # the last byte of a pay-out: do it, or only say whether it can be done
UNITS = {
    0x00: "validator",
    0x03: "SMART Hopper",
    0x06: "SMART Payout",
    0x07: "Note Float",
    0x0D: "TEBS",
    0x0E: "TEBS with SMART Payout",
}


class Setup(Noun, frozen=True):
    """`values` is by channel, from 1 on, in minor units; only channels that have one."""

    unit: str
    firmware: str
    currency: str
    version: int
    values: Mapping[int, int]


def setup(body: bytes, decimals: int = 2) -> Setup:
    """05: unit type, firmware, currency, multiplier, channels, for each its value and its security, real multiplier,
    protocol version; from version 6 on for each channel its currency, and its value in four bytes. Where these are
    told, values of one byte may be 0. `decimals`: how many digits minor units have."""
    if len(body) < 16 or len(body) < (tail := 17 + 2 * body[12]):
        raise ValueError("SETUP REQUEST")
    count, version = body[12], body[tail - 1]
    values = [value * int.from_bytes(body[9:12], "big") for value in body[13 : 13 + count]]
    if version >= 6 and len(body) >= tail + 7 * count:
        wide = body[tail + 3 * count : tail + 7 * count]
        values = [number(wide[4 * channel : 4 * channel + 4]) for channel in range(count)]
    return Setup(
        UNITS.get(body[1], f"unit {body[1]}"),
        text(body[2:6]),
        text(body[6:9]),
        version,
        {channel: value * 10**decimals for channel, value in enumerate(values[:CHANNELS], start=1) if value},
    )


def serial(body: bytes) -> str:
    """0C."""
    if len(body) != 5:
        raise ValueError("GET SERIAL")
    return str(int.from_bytes(body[1:], "big"))


def text(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F).strip()


def inhibits(channels: Sequence[int]) -> bytes:
    """02: a bit for each channel that is let in, channel 1 the lowest."""
    return sum(1 << channel - 1 for channel in channels).to_bytes(2, "little")


# --- pay-outs ----------------------------------------------------------------------------------------------

_ENTRY = 9
_PACKED = 63  # bits, as a journal keeps a whole number


def levels(body: bytes, currency: str) -> dict[int, int]:
    """22: how many pieces of each denomination are stored; those of another currency are left out."""
    count = body[1] if len(body) > 1 else 0
    if len(body) < 2 + _ENTRY * count:
        raise ValueError("GET ALL LEVELS")
    entries = (body[at : at + _ENTRY] for at in range(2, 2 + _ENTRY * count, _ENTRY))
    return {number(entry[2:6]): number(entry[:2]) for entry in entries if text(entry[6:]) == currency}


def payout_by_denomination(pieces: Sequence[Pieces], currency: str, option: int = PAY) -> bytes:
    """46: for each denomination how many, its value, its currency."""
    entries = [
        each.count.to_bytes(2, "little") + each.denomination.to_bytes(4, "little") + currency.encode()
        for each in pieces
    ]
    return bytes([len(entries)]) + b"".join(entries) + bytes([option])


def packed(levels: Mapping[int, int]) -> int:
    """The levels as one number: each takes an equal part of its bits, the lowest denomination the lowest ones."""
    bits = _PACKED // max(len(levels), 1)
    return sum(levels[value] % 2**bits << bits * at for at, value in enumerate(sorted(levels)))


def fewer(before: int, levels: Mapping[int, int]) -> dict[int, int]:
    """How many pieces of each denomination there are fewer than when `before` was packed; below nothing: more."""
    bits = _PACKED // max(len(levels), 1)
    turn = 2**bits
    gone = {value: (before >> bits * at) - levels[value] for at, value in enumerate(sorted(levels))}
    return {value: (count + turn // 2) % turn - turn // 2 for value, count in gone.items()}
