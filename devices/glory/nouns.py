"""What a BrueBox controller tells, beyond what all devices tell.

Failures: none.
"""

from __future__ import annotations

from msgspec import field

from ...model import Noun
from ..money.units import Condition, Fill
from ..nouns import Credited, Form, Happening, Pieces
from .events import (
    CassetteCounted,
    DeviceError,
    Dispensing,
    Incomplete,
    OtherEvent,
    SpoiltEvent,
    StockChanged,
    UnitTold,
)
from .messages import Cash, CashUnit, Line
from .states import Command, Verdict

NOTES, COINS = 1, 2  # devices
FORMS = {NOTES: Form.NOTE, COINS: Form.COIN}

FILLS = {0: Fill.EMPTY, 1: Fill.NEAR_EMPTY, 2: Fill.SOME, 3: Fill.NEAR_FULL, 4: Fill.FULL}
CONDITIONS = {21: Condition.MISSING, 22: Condition.UNAVAILABLE}


class InState(Noun, frozen=True):
    """The controller has gone to this state; `code` is its sentence."""

    state: int
    code: str


class SoFar(Noun, frozen=True):
    """What was put in since the deposit began, for the eye: what is credited, only `Finished` says."""

    deposited: tuple[Pieces, ...]


class Finished(Noun, frozen=True, omit_defaults=True):
    """A transaction's command is over. What has moved is told also where it failed; with Verdict.UNKNOWN it is what was
    told, and no more is certain."""

    transaction: int
    command: Command
    verdict: Verdict
    code: str = ""  # why, where it was not simply carried out
    deposited: tuple[Pieces, ...] = ()
    dispensed: tuple[Pieces, ...] = ()
    lines: tuple[Line, ...] = ()  # what came in, by device

    def credits(self, serial: str) -> tuple[Credited, ...]:
        """What came in, piece by piece. The same answer gives the same keys, whenever it comes."""
        told: list[Credited] = []
        for line in sorted(self.lines, key=lambda line: (line.device, line.denomination, line.revision)):
            form = FORMS.get(line.device, Form.NOTE)
            for _ in range(line.count):
                told.append(Credited(line.denomination, (serial, self.transaction, len(told) + 1), form))
        return tuple(told)


class Inventory(Noun, frozen=True):
    """What is in the machine. `units` by `condition` and `fill` below."""

    stock: tuple[Line, ...]
    dispensable: tuple[Line, ...]
    units: tuple[CashUnit, ...]


def fill(unit: CashUnit) -> Fill | None:
    """How full the controller says a container is; None = it says something else."""
    return FILLS.get(-1 if unit.status is None else unit.status)


def condition(unit: CashUnit) -> Condition:
    return CONDITIONS.get(-1 if unit.status is None else unit.status, Condition.READY)


Told = (
    Happening
    | InState
    | SoFar
    | Finished
    | Incomplete
    | CassetteCounted
    | UnitTold
    | DeviceError
    | StockChanged
    | Dispensing
    | OtherEvent
    | SpoiltEvent
)


class Question(Noun, frozen=True):
    """A request on its way."""

    command: Command
    id: str
    sequence: str
    transaction: int
    amount: int
    body: bytes


class Parts(Noun, frozen=True):
    """What a request says besides its command: elements, options with their `type`, and what is to be moved."""

    fields: dict[str, str] = field(default_factory=dict)
    options: dict[str, int] = field(default_factory=dict)
    cash: Cash | None = None


NO_PARTS = Parts()
