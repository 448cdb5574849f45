"""What a CCNET validator's answers to POLL mean, and what becomes of a note: tables, no code that decides.

`STATES` sorts the device's states by what they say of a note (`Seen`) and by how the device stands. `MOVES` is the
whole fate of a note, from the host's side: where it was, what is seen, where it is then and what is told. A note that
was told as held ends in exactly one of: credited, given back, restarted (the journal judges), lost (a person does).

Failures: none; a state that nobody knows is `UNKNOWN`.
"""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum

from ...model import Explained
from ..nouns import Left, Standing


class State(IntEnum):
    """The first byte of an answer to POLL."""

    POWER_UP = 0x10
    POWER_UP_NOTE_IN_PATH = 0x11
    POWER_UP_NOTE_IN_STACKER = 0x12
    INITIALIZE = 0x13
    IDLING = 0x14
    ACCEPTING = 0x15
    STACKING = 0x17
    RETURNING = 0x18
    DISABLED = 0x19
    HOLDING = 0x1A
    BUSY = 0x1B
    REJECTING = 0x1C
    DISPENSING = 0x1D
    UNLOADING = 0x1E
    ILLEGAL_COMMAND = 0x30
    CASSETTE_FULL = 0x41
    CASSETTE_OUT = 0x42
    VALIDATOR_JAMMED = 0x43
    CASSETTE_JAMMED = 0x44
    CHEATED = 0x45
    PAUSE = 0x46
    FAILURE = 0x47
    ESCROW = 0x80
    STACKED = 0x81
    RETURNED = 0x82


class Seen(StrEnum):
    """What a state says of a note."""

    REST = "rest"  # there is none
    ACCEPTING = "accepting"  # one is coming in
    ESCROW = "escrow"  # one is held
    MOVING = "moving"  # on its way to the cassette
    BACK = "back"  # on its way out
    STACKED = "stacked"  # in for good: the credit point
    RETURNED = "returned"  # out
    REJECTING = "rejecting"  # one is not taken
    POWER_UP = "power-up"
    POWER_UP_PATH = "power-up-path"
    POWER_UP_STACKER = "power-up-stacker"
    NOTHING = "nothing"  # says nothing of a note


STATES: dict[int, tuple[Seen, Standing, str]] = {
    State.POWER_UP: (Seen.POWER_UP, Standing.STARTING, ""),
    State.POWER_UP_NOTE_IN_PATH: (Seen.POWER_UP_PATH, Standing.STARTING, ""),
    State.POWER_UP_NOTE_IN_STACKER: (Seen.POWER_UP_STACKER, Standing.STARTING, ""),
    State.INITIALIZE: (Seen.REST, Standing.STARTING, ""),
    State.IDLING: (Seen.REST, Standing.ACCEPTING, ""),
    State.ACCEPTING: (Seen.ACCEPTING, Standing.BUSY, ""),
    State.STACKING: (Seen.MOVING, Standing.BUSY, ""),
    State.RETURNING: (Seen.BACK, Standing.BUSY, ""),
    State.DISABLED: (Seen.REST, Standing.DISABLED, ""),
    State.HOLDING: (Seen.ESCROW, Standing.BUSY, ""),
    State.BUSY: (Seen.NOTHING, Standing.BUSY, ""),
    State.REJECTING: (Seen.REJECTING, Standing.BUSY, ""),
    State.DISPENSING: (Seen.NOTHING, Standing.BUSY, ""),
    State.UNLOADING: (Seen.NOTHING, Standing.BUSY, ""),
    State.CASSETTE_FULL: (Seen.NOTHING, Standing.FULL, "ccnet.cassette-full"),
    State.CASSETTE_OUT: (Seen.NOTHING, Standing.OPEN, "ccnet.cassette-out"),
    State.VALIDATOR_JAMMED: (Seen.NOTHING, Standing.JAMMED, "ccnet.validator-jammed"),
    State.CASSETTE_JAMMED: (Seen.NOTHING, Standing.JAMMED, "ccnet.cassette-jammed"),
    State.CHEATED: (Seen.NOTHING, Standing.FAULTY, "ccnet.cheated"),
    State.PAUSE: (Seen.NOTHING, Standing.BUSY, "ccnet.pause"),
    State.FAILURE: (Seen.NOTHING, Standing.FAULTY, "ccnet.failure"),
    State.ESCROW: (Seen.ESCROW, Standing.BUSY, ""),
    State.STACKED: (Seen.STACKED, Standing.BUSY, ""),
    State.RETURNED: (Seen.RETURNED, Standing.BUSY, ""),
}
UNKNOWN = (Seen.NOTHING, Standing.FAULTY, "ccnet.unknown-state")

POWER_UPS = {
    State.POWER_UP: Left.NOTHING,
    State.POWER_UP_NOTE_IN_PATH: Left.PATH,
    State.POWER_UP_NOTE_IN_STACKER: Left.STACKER,
}

TELLS_ITSELF = frozenset(
    {
        *POWER_UPS,
        State.INITIALIZE,
        State.DISABLED,
        State.CASSETTE_FULL,
        State.CASSETTE_OUT,
        State.VALIDATOR_JAMMED,
        State.CASSETTE_JAMMED,
        State.FAILURE,
    }
)
"""Where IDENTIFICATION and GET BILL TABLE are legal."""

