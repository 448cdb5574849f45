"""What an SSP device tells when it is polled: a list of events, each with a length of its own.

The length of an event is known from its code alone, and for pay-outs from the protocol version: from version 6 on, one
entry for each currency. Behind an event that nobody knows nothing can be read any more; so versions above HIGHEST, with
events of later years, are not asked for.

Source: ITL's protocol manual GA138, the event tables.

Failures: none; what cannot be read ends in an event with no code of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from ...model import Noun
from .cipher import number
from .frames import Answer

HIGHEST = 8
"""Of the protocol versions that a host asks for; what is told since 6 and since 8 is told in another form."""


class Code(IntEnum):
    JAM_RECOVERY = 0xB0
    PAYOUT_ERROR = 0xB1
    SMART_EMPTYING = 0xB3
    SMART_EMPTIED = 0xB4
    ALL_INHIBITED = 0xB5
    INITIALISING = 0xB6
    EMPTYING = 0xC2
    EMPTIED = 0xC3
    PAYOUT_OUT_OF_SERVICE = 0xC6
    FLOAT_REMOVED = 0xC7
    FLOAT_ATTACHED = 0xC8
    NOTE_TO_STACKER = 0xC9
    PAID_IN_STACKER_AT_POWER_UP = 0xCA
    PAID_IN_STORE_AT_POWER_UP = 0xCB
    STACKING = 0xCC
    DISPENSED_AT_POWER_UP = 0xCD
    HELD_IN_BEZEL = 0xCE
    PAYOUT_FULL = 0xCF
    TICKET_ACKNOWLEDGED = 0xD1
    DISPENSED = 0xD2
    JAMMED = 0xD5
    HALTED = 0xD6
    FLOATING = 0xD7
    FLOATED = 0xD8
    TIME_OUT = 0xD9
    DISPENSING = 0xDA
    STORED_IN_PAYOUT = 0xDB
    INCOMPLETE_PAYOUT = 0xDC
    INCOMPLETE_FLOAT = 0xDD
    PATH_OPEN = 0xE0
    CLEARED_FROM_FRONT = 0xE1
    CLEARED_TO_CASHBOX = 0xE2
    CASHBOX_REMOVED = 0xE3
    CASHBOX_REPLACED = 0xE4
    TICKET = 0xE5
    FRAUD = 0xE6
    STACKER_FULL = 0xE7
    DISABLED = 0xE8
    UNSAFE_JAM = 0xE9
    SAFE_JAM = 0xEA
    STACKED = 0xEB
    REJECTED = 0xEC
    REJECTING = 0xED
    CREDIT = 0xEE
    READ = 0xEF
    RESET = 0xF1


UNKNOWN = -1  # as a code: what stands from here on cannot be read


class Event(Noun, frozen=True):
    """`data` is what stands behind the code; of a note its channel, 0 where that is not known."""

    code: int
    data: bytes = b""

    @property
    def channel(self) -> int:
        return self.data[0] if self.data else 0


AT_REST = Event(0)
"""What an answer without events says."""

_ONE_BYTE = frozenset({Code.READ, Code.CREDIT, Code.CLEARED_FROM_FRONT, Code.CLEARED_TO_CASHBOX, Code.FRAUD})
_VALUES: Mapping[int, int] = {
    **dict.fromkeys(
        (
            Code.DISPENSING,
            Code.DISPENSED,
            Code.JAMMED,
            Code.HALTED,
            Code.FLOATING,
            Code.FLOATED,
            Code.TIME_OUT,
            Code.SMART_EMPTYING,
            Code.SMART_EMPTIED,
        ),
        4,
    ),
    Code.INCOMPLETE_PAYOUT: 8,
    Code.INCOMPLETE_FLOAT: 8,
}
"""Bytes of numbers in each entry, before its currency."""
_SINGLE_SINCE = {
    Code.NOTE_TO_STACKER: 6,
    Code.DISPENSED_AT_POWER_UP: 6,
    Code.PAID_IN_STACKER_AT_POWER_UP: 8,
    Code.PAID_IN_STORE_AT_POWER_UP: 8,
    Code.HELD_IN_BEZEL: 8,
}
"""Events that tell one value and its currency, since a version."""
_CURRENCY = 3

ACKNOWLEDGED = frozenset(
    {
        Code.CREDIT,
        Code.CLEARED_FROM_FRONT,
        Code.CLEARED_TO_CASHBOX,
        Code.FRAUD,
        Code.DISPENSED,
        Code.JAMMED,
        Code.HALTED,
        Code.TIME_OUT,
        Code.INCOMPLETE_PAYOUT,
    }
)
"""What POLL WITH ACK repeats until EVENT ACK."""


def events(body: bytes, version: int) -> list[Event]:
    """Of an answer to a poll, its first byte included."""
    found = []
    at = 1
    while body[:1] == bytes([Answer.OK]) and at < len(body):
        code = body[at]
        end = at + 1 + _length(code, body[at + 1 :], version)
        if code not in Code.__members__.values() or end > len(body):
            found.append(Event(UNKNOWN, body[at:]))
            break
        found.append(Event(code, body[at + 1 : end]))
        at = end
    return found


def _length(code: int, rest: bytes, version: int) -> int:
    if code in _ONE_BYTE:
        return 1
    entries = rest[0] if rest else 0
    if code in _VALUES:
        return 1 + entries * (_VALUES[code] + _CURRENCY) if version >= 6 else _VALUES[code]
    if code == Code.PAYOUT_ERROR:
        return 2 + entries * (4 + _CURRENCY) if version >= 7 else 1
    if code in _SINGLE_SINCE and version >= _SINGLE_SINCE[Code(code)]:
        return 4 + _CURRENCY
    return 0


class Amount(Noun, frozen=True):
    """Minor units of one currency; `requested` where it was told, else 0."""

    paid: int
    requested: int = 0
    currency: str = ""


def amounts(event: Event, version: int) -> tuple[Amount, ...]:
    """What an event of a pay-out tells; () for any other."""
    width = _VALUES.get(event.code)
    if width is None:
        return ()
    data, size = (event.data[1:], width + _CURRENCY) if version >= 6 else (event.data, width)
    entries = (data[at : at + size] for at in range(0, len(data), size))
    return tuple(
        Amount(number(entry[:4]), number(entry[4:width]), entry[width:].decode("ascii", "replace")) for entry in entries
    )
