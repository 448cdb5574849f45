"""What a machine was set up to be: its currency, what it takes and gives, its units, and what is done about sums that
its smallest piece does not make.

Failures: `Misuse` (machine.total-step) for a total that cannot be paid exactly, where it is not to be rounded.
"""

from __future__ import annotations

from enum import StrEnum

from ...errors import Reason
from ...model import Noun
from ..money.blocking import Terms, spelt
from ..money.units import Unit, UnitKind
from ..nouns import Misuse


class Rounding(StrEnum):
    """What becomes of a total with a part that the machine cannot take or give."""

    REFUSE = "refuse"
    DOWN = "down"  # in the customer's favour
    UP = "up"
    NEAREST = "nearest"  # a half goes down


class Late(StrEnum):
    """What becomes of cash that comes in when no deposit is open."""

    RETURN = "return"  # given back at once, where it can be made
    KEEP = "keep"


class Plan(Noun, frozen=True):
    """Amounts in minor units, times in seconds. `units` hold nothing here: what they hold, the journal says.

    `sorter`: which unit a coin goes to, by the sorter path that the acceptor names. `most`: the greatest sum of one
    deposit, 0 = any. `settle`: so long nothing may come in before a deposit counts as counted. `patience`: so long a
    device may keep a piece or a pay-out to itself; then it is unknown."""

    terms: Terms
    units: tuple[Unit, ...]
    currency: str = "RUB"
    sorter: tuple[tuple[str, str], ...] = ()
    rounding: Rounding = Rounding.REFUSE
    late: Late = Late.RETURN
    most: int = 0
    settle: float = 1.0
    patience: float = 30.0

    def unit(self, id: str) -> Unit:  # noqa: A002 - the trade's word
        """Raises Misuse."""
        for unit in self.units:
            if unit.id == id:
                return unit
        raise Misuse(Reason("machine.no-unit", unit=id, units=", ".join(unit.id for unit in self.units)))

    def first(self, kind: UnitKind) -> Unit | None:
        return next((unit for unit in self.units if unit.kind is kind), None)


def payable(total: int, plan: Plan) -> int:
    """What is asked for of a `total`. Raises Misuse."""
    step = plan.terms.step
    rest = total % step
    if not rest:
        return total
    match plan.rounding:
        case Rounding.DOWN:
            return total - rest
        case Rounding.UP:
            return total - rest + step
        case Rounding.NEAREST:
            return total - rest + (step if 2 * rest > step else 0)
    digits = plan.terms.digits
    raise Misuse(Reason("machine.total-step", total=spelt(total, digits), step=spelt(step, digits)))
