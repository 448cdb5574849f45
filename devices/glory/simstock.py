"""Where the notes and coins of a simulated BrueBox lie: hoppers, mixer, drums and cassette.

Failures: StopIteration where a machine has no cassette or mixer and one is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..money.units import UnitKind
from .messages import DISPENSABLE, STOCK, Cash, Line

SMALLEST_NOTE = 5000  # of the denominations here: what is less is a coin


@dataclass
class SimUnit:
    number: int
    kind: UnitKind
    denomination: int  # 0 = any
    capacity: int
    holds: Counter[int] = field(default_factory=Counter)
    here: bool = True

    @property
    def device(self) -> int:
        return 1 if self.kind in (UnitKind.DRUM, UnitKind.CASSETTE) else 2

    @property
    def status(self) -> int:
        count = self.holds.total()
        if not self.here:
            return 21
        if count in (0, self.capacity):
            return 4 if count else 0
        return 3 if count * 4 >= self.capacity * 3 else 1 if count * 10 <= self.capacity else 2


def roubles(count: int = 40) -> list[SimUnit]:
    """Seven hoppers and the mixer, three drums and the cassette: of each denomination that can be given, `count`."""
    coins = [SimUnit(4043 + n, UnitKind.HOPPER, d, 200) for n, d in enumerate((5, 10, 50, 100, 200, 500, 1000))]
    notes = [SimUnit(4001 + n, UnitKind.DRUM, d, 60) for n, d in enumerate((5000, 10000, 50000))]
    for unit in coins + notes:
        unit.holds[unit.denomination] = min(count, unit.capacity)
    return [
        *coins,
        SimUnit(4084, UnitKind.MIXER, 0, 150),
        *notes,
        SimUnit(4059, UnitKind.CASSETTE, 0, 600),
    ]


class SimStock:
    """All containers of one machine."""

    def __init__(self, units: Iterable[SimUnit]) -> None:
        self.units = tuple(units)

    def first(self, kind: UnitKind) -> SimUnit:
        return next(unit for unit in self.units if unit.kind is kind)

    def held(self, *, to_give: bool = False) -> Counter[int]:
        total: Counter[int] = Counter()
        for unit in self.units:
            if unit.kind.gives or not to_give:
                total += unit.holds
        return total

    def told(self) -> tuple[Cash, Cash]:
        """As an inventory tells it."""
        return Cash(STOCK, lines(self.held())), Cash(DISPENSABLE, lines(self.held(to_give=True)))

    def place(self, denomination: int) -> SimUnit | None:
        """Where a piece goes to: its own container, else the cassette or the mixer; None = there is no room."""
        fit = [
            unit
            for unit in self.units
            if unit.here
            and unit.device == device_of(denomination)
            and unit.denomination in (0, denomination)
            and unit.holds.total() < unit.capacity
        ]
        return min(fit, key=lambda unit: not unit.kind.gives, default=None)

    def put(self, pieces: Counter[int]) -> None:
        """What has come in has to lie somewhere, also where all is full."""
        for denomination in pieces.elements():
            place = self.place(denomination) or self.first(UnitKind.CASSETTE)
            place.holds[denomination] += 1

    def take(self, wanted: Counter[int]) -> Counter[int]:
        """What was there of it."""
        taken: Counter[int] = Counter()
        for unit in self.units:
            count = min(wanted[unit.denomination] - taken[unit.denomination], unit.holds[unit.denomination])
            if unit.kind.gives and count > 0:
                unit.holds[unit.denomination] -= count
                taken[unit.denomination] += count
        return taken


def device_of(denomination: int) -> int:
    return 1 if denomination >= SMALLEST_NOTE else 2


def lines(pieces: Mapping[int, int]) -> tuple[Line, ...]:
    return tuple(Line(one, count, device_of(one), "RUB") for one, count in sorted(pieces.items()) if count > 0)


def amount(pieces: Mapping[int, int]) -> int:
    return sum(one * count for one, count in pieces.items())
