"""What all cash devices speak of, whatever their protocol: cash, what happens to it, and how a device stands.

Amounts are whole minor units (kopecks, cents); a denomination is the amount of one piece. `key` of a credit is
(device serial, session epoch, event sequence): a key that comes again is the same money.

Failures: none.
"""

from __future__ import annotations

from enum import StrEnum

from ..errors import Trouble
from ..model import Explained, Noun

Key = tuple[str, int, int]
NO_KEY: Key = ("", 0, 0)


class Form(StrEnum):
    NOTE = "note"
    COIN = "coin"


class Pieces(Noun, frozen=True, omit_defaults=True):
    """Some pieces of one denomination."""

    denomination: int
    count: int

    @property
    def amount(self) -> int:
        return self.denomination * self.count


class Standing(Explained):
    """How a device stands, sorted by what to do; each member carries its sentence for people."""

    STARTING = "starting", "the device starts up"
    DISABLED = "disabled", "ready, and takes nothing"
    ACCEPTING = "accepting", "takes cash"
    BUSY = "busy", "moves cash"
    FULL = "full", "its cassette is full"
    OPEN = "open", "its cassette is out, or a cover is open"
    JAMMED = "jammed", "cash is stuck"
    FAULTY = "faulty", "it answers, and tells of a fault"
    OFFLINE = "offline", "it does not answer"


# --- what a device tells -----------------------------------------------------------------------------------


class Stood(Noun, frozen=True):
    """The device stands otherwise than before. `code` is the device's own word for why; "" = none."""

    standing: Standing
    code: str = ""


class Escrowed(Noun, frozen=True):
    """A note is held: `accept` or `give_back` decides. `key` is what its credit will have, to be journalled with the
    intent; where a protocol knows it only from the credit, it is NO_KEY."""

    denomination: int
    key: Key = NO_KEY


class Credited(Noun, frozen=True):
    """Money is in for good: the protocol's credit point, not before. To be journalled, then `acknowledge`d."""

    denomination: int
    key: Key
    form: Form = Form.NOTE
    unit: str = ""  # where it went, as the device calls it


class GivenBack(Noun, frozen=True):
    """A held note was returned."""

    denomination: int


class Rejected(Noun, frozen=True):
    """Something was not taken; nothing was credited."""

    code: str


class Paid(Noun, frozen=True):
    """A pay-out has ended: what really went out, also when it failed."""

    paid: tuple[Pieces, ...]
    unpaid: tuple[Pieces, ...] = ()
    code: str = ""


class Lost(Noun, frozen=True):
    """The device counted events that nobody saw: it is stopped, and a person must look."""

    events: int
    code: str = ""


class Left(StrEnum):
    """Where a device whose power was cut found the note that was under way."""

    NOTHING = "nothing"  # no note
    PATH = "path"  # in its path: it goes back to the customer
    STACKER = "stacker"  # swallowed: whether it was credited, only the journal knows


class Restarted(Noun, frozen=True):
    """The device's power was away. What was in escrow or being stacked has no other end than this: an intent that is
    open in the journal is committed (STACKER), returned (PATH) or unknown (NOTHING). The device is reset by the next
    `poll`, and does not tell it again after that: whoever must remember writes it down before."""

    left: Left


Happening = Stood | Escrowed | Credited | GivenBack | Rejected | Paid | Lost | Restarted


class Identity(Noun, frozen=True, omit_defaults=True):
    """Who a device says it is."""

    serial: str
    model: str = ""
    firmware: str = ""
    currency: str = ""


class Unanswered(Trouble):
    """The device did not answer, or the link is gone: whether the command was carried out is not known."""


class Misuse(Trouble):
    """The command is not allowed in this state, or asks for what the device cannot do: nothing was sent."""
