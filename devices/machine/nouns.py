"""What a cash machine tells the till: how it stands, what came in and went out, how an operation ended.

The words are those of UnifiedPOS CashChanger (deposit, device and full status; begin, pause, fix, end) and of CEN XFS
where that lacks them (cash units, the status of the last cash-in).

Failures: none.
"""

from __future__ import annotations

from enum import StrEnum

from ...model import Explained, Noun
from ..journal.account import CashIn
from ..journal.entries import Command, Unsure, Verdict
from ..money.blocking import Block
from ..money.units import DeviceStatus, FullStatus, Level, Unit
from ..nouns import Pieces, Standing


class Phase(Explained):
    """What the machine is at; each member carries its sentence for people."""

    STARTING = "starting", "compares its journal with its devices"
    IDLE = "idle", "takes nothing, and waits"
    DEPOSIT = "deposit", "takes cash"
    PAUSED = "paused", "a deposit is open, and takes nothing for now"
    FIXING = "fixing", "takes nothing more, and counts what is still on its way"
    FIXED = "fixed", "all that was put in is counted: it waits to be told how to end"
    CHANGE = "change", "gives change"
    REPAY = "repay", "gives back what was put in"
    DISPENSE = "dispense", "gives out cash"
    COLLECT = "collect", "moves cash into its cassette"


class End(StrEnum):
    """How a deposit is ended."""

    CHANGE = "change"  # keeps the amount of the sale, gives the rest
    NO_CHANGE = "no change"  # keeps all
    REPAY = "repay"  # gives all back


class DepositStatus(StrEnum):
    """UnifiedPOS."""

    NONE = "none"
    START = "start"
    COUNT = "count"
    END = "end"
    JAM = "jam"


class Lamp(Explained):
    """The lamp over the till, between two sales; each member carries its sentence for people."""

    OFF = "off", "nothing is to do"
    GREEN_BLINKING = "green blinking", "a container wants to be seen to, soon or now"


class Status(Noun, frozen=True):
    """A machine at one moment. Amounts in minor units."""

    phase: Phase
    deposit: DepositStatus
    device: DeviceStatus
    full: FullStatus
    cash_in: CashIn
    wanted: int  # the amount of the open sale; 0 = none is, or staff puts cash in
    deposited: tuple[Pieces, ...]  # in the open deposit
    given: tuple[Pieces, ...]  # and what was given out of it so far
    units: tuple[Unit, ...]
    levels: dict[str, Level]  # by the unit's id
    lamp: Lamp
    blocks: tuple[Block, ...]  # why customers' cash is not taken now; () = it is
    standings: dict[str, Standing]  # by the device's name
    unknown: tuple[Unsure, ...]  # what waits for a person


# --- what it tells by itself


class Moved(Noun, frozen=True):
    """The machine is at something else."""

    phase: Phase


class Counted(Noun, frozen=True):
    """Cash came in: `pieces` now, `deposited` in the deposit so far. `pointless`: it lies where no change comes from.
    `late`: no deposit was open."""

    pieces: Pieces
    deposited: int
    pointless: bool = False
    late: bool = False


class GivenBack(Noun, frozen=True):
    """A piece was not taken; `code` says why, in words for a customer."""

    denomination: int  # 0 = not known
    code: str


class Gave(Noun, frozen=True):
    """Cash went out of `unit`; `code` where it was less than was to be."""

    pieces: tuple[Pieces, ...]
    unit: str = ""
    code: str = ""


class Changed(Noun, frozen=True):
    """A device stands otherwise; `code` is its own word for why."""

    device: str
    standing: Standing
    code: str = ""


class Ended(Noun, frozen=True, omit_defaults=True):
    """An operation is over, and in the journal under `number`. `owed`: what is still due to the customer, because it
    could not be given; `unsure`: what may have moved, and nobody knows (a person decides)."""

    number: int
    command: Command
    verdict: Verdict
    amount: int = 0
    deposited: tuple[Pieces, ...] = ()
    given: tuple[Pieces, ...] = ()
    owed: int = 0
    unsure: int = 0
    code: str = ""


class CassetteStep(Explained):
    OUT = "out", "the cassette was taken out"
    IN = "in", "a cassette is in, and nobody said that it is empty"
    EMPTY = "empty", "an empty cassette is in"


class CassetteTold(Noun, frozen=True):
    """A step of a cassette's exchange."""

    unit: str
    step: CassetteStep


Notice = Moved | Counted | GivenBack | Gave | Changed | Ended | CassetteTold


def total(pieces: tuple[Pieces, ...]) -> int:
    """Minor units."""
    return sum(each.amount for each in pieces)