HELD_STATES = frozenset({State.ESCROW, State.HOLDING})

REJECTIONS = {
    0x60: "ccnet.rejected-insertion",
    0x61: "ccnet.rejected-magnetic",
    0x62: "ccnet.rejected-remained",
    0x63: "ccnet.rejected-multiplying",
    0x64: "ccnet.rejected-conveying",
    0x65: "ccnet.rejected-identification",
    0x66: "ccnet.rejected-verification",
    0x67: "ccnet.rejected-optic",
    0x68: "ccnet.rejected-inhibit",
    0x69: "ccnet.rejected-capacity",
    0x6A: "ccnet.rejected-operation",
    0x6C: "ccnet.rejected-length",
    0x6D: "ccnet.rejected-ultraviolet",
    0x92: "ccnet.rejected-barcode",
    0x93: "ccnet.rejected-barcode-length",
    0x94: "ccnet.rejected-barcode-start",
    0x95: "ccnet.rejected-barcode-stop",
}
REJECTED = "ccnet.rejected"  # for any other reason

FAILURES = {
    0x50: "ccnet.failure-stack-motor",
    0x51: "ccnet.failure-transport-speed",
    0x52: "ccnet.failure-transport-motor",
    0x53: "ccnet.failure-aligning-motor",
    0x54: "ccnet.failure-cassette-status",
    0x55: "ccnet.failure-optic",
    0x56: "ccnet.failure-magnetic",
    0x5F: "ccnet.failure-capacitance",
}


class Phase(Explained):
    """Where a note is, as the host knows it; each member carries its sentence for people."""

    NONE = "none", "no note is under way"
    HELD = "held", "held in escrow; nobody has decided"
    WANTED = "wanted", "to be stacked"
    UNWANTED = "unwanted", "to be given back"
    CREDITED = "credited", "told as credited; the device still shows it"
    RETURNED = "returned", "told as given back; the device still shows it"
    REJECTED = "rejected", "told as rejected; the device still shows it"
    RESTARTED = "restarted", "the device was without power, and waits for its reset"


UNDER_WAY = frozenset({Phase.HELD, Phase.WANTED, Phase.UNWANTED})


class Tell(Enum):
    """What is told; the happenings of `nouns`."""

    ESCROWED = 1
    CREDITED = 2
    GIVEN_BACK = 3
    REJECTED = 4
    RESTARTED = 5
    LOST = 6


Row = dict[Seen, tuple[Phase, tuple[Tell, ...]]]

_POWER_UP: Row = {
    Seen.POWER_UP: (Phase.RESTARTED, (Tell.RESTARTED,)),
    Seen.POWER_UP_PATH: (Phase.RESTARTED, (Tell.RESTARTED,)),
    Seen.POWER_UP_STACKER: (Phase.RESTARTED, (Tell.RESTARTED,)),
}
_ENDS: Row = {
    Seen.STACKED: (Phase.CREDITED, (Tell.CREDITED,)),
    Seen.RETURNED: (Phase.RETURNED, (Tell.GIVEN_BACK,)),
    **_POWER_UP,
}


def _afresh(phase: Phase, same: Seen | None = None) -> Row:
    """No note is under way; what the device still shows is not told again."""
    row: Row = {
        Seen.REST: (Phase.NONE, ()),
        Seen.ACCEPTING: (Phase.NONE, ()),
        Seen.ESCROW: (Phase.HELD, (Tell.ESCROWED,)),
        Seen.MOVING: (Phase.NONE, ()),
        Seen.BACK: (Phase.NONE, ()),
        Seen.REJECTING: (Phase.REJECTED, (Tell.REJECTED,)),
        Seen.NOTHING: (phase, ()),
        **_ENDS,
    }
    if same:
        row[same] = (phase, ())
    return row


def _under_way(phase: Phase, unseen: Tell) -> Row:
    """A note is under way; `unseen` is told where it is gone and its end was not shown."""
    return {
        Seen.REST: (Phase.NONE, (unseen,)),
        Seen.ACCEPTING: (Phase.NONE, (unseen,)),
        Seen.ESCROW: (phase, ()),
        Seen.MOVING: (phase, ()),
        Seen.BACK: (Phase.UNWANTED, ()),
        Seen.REJECTING: (Phase.REJECTED, (Tell.GIVEN_BACK, Tell.REJECTED)),
        Seen.NOTHING: (phase, ()),
        **_ENDS,
    }


MOVES: dict[Phase, Row] = {
    Phase.NONE: _afresh(Phase.NONE),
    Phase.HELD: _under_way(Phase.HELD, Tell.GIVEN_BACK),
    Phase.WANTED: _under_way(Phase.WANTED, Tell.LOST),
    Phase.UNWANTED: _under_way(Phase.UNWANTED, Tell.GIVEN_BACK),
    Phase.CREDITED: _afresh(Phase.CREDITED, Seen.STACKED),
    Phase.RETURNED: _afresh(Phase.RETURNED, Seen.RETURNED),
    Phase.REJECTED: _afresh(Phase.REJECTED, Seen.REJECTING),
    Phase.RESTARTED: _afresh(Phase.RESTARTED),
}
