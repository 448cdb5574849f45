"""What the journal of cash says, and how a line of it is spelt.

One entry is one line of JSON, ended by a newline, with the checksum of all before it as its last member:

    {"entry":"credit","n":7,"at":"2026-11-21T09:14:03.250Z","key":["21KC12345678",3,41],"denomination":50000,"sum":"…"}

Entries are numbered without a gap. A power cut can tear only what was being written, which is the end: so a line that
cannot be read, with none after it that can, is a torn tail; anywhere else it is damage.

Failures: `Halt` (`journal.damaged`) where lines in the middle cannot be read or are not there, or an entry is of a kind
that this program does not know.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ...errors import Halt, Reason
from ...model import Noun, digest
from ..nouns import NO_KEY, Form, Key, Pieces


class Command(StrEnum):
    """What cannot be taken back once a device was told it. `is_cash_in`: takes money until it is ended."""

    is_cash_in: bool

    def __new__(cls, value: str, is_cash_in: bool) -> Command:
        member = str.__new__(cls, value)
        member._value_ = value
        member.is_cash_in = is_cash_in
        return member

    DEPOSIT = "deposit", True  # takes cash until the deposit is ended
    CHANGE = "change", False  # keeps what is in escrow, and the machine gives the change by itself
    RETURN = "return", False  # gives back what is in escrow
    ACCEPT = "accept", False  # keeps what is in escrow
    DISPENSE = "dispense", False
    COLLECT = "collect", False  # from a drum or hopper to the cassette or mixer: the money stays in the machine
    REMOVE = "remove", False  # out of the machine, to staff: coins of one denomination, the mixer, the cassette
    PAYOUT = "payout", False  # gives out cash without a deposit, by one or more pay-outs within it
    EXCHANGE = "exchange", False  # a cassette is out, and an empty one has to go in
    FILL = "fill", False  # put in past the validator, or found more or less by counting


class Verdict(StrEnum):
    """What became of an intent."""

    COMMITTED = "committed"
    RETURNED = "returned"  # nothing happened, or all of it was undone
    UNKNOWN = "unknown"  # no device can tell: a person decides
    RESET = "reset"  # of a cash-in alone: the device was reset, what was credited until then stands


class Intent(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="intent"):
    """Written before the command is sent. `n` is its number, by which all later entries name it."""

    n: int
    at: str
    command: Command
    device: str = ""
    unit: str = ""
    amount: int = 0  # of the sale, or asked for; minor units
    pieces: tuple[Pieces, ...] = ()  # what is to move
    counter: int | None = None  # the device's own event counter before
    key: Key = NO_KEY  # what the credit of an accept will have, where the protocol knows it before
    within: int = 0  # the operation that it is a part of; 0 = none
    about: str = ""  # which sale, which document
    to: str = ""  # the unit that takes what is collected


class Credit(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="credit"):
    """Written before the credit is acknowledged to the device. `of`: the accept that it fulfils, 0 = none."""

    n: int
    at: str
    key: Key
    denomination: int
    form: Form = Form.NOTE
    unit: str = ""
    device: str = ""
    of: int = 0
    within: int = 0  # the cash-in that was open; 0 = late, or nobody's


class Outcome(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="outcome"):
    """What really moved, also when it failed. `taken` leaves out what came as credits."""

    n: int
    at: str
    of: int
    verdict: Verdict
    taken: tuple[Pieces, ...] = ()
    paid: tuple[Pieces, ...] = ()
    removed: tuple[Pieces, ...] = ()
    unpaid: tuple[Pieces, ...] = ()
    code: str = ""  # the device's own word for why
    moved: tuple[Pieces, ...] = ()  # from the intent's unit to another: still in the machine


class Resolution(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="resolve"):
    """A person's word on what was unknown: what moved beyond what its outcome says."""

    n: int
    at: str
    of: int
    verdict: Verdict
    by: str
    why: str = ""
    taken: tuple[Pieces, ...] = ()
    paid: tuple[Pieces, ...] = ()
    removed: tuple[Pieces, ...] = ()
    moved: tuple[Pieces, ...] = ()


