"""A Glory machine on a bench: the real journal, session and machine, with a simulated controller and wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from machine_bench import Bench, Change, told_as_unknown
from tillpost.devices.glory.session import GlorySession
from tillpost.devices.glory.simstock import SimUnit
from tillpost.devices.glory.simulated import SimBrueBox
from tillpost.devices.glory.simwire import SimWire
from tillpost.devices.glory.states import State
from tillpost.devices.journal.account import Account
from tillpost.devices.journal.entries import Entry
from tillpost.devices.journal.journal import Journal
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.devices.lines.simlink import SimClock
from tillpost.devices.machine.daybook import Daybook
from tillpost.devices.machine.documents import CashDocument, MemoryDocuments
from tillpost.devices.machine.glory import GloryMachine
from tillpost.devices.machine.plan import Plan
from tillpost.devices.money.blocking import Terms
from tillpost.devices.money.units import Unit, UnitKind

COINS = {"one": 100, "two": 200, "five": 500, "ten": 1000}
NOTES = {"fifty": 5000, "hundred": 10000, "fivehundred": 50000}
NUMBERS = {
    **{name: 4043 + n for n, name in enumerate(COINS)},
    **{name: 4001 + n for n, name in enumerate(NOTES)},
    "mixer": 4084,
    "box": 4059,
}


def units(count: int = 40) -> list[SimUnit]:
    """As the controller has them: so many pieces of each that it gives."""
    return [
        *(SimUnit(NUMBERS[name], UnitKind.HOPPER, one, 200, Counter({one: count})) for name, one in COINS.items()),
        SimUnit(NUMBERS["mixer"], UnitKind.MIXER, 0, 150, Counter({100: 7, 1000: 2})),
        *(SimUnit(NUMBERS[name], UnitKind.DRUM, one, 60, Counter({one: count})) for name, one in NOTES.items()),
        SimUnit(NUMBERS["box"], UnitKind.CASSETTE, 0, 600, Counter({500000: 2})),
    ]


def plan() -> Plan:
    return Plan(
        terms=Terms(accepted=(*COINS.values(), *NOTES.values(), 100000, 500000), step=100),
        units=(
            *(Unit(name, UnitKind.HOPPER, one) for name, one in COINS.items()),
            Unit("mixer", UnitKind.MIXER),
            *(Unit(name, UnitKind.DRUM, one) for name, one in NOTES.items()),
            Unit("box", UnitKind.CASSETTE),
        ),
    )


class GloryBench(Bench):
    hopper, drum, mixer, cassette = "ten", "hundred", "mixer", "box"

    def __init__(self, stock: list[SimUnit] | None = None, *, ready: bool = True) -> None:
        super().__init__()
        self.clock = SimClock()
        self.box = SimBrueBox(self.clock, units() if stock is None else stock)
        self.witness: Callable[[str], None] = lambda _what: None
        self.wire = SimWire(self.clock, self.box, witness=self._step)
        self.paper = MemoryPaper(self._step)
        self.papers = MemoryDocuments()
        self.start()
        if ready:
            self.idle()
            self.told.clear()

    def _step(self, what: str) -> None:
        self.witness(what)

    def start(self) -> None:
        self.told.clear()
        self.journal = Journal(self.paper, self.clock.now)
        self.session = GlorySession(self.wire, self.clock, address="192.0.2.7", port=55561)
        book = Daybook(self.journal, self.papers)
        self.machine: GloryMachine = GloryMachine(plan(), book, self.clock, self.session, NUMBERS)

    def cut(self) -> None:
        """The host's power goes, and comes back: the wire and the machine have gone on meanwhile."""
        self.paper.power_cut()
        self.start()

    def cut_machine(self, seconds: float = 3.0) -> None:
        self.box.cut_power()
        self.pass_by(seconds)
        self.box.power_on()

    def offer(self, denomination: int) -> bool:
        return self.box.insert(denomination)

    def held(self) -> Change:
        return +self.box.held

    @property
    def outside(self) -> Change:
        return self.box.outside

    @property
    def account(self) -> Account:
        return self.journal.account

    @property
    def entries(self) -> Iterable[Entry]:
        return self.journal.entries

    @property
    def documents(self) -> Iterable[CashDocument]:
        return self.papers.published.values()

    def stock(self) -> Change:
        sums = told_as_unknown(self.account)
        sums.update(self.account.change_of_stock)
        return sums

    def unplug(self) -> None:
        self.wire.plugged = False

    def plug(self) -> None:
        self.wire.plugged = True

    def take_cassette(self) -> None:
        self.until(lambda: self.box.state == State.UNLOCKING)
        self.box.take_cassette()

    def put_cassette(self, holds: Change | None = None) -> None:
        self.box.put_cassette(holds)

    def asked(self, *names: str) -> int:
        """How often the machine was asked for these."""
        return sum(one.command.value in names for one in self.box.heard)
