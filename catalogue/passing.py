"""What time alone changes: days on which dated prices begin or end, hours that opened, shops that are new or want
other things than before.

A shop is looked at up to a day, and from then on the next time. A clock that jumps back changes nothing by itself;
what is made meanwhile is made as of the earlier day, so that day is then the one up to which the shop was looked at.

Failures: `Halt` where the stored state cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from ..model import Rank, Shop
from .changelog import Standing, options_of
from .counting import Listing
from .directory import DirectoryMaker
from .filling import fill
from .goods import GoodsMaker
from .making import Making, Shelves
from .outcome import DiffTally, Outcome, Remarks

FACTOR = Decimal(2)  # moves of prices are counted for logs alone


@dataclass(frozen=True)
class Due:
    """What is to be done for one shop."""

    shop: Shop
    standing: Standing
    fill: bool
    items: set[str] = field(default_factory=set)
    clears: set[Rank] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.fill or self.items or self.clears)

    @property
    def today(self) -> str:
        return self.shop.today.isoformat()


class Passing:
    """Time passes for some shops."""

    def __init__(self, shelves: Shelves, listing: Listing, arrival: int, shops: Sequence[Shop]) -> None:
        self._shelves = shelves
        self._listing = listing
        self._arrival = arrival
        self._dues = [self._due(shop) for shop in shops]

    def advance(self) -> Outcome | None:
        """Does what is due; None where nothing was."""
        due = [due for due in self._dues if due]
        for idle in self._dues:
            if not idle and idle.today > idle.standing.today:
                self._shelves.changes.stand(idle.shop.id, msgspec.structs.replace(idle.standing, today=idle.today))
        return self._make(due) if due else None

    def _due(self, shop: Shop) -> Due:
        standing, waiting = self._shelves.changes.standing(shop.id), self._shelves.waiting
        clears = waiting.clears(shop.id) if shop.clears_open else set()
        if standing.stale or not standing.today or standing.options != options_of(shop):
            return Due(shop, standing, fill=True, clears=clears)
        items = self._shelves.index.crossed(standing.today, shop.today.isoformat())
        if shop.prices_open:
            items |= waiting.goods(shop.id)
        return Due(shop, standing, fill=False, items=items, clears=clears)

    def _make(self, dues: list[Due]) -> Outcome:
        remarks = Remarks()
        making = Making.begin(
            self._shelves, [due.shop for due in dues], self._tallies(dues), remarks, self._arrival
        )
        directory, goods = DirectoryMaker(making), GoodsMaker(making)
        fill([due.shop for due in dues if due.fill], making, directory, goods)
        for due in dues:
            goods.make(due.items, [due.shop])
            for rank in due.clears:
                directory.clear(due.shop.id, rank)
        directory.finish()
        return Outcome(
            remarks=tuple(remarks.first),
            remarks_total=remarks.total,
            unsold=tuple(making.unsold.first),
            unsold_total=making.unsold.total,
            shops=tuple(making.tallies[due.shop.id].diff(self._close(due, making)) for due in dues),
        )

    def _tallies(self, dues: list[Due]) -> dict[str, DiffTally]:
        return {
            due.shop.id: DiffTally(due.shop.id, FACTOR, due.standing.sold, self._listing.size(due.shop.id))
            for due in dues
        }

    def _close(self, due: Due, making: Making) -> int:
        log = making.logs[due.shop.id]
        log.close(due.shop, filled=due.fill, looked=True)
        return log.commands