class Place(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="place"):
    """The newest event of a device that is dealt with, where a session has to be told that after a start."""

    n: int
    at: str
    device: str
    key: Key


class Torn(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="torn"):
    """A power cut had torn what was being written, and it was cut off; nobody had been promised it."""

    n: int
    at: str
    size: int  # bytes
    head: str = ""  # how they began


class Unsure(Noun, frozen=True):
    """What waits for a person."""

    intent: Intent
    outcome: Outcome


class Carried(Noun, frozen=True, omit_defaults=True, tag_field="entry", tag="carried"):
    """The first entry of a file that continues a longer one: all that still matters of the entries before it."""

    n: int
    at: str
    open: tuple[Intent, ...] = ()
    unknown: tuple[Unsure, ...] = ()
    cash_in: int = 0  # the number of the last one
    ended: Verdict | None = None  # how that one ended; None = it is open, or there was none
    deposited: tuple[Pieces, ...] = ()  # credited in the open one
    keys: tuple[tuple[Key, int], ...] = ()  # and the denomination of each, oldest first
    newest: tuple[
        tuple[str, Key, int], ...
    ] = ()  # of each device: the key of its last accept or credit, and what it was
    places: tuple[tuple[str, Key], ...] = ()
    taken: tuple[Pieces, ...] = ()  # ever, credits among them
    paid: tuple[Pieces, ...] = ()
    removed: tuple[Pieces, ...] = ()
    given: tuple[Pieces, ...] = ()  # paid out in the open cash-in
    stock: tuple[tuple[str, tuple[Pieces, ...]], ...] = ()  # by unit, what it holds more or fewer than at the beginning


Entry = Intent | Credit | Outcome | Resolution | Place | Torn | Carried

_HEAD_SHOWN = 120  # characters of a torn tail that are kept
_SUM = 8  # bytes
_BEFORE_SUM, _AFTER_SUM = b',"sum":"', b'"}'
_END = len(_BEFORE_SUM) + 2 * _SUM + len(_AFTER_SUM)
_DECODER = msgspec.json.Decoder(Entry)


def spelt(entry: Entry) -> bytes:
    """The line of `entry`, with its checksum and newline."""
    body = msgspec.json.encode(entry)
    return body[:-1] + _BEFORE_SUM + _sum(body) + _AFTER_SUM + b"\n"


def head_of(torn: bytes) -> str:
    """How torn bytes began, for people."""
    return ascii(torn[:_HEAD_SHOWN].decode("ascii", "replace"))[1:-1][:_HEAD_SHOWN]


def entries_in(data: bytes) -> tuple[list[Entry], int]:
    """The entries of a journal's bytes, and how many bytes at the start hold them; what follows is torn. Raises
    Halt."""
    entries: list[Entry] = []
    good = at = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        body = _body(line)
        if body is not None:
            if good != at:
                raise _damaged(number - 1)
            entry = _decoded(body, number)
            begun = entry.n == 1 or isinstance(entry, Carried)
            if entry.n != entries[-1].n + 1 if entries else not begun:
                raise _damaged(number)
            entries.append(entry)
            good = min(at + len(line) + 1, len(data))
        at += len(line) + 1
    return entries, good


def _body(line: bytes) -> bytes | None:
    """The entry's own bytes; None where the line is not whole."""
    if len(line) <= _END or not line.endswith(_AFTER_SUM):
        return None
    body, sum_ = line[:-_END] + b"}", line[-_END : -len(_AFTER_SUM)]
    return body if sum_ == _BEFORE_SUM + _sum(body) else None


def _decoded(body: bytes, number: int) -> Entry:
    try:
        entry: Entry = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise _damaged(number) from error
    return entry


def _sum(body: bytes) -> bytes:
    return digest(body)[:_SUM].hex().encode()


def _damaged(line: int) -> Halt:
    return Halt(Reason("journal.damaged", line=line))
