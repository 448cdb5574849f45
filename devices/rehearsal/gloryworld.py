"""A small world around a machine behind a Glory controller: the real machine, journal and documents, a simulated
controller and wire, and simulated time.

Failures: as the machine's.
"""

from __future__ import annotations

from collections import Counter

from ..glory.session import GlorySession
from ..glory.simstock import SimUnit
from ..glory.simulated import SimBrueBox
from ..glory.simwire import SimWire
from ..journal.journal import Journal
from ..journal.simpaper import MemoryPaper
from ..lines.simlink import SimClock
from ..machine.daybook import Daybook
from ..machine.documents import MemoryDocuments
from ..machine.glory import GloryMachine
from ..machine.nouns import Notice
from ..machine.plan import Plan
from ..money.blocking import Rule, Terms
from ..money.units import Unit, UnitKind

HOPPERS = {"one": 100, "two": 200, "five": 500, "ten": 1000}
DRUMS = {"fifty": 5_000, "hundred": 10_000, "fivehundred": 50_000}
CASSETTE_ONLY = (100_000, 500_000)  # notes that no drum takes
NUMBERS = {
    **{unit: 4043 + place for place, unit in enumerate(HOPPERS)},
    **{unit: 4001 + place for place, unit in enumerate(DRUMS)},
    "mixer": 4084,
    "box": 4059,
}
"""What the controller calls each unit."""
FIRST_FILL = {**dict.fromkeys(HOPPERS, 40), **dict.fromkeys(DRUMS, 20)}
"""Pieces that staff has put into each."""


def roubles(rule: Rule = Rule.EXACT) -> Plan:
    """A till that takes notes up to 5000 and gives change in coins and notes up to 500."""
    return Plan(
        terms=Terms(accepted=(*HOPPERS.values(), *DRUMS.values(), *CASSETTE_ONLY), step=100, rule=rule),
        units=(
            *(Unit(unit, UnitKind.HOPPER, piece, capacity=200) for unit, piece in HOPPERS.items()),
            Unit("mixer", UnitKind.MIXER, capacity=150),
            *(Unit(unit, UnitKind.DRUM, piece, capacity=60) for unit, piece in DRUMS.items()),
            Unit("box", UnitKind.CASSETTE, capacity=600),
        ),
    )


class GloryWorld:
    """`pace.Played`."""

    def __init__(self, plan: Plan, fill: dict[str, int]) -> None:
        self.plan = plan
        self.clock = SimClock()
        self.box = SimBrueBox(self.clock, [_container(unit, fill.get(unit.id, 0)) for unit in plan.units])
        self.wire = SimWire(self.clock, self.box)
        self.paper = MemoryPaper()
        self.papers = MemoryDocuments()
        self.start()

    def start(self) -> None:
        """The till starts; an empty journal believes the controller's first inventory."""
        self.book = Daybook(Journal(self.paper, self.clock.now), self.papers)
        session = GlorySession(self.wire, self.clock, address="192.0.2.7", port=55561)
        self.machine = GloryMachine(self.plan, self.book, self.clock, session, NUMBERS)

    def poll(self) -> list[Notice]:
        return self.machine.poll()

    def cut(self) -> GloryWorld:
        """The controller goes on."""
        self.paper.power_cut()
        return self

    def cut_devices(self) -> None:
        self.box.cut_power()

    def power_devices(self) -> None:
        self.box.power_on()

    def difference(self) -> Counter[int]:
        more = Counter(self.box.held)
        more.subtract(self.book.account.change_of_stock)
        return Counter({piece: count for piece, count in more.items() if count})


def _container(unit: Unit, count: int) -> SimUnit:
    held = Counter({unit.denomination: count}) if count else Counter[int]()
    return SimUnit(NUMBERS[unit.id], unit.kind, unit.denomination, unit.capacity, held)
