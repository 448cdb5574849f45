"""What a Glory controller's last inventory says: what each unit of the plan holds, and whether the journal comes to the
same.

A unit of the plan is the controller's by its number, which is its id unless `numbers` says another. A capacity
that the plan leaves open the controller tells.

Failures: none; a unit that the inventory does not tell of is out of order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from ..glory.messages import CashUnit, gathered
from ..glory.nouns import Inventory, condition, fill
from ..journal.account import Account
from ..journal.entries import Command
from ..money.units import Condition, Unit
from ..nouns import Pieces
from .gloryjudging import counts_of

DIFFERS = "machine.stock-differs"
"""Why the difference between inventory and journal, once told, waits for a person."""


class GloryStock:
    def __init__(self, plan: tuple[Unit, ...], numbers: Mapping[str, int]) -> None:
        self._plan = plan
        self._numbers = {unit.id: numbers.get(unit.id, int(unit.id) if unit.id.isdecimal() else 0) for unit in plan}
        self.inventory: Inventory | None = None

    def units(self) -> tuple[Unit, ...]:
        return tuple(self._unit(unit) for unit in self._plan)

    def holds(self, unit: str) -> tuple[Pieces, ...]:
        told = self._told(unit)
        return gathered(told.lines) if told else ()

    def count(self, unit: str) -> int:
        return sum(each.count for each in self.holds(unit))

    def is_missing(self, unit: str) -> bool:
        told = self._told(unit)
        return told is not None and condition(told) is Condition.MISSING

    def difference(self, account: Account) -> Counter[int]:
        """How many pieces more are there than the journal knows, below 0 for fewer. What is in the journal as a
        difference already is none any more, though it waits for a person."""
        inventory = self.inventory
        found = counts_of(gathered(inventory.stock) if inventory else ())
        found.subtract(account.change_of_stock)
        for unsure in account.unknown:
            if unsure.outcome.code == DIFFERS:
                noted = counts_of(unsure.intent.pieces)
                found.subtract(noted) if unsure.intent.command is Command.FILL else found.update(noted)
        return Counter({denomination: count for denomination, count in found.items() if count})

    def _told(self, unit: str) -> CashUnit | None:
        units = self.inventory.units if self.inventory else ()
        return next((each for each in units if each.number == self._numbers[unit]), None)

    def _unit(self, unit: Unit) -> Unit:
        told = self._told(unit.id)
        if told is None:
            return replace(unit, condition=Condition.UNAVAILABLE)
        return replace(
            unit,
            holds=gathered(told.lines),
            capacity=unit.capacity or told.capacity,
            condition=condition(told),
            sensed=fill(told),
        )
