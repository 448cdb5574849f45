"""What an SSP device's events mean, and what becomes of a note: tables, no code that decides.

`MEANINGS` sorts events by what they say of a note (`Seen`) and by how the device stands. `MOVES` is the whole fate of a
note, from the host's side: where it was, what is seen, where it is then and what is told. A note that was told as held
ends in exactly one of: credited, given back, restarted (the journal judges), lost (a person does).

Failures: none; an event that nobody knows is `UNKNOWN`.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from ...model import Explained
from ..nouns import Left, Standing
from .events import AT_REST, Code


class Seen(StrEnum):
    """What is seen of a note."""

    REST = "rest"  # there is none
    READING = "reading"  # one is coming in
    ESCROW = "escrow"  # one is held, and the next poll accepts it
    MOVING = "moving"  # on its way to the cashbox
    CREDIT = "credit"  # in for good: the credit point
    BACK = "back"  # on its way out
    REJECTED = "rejected"  # out
    POWER_UP = "power-up"
    CLEARED_FROM_FRONT = "cleared-from-front"
    CLEARED_TO_CASHBOX = "cleared-to-cashbox"
    GONE = "gone"  # the device is at rest for so long that its end was missed
    NOTHING = "nothing"  # says nothing of a note


MEANINGS: dict[int, tuple[Seen, Standing | None, str]] = {
    AT_REST.code: (Seen.REST, None, ""),
    Code.READ: (Seen.READING, Standing.BUSY, ""),  # of channel 0; else the note is in escrow
    Code.STACKING: (Seen.MOVING, Standing.BUSY, ""),
    Code.CREDIT: (Seen.CREDIT, Standing.BUSY, ""),
    Code.STACKED: (Seen.NOTHING, None, ""),
    Code.STORED_IN_PAYOUT: (Seen.NOTHING, None, ""),
    Code.REJECTING: (Seen.BACK, Standing.BUSY, ""),
    Code.REJECTED: (Seen.REJECTED, None, ""),
    Code.RESET: (Seen.POWER_UP, Standing.STARTING, ""),
    Code.INITIALISING: (Seen.NOTHING, Standing.STARTING, ""),
    Code.CLEARED_FROM_FRONT: (Seen.CLEARED_FROM_FRONT, Standing.STARTING, ""),
    Code.CLEARED_TO_CASHBOX: (Seen.CLEARED_TO_CASHBOX, Standing.STARTING, ""),
    Code.DISABLED: (Seen.REST, Standing.DISABLED, ""),
    Code.ALL_INHIBITED: (Seen.REST, Standing.DISABLED, ""),
    Code.STACKER_FULL: (Seen.NOTHING, Standing.FULL, "ssp.stacker-full"),
    Code.CASHBOX_REMOVED: (Seen.NOTHING, Standing.OPEN, "ssp.cashbox-out"),
    Code.CASHBOX_REPLACED: (Seen.NOTHING, None, ""),
    Code.PATH_OPEN: (Seen.NOTHING, Standing.OPEN, "ssp.path-open"),
    Code.UNSAFE_JAM: (Seen.NOTHING, Standing.JAMMED, "ssp.jammed-in-reach"),
    Code.SAFE_JAM: (Seen.NOTHING, Standing.JAMMED, "ssp.jammed-inside"),
    Code.JAM_RECOVERY: (Seen.NOTHING, Standing.BUSY, ""),
    Code.FRAUD: (Seen.NOTHING, Standing.FAULTY, "ssp.fraud"),
    Code.TICKET: (Seen.NOTHING, None, ""),
    Code.TICKET_ACKNOWLEDGED: (Seen.NOTHING, None, ""),
    # What follows is of pay-outs: `paystates` tells what they mean there.
    Code.DISPENSING: (Seen.NOTHING, Standing.BUSY, ""),
    Code.FLOATING: (Seen.NOTHING, Standing.BUSY, ""),
    Code.EMPTYING: (Seen.NOTHING, Standing.BUSY, ""),
    Code.SMART_EMPTYING: (Seen.NOTHING, Standing.BUSY, ""),
    Code.HELD_IN_BEZEL: (Seen.NOTHING, Standing.BUSY, ""),
    **dict.fromkeys(
        (
            Code.DISPENSED,
            Code.JAMMED,
            Code.HALTED,
            Code.TIME_OUT,
            Code.INCOMPLETE_PAYOUT,
            Code.INCOMPLETE_FLOAT,
            Code.FLOATED,
            Code.EMPTIED,
            Code.SMART_EMPTIED,
            Code.PAYOUT_ERROR,
            Code.PAYOUT_OUT_OF_SERVICE,
            Code.PAYOUT_FULL,
            Code.FLOAT_REMOVED,
            Code.FLOAT_ATTACHED,
            Code.NOTE_TO_STACKER,
            Code.PAID_IN_STACKER_AT_POWER_UP,
            Code.PAID_IN_STORE_AT_POWER_UP,
            Code.DISPENSED_AT_POWER_UP,
        ),
        (Seen.NOTHING, None, ""),
    ),
}
UNKNOWN = (Seen.NOTHING, Standing.FAULTY, "ssp.unknown-event")

WORST = (
    Standing.STARTING,
    Standing.JAMMED,
    Standing.OPEN,
    Standing.FAULTY,
    Standing.FULL,
    Standing.BUSY,
    Standing.DISABLED,
)
"""Of several events in one answer, the first of these is how the device stands; with none of them it takes notes."""

LEFT = {
    Seen.POWER_UP: Left.NOTHING,
    Seen.CLEARED_FROM_FRONT: Left.PATH,
    Seen.CLEARED_TO_CASHBOX: Left.STACKER,
}

BY_HOST, ESCROW_TIMED_OUT = 0x08, 0x13
WAS_HELD = frozenset({BY_HOST, ESCROW_TIMED_OUT})
"""Reasons of a rejection that say that the note had been held."""

REJECTIONS = {
    0x01: "ssp.rejected-length",
    0x06: "ssp.rejected-inhibited",
    0x07: "ssp.rejected-second-note",
    0x09: "ssp.rejected-ambiguous",
    0x0A: "ssp.rejected-transport",
    0x0B: "ssp.rejected-length",
    0x0C: "ssp.rejected-inhibited",
    0x0D: "ssp.rejected-transport",
    0x0E: "ssp.rejected-fishing",
    0x0F: "ssp.rejected-fishing",
    0x10: "ssp.rejected-no-note",
    0x12: "ssp.rejected-twisted",
    0x15: "ssp.rejected-transport",
    0x18: "ssp.rejected-transport",
    0x19: "ssp.rejected-width",
    0x1A: "ssp.rejected-length",
    0x1C: "ssp.rejected-second-note",
    0x1D: "ssp.rejected-not-stacked",
}
REJECTED = "ssp.rejected"  # for any other reason


class Phase(Explained):
    """Where a note is, as the host knows it; each member carries its sentence for people."""

    NONE = "none", "no note is under way"
    HELD = "held", "held in escrow; nobody has decided"
    WANTED = "wanted", "to be stacked"
    UNWANTED = "unwanted", "to be given back"
    CREDITED = "credited", "told as credited; its owner has not written that down"
    REFUSED = "refused", "one that was never held has gone back; why is asked"
    RESTARTED = "restarted", "the device was without power, and may still tell of a note that it found"


UNDER_WAY = frozenset({Phase.HELD, Phase.WANTED, Phase.UNWANTED})


class Tell(Enum):
    """What is told; the happenings of `nouns`. RESTARTED waits until the device has looked for notes."""

    ESCROWED = 1
    CREDITED = 2
    GIVEN_BACK = 3
    RESTARTED = 4
    LOST = 5


Row = dict[Seen, tuple[Phase, tuple[Tell, ...]]]

_POWER_UP: Row = {
    Seen.POWER_UP: (Phase.RESTARTED, ()),
    Seen.CLEARED_FROM_FRONT: (Phase.RESTARTED, (Tell.RESTARTED,)),
    Seen.CLEARED_TO_CASHBOX: (Phase.RESTARTED, (Tell.RESTARTED,)),
}


def _afresh(phase: Phase) -> Row:
    """No note is under way."""
    return {
        Seen.REST: (phase, ()),
        Seen.READING: (phase, ()),
        Seen.ESCROW: (Phase.HELD, (Tell.ESCROWED,)),
        Seen.MOVING: (phase, ()),
        Seen.CREDIT: (Phase.CREDITED, (Tell.CREDITED,)),
        Seen.BACK: (phase, ()),
        Seen.REJECTED: (Phase.REFUSED, ()),
        Seen.GONE: (phase, ()),
        Seen.NOTHING: (phase, ()),
        **_POWER_UP,
    }


def _under_way(phase: Phase, unseen: Tell) -> Row:
    """A note is under way; `unseen` is told where it is gone and its end was not shown."""
    return {
        Seen.REST: (phase, ()),
        Seen.READING: (Phase.NONE, (unseen,)),
        Seen.ESCROW: (phase, ()),
        Seen.MOVING: (phase, ()),
        Seen.CREDIT: (Phase.CREDITED, (Tell.CREDITED,)),
        Seen.BACK: (Phase.UNWANTED, ()),
        Seen.REJECTED: (Phase.NONE, (Tell.GIVEN_BACK,)),
        Seen.GONE: (Phase.NONE, (unseen,)),
        Seen.NOTHING: (phase, ()),
        **_POWER_UP,
    }


MOVES: dict[Phase, Row] = {
    Phase.NONE: _afresh(Phase.NONE),
    Phase.HELD: _under_way(Phase.HELD, Tell.GIVEN_BACK),
    Phase.WANTED: _under_way(Phase.WANTED, Tell.LOST),
    Phase.UNWANTED: _under_way(Phase.UNWANTED, Tell.GIVEN_BACK),
    Phase.CREDITED: _afresh(Phase.CREDITED) | {Seen.CREDIT: (Phase.CREDITED, ())},
    Phase.REFUSED: _afresh(Phase.REFUSED),
    Phase.RESTARTED: _afresh(Phase.RESTARTED) | {Seen.REJECTED: (Phase.RESTARTED, ())},
}
