"""A small world around a composite machine: a customer, staff, the devices with what is really in them, and the power.

The machine, its journal and its documents are the real ones; its lines, its devices, its paper and the time are
simulated, so a day passes in the time it takes to compute. `truth` is where the cash really is, whatever the journal
believes; `explains` says whether the two agree up to what is told as unknown.

Failures: as the machine's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import copy, deepcopy

from ..ccnet.frames import Command as Said
from ..ccnet.frames import command
from ..ccnet.simulated import ROUBLES, SimValidator
from ..cctalk.bus import Bus
from ..cctalk.frames import Header
from ..cctalk.simulated import SimBus, SimCoinAcceptor, SimHopper
from ..journal.account import Account
from ..journal.entries import Command
from ..journal.journal import Journal
from ..journal.simpaper import MemoryPaper
from ..lines.simlink import SimClock, SimLink, SimulatedDevice
from ..machine.assembling import ccnet_notes, cctalk_coins, cctalk_hoppers
from ..machine.composite import Composite
from ..machine.daybook import Daybook
from ..machine.documents import MemoryDocuments
from ..machine.nouns import Ended, Notice, Phase
from ..machine.plan import Plan
from ..money.blocking import Rule, Terms
from ..money.units import Unit, UnitKind
from ..nouns import Pieces

COINS = {100: "RU100A", 200: "RU200A", 500: "RU500A", 1000: "RU1K0A"}
NOTES = tuple(value * 10**exponent * 100 for value, exponent in ROUBLES)  # by bill type
HOPPERS = {"ten": (1000, 3), "five": (500, 4), "one": (100, 5)}  # unit: its coin, and its address
FIRST_FILL = {"ten": 60, "five": 20, "one": 40}
"""Coins that staff has put into each hopper."""

HEADER = 3  # where a ccTalk frame says what it wants
UNSEEN = 5  # coins of each kind that an acceptor may let in between two looks
ROOM = 1 << 12  # bytes that the journal keeps free: enough for one sale
MUMBLED = 6  # an error of the acceptor that is nobody's money


def roubles(rule: Rule = Rule.EXACT) -> Plan:
    """A till that takes notes up to 500 and gives change in coins."""
    hoppers = [
        Unit(unit, UnitKind.HOPPER, denomination, capacity=500) for unit, (denomination, _) in HOPPERS.items()
    ]
    return Plan(
        terms=Terms(accepted=(100, 200, 500, 1000, 5_000, 10_000, 50_000), step=100, rule=rule),
        units=(*hoppers, Unit("mixer", UnitKind.MIXER, capacity=300), Unit("box", UnitKind.CASSETTE, capacity=400)),
        sorter=(("1", "ten"), ("2", "five"), ("3", "one")),
    )


class Slowly:
    """`simlink.SimulatedDevice` that hears a decisive command byte by byte. `witness` is called between two bytes."""

    def __init__(
        self, device: SimulatedDevice, decisive: Callable[[bytes], bool], witness: Callable[[str], None]
    ) -> None:
        self._device, self._decisive, self._witness = device, decisive, witness

    def hear(self, data: bytes, now: float) -> bytes:
        if not self._decisive(data):
            return self._device.hear(data, now)
        answer = b""
        for at in range(len(data)):
            answer += self._device.hear(data[at : at + 1], now)
            self._witness("byte")
        return answer

    def line_held(self, seconds: float, now: float) -> None:
        self._device.line_held(seconds, now)


def stacks(data: bytes) -> bool:
    return data == command(Said.STACK)


def pays_out(data: bytes) -> bool:
    return data[HEADER : HEADER + 1] == bytes([Header.DISPENSE])


class World:
    """`witness` is called at each step at which the power may go: before and after what is said on a line, after each
    byte of what moves money, and before each write of the journal."""

    def __init__(self, plan: Plan | None = None, *, fill: dict[str, int] | None = None) -> None:
        self.plan = plan or roubles()
        self.clock = SimClock()
        self.validator = SimValidator(self.clock)
        self.acceptor = SimCoinAcceptor(list(COINS.values()))
        filled = FIRST_FILL if fill is None else fill
        self.hoppers = {
            unit: SimHopper(filled.get(unit, 0), address=address, serial=345600 + address)
            for unit, (_, address) in HOPPERS.items()
        }
        self.acceptor.fail(MUMBLED)  # so that a reset shows, as in any acceptor that has heard a coin
        self.bus = SimBus([self.acceptor, *self.hoppers.values()])
        self.mixer: Counter[int] = Counter()
        self.taken_out: Counter[int] = Counter()  # by staff
        self.paper = MemoryPaper()
        self.papers = MemoryDocuments()
        self.witness: Callable[[str], None] = lambda _what: None
        self.start()
        self._set_up(filled)

    def start(self) -> None:
        """The till starts: its machine knows what the journal says, and no more."""
        self.notices: list[Notice] = []
        self.notes_line = SimLink(
            self.clock, Slowly(self.validator, stacks, self._step), witness=self._step
        )
        self.coins_line = SimLink(self.clock, Slowly(self.bus, pays_out, self._step), witness=self._step)
        self.paper.interrupt = self._step
        self.journal = Journal(self.paper, self.clock.now, room=ROOM)
        self.book = Daybook(self.journal, self.papers)
        bus = Bus(self.coins_line, self.clock)
        self.machine = Composite(
            self.plan,
            self.book,
            self.clock,
            notes=ccnet_notes(self.notes_line, self.clock, self.book, self.plan),
            coins=cctalk_coins(bus, self.book, country="RU"),
            hoppers=cctalk_hoppers(bus, self.plan, {unit: address for unit, (_, address) in HOPPERS.items()}),
        )

    def _step(self, what: str) -> None:
        self.witness(what)

    def _set_up(self, filled: dict[str, int]) -> None:
        """Staff tells what it has put into the hoppers."""
        self.until(lambda: self.machine.phase is Phase.IDLE)
        for unit, count in filled.items():
            if count:
                self.machine.adjust_cash_counts(unit, [Pieces(HOPPERS[unit][0], count)], "first fill")

    # --- the power

    def cut(self, kept: int = 0) -> World:
        """Another world, in which the till's power has just gone: of what its disk had not synced, the first `kept`
        bytes are there. The devices go on; `start` brings the till back."""
        other = copy(self)
        other.witness = lambda _what: None
        self.paper.interrupt = lambda _step: None
        kept_on = ("clock", "validator", "acceptor", "hoppers", "bus", "mixer", "taken_out", "paper", "papers")
        vars(other).update(deepcopy({name: vars(self)[name] for name in kept_on}))
        self.paper.interrupt = self._step
        other.paper.power_cut(kept)
        return other

    def cut_devices(self) -> None:
        """Theirs goes, too."""
        self.validator.cut_power()
        for device in (self.acceptor, *self.hoppers.values()):
            device.cut_power()

    def power_devices(self) -> None:
        self.validator.power_on()
        for device in (self.acceptor, *self.hoppers.values()):
            device.restore_power()

    # --- what people do

    def note(self, denomination: int) -> bool:
        """A customer puts a note in; whether it was drawn in."""
        if self.validator.note is not None:
            return False
        return self.validator.insert(NOTES.index(denomination))

    def coin(self, denomination: int, *, is_late: bool = False) -> bool:
        """A customer throws a coin in; whether it stayed in. `is_late`: it was past the gate when that was shut."""
        unit = next((unit for unit, (piece, _) in HOPPERS.items() if piece == denomination), None)
        path = list(HOPPERS).index(unit) + 1 if unit else 8
        position = list(COINS).index(denomination) + 1
        if is_late:
            self.acceptor.let_in(position, path)
        elif not self.acceptor.insert(position, path):
            return False
        if unit:
            self.hoppers[unit].stock += 1
        else:
            self.mixer[denomination] += 1
        return True

    def take_cassette(self) -> Counter[int]:
        gone = Counter(NOTES[kind] for kind in self.validator.take_cassette())
        self.taken_out += gone
        return gone

    # --- time

    def poll(self, times: int = 1) -> list[Notice]:
        told: list[Notice] = []
        for _ in range(times):
            told += self.machine.poll()
        self.notices += told
        return told

    def until(self, is_so: Callable[[], bool], rounds: int = 4000) -> None:
        """Polls until it is so. Raises TimeoutError."""
        for _ in range(rounds):
            if is_so():
                return
            self.poll()
        if not is_so():
            raise TimeoutError(self.machine.phase)

    def ended(self, number: int) -> Ended | None:
        """How operation `number` ended."""
        return next((each for each in self.notices if isinstance(each, Ended) and each.number == number), None)

    # --- the truth

    @property
    def held(self) -> dict[str, Counter[int]]:
        """What is in each unit, a note in the validator's path not counted."""
        coins = {unit: Counter({piece: self.hoppers[unit].stock}) for unit, (piece, _) in HOPPERS.items()}
        notes = Counter(NOTES[kind] for kind in self.validator.cassette)
        return {**coins, "mixer": self.mixer, "box": notes}

    @property
    def truth(self) -> Counter[int]:
        """All that is in the machine."""
        everywhere: Counter[int] = Counter()
        for held in self.held.values():
            everywhere.update(held)
        return everywhere

    def differences(self) -> dict[str, Counter[int]]:
        """By unit and denomination, what is really there more (or less) than the journal says."""
        return {unit: self._more(unit, held) for unit, held in self.held.items()}

    def difference(self) -> Counter[int]:
        """Of all units together."""
        more: Counter[int] = Counter()
        for each in self.differences().values():
            more.update(each)
        return Counter({piece: count for piece, count in more.items() if count})

    def _more(self, unit: str, held: Counter[int]) -> Counter[int]:
        more = Counter(held)
        more.subtract({each.denomination: each.count for each in self.journal.account.stock(unit)})
        return Counter({piece: count for piece, count in more.items() if count})


def explains(account: Account, difference: Counter[int], unit: str = "") -> bool:
    """Whether unknown entries cover a difference (of `unit`, or of all): each piece too many may have come in by one,
    each piece too few may have gone out by one."""
    may_be_in: Counter[int] = Counter()
    may_be_out: Counter[int] = Counter()
    for unsure in account.unknown:
        if unit not in ("", unsure.intent.unit) and unsure.intent.pieces:
            continue
        if not unsure.intent.pieces:
            may_be_in.update(dict.fromkeys(COINS, UNSEEN))  # nobody saw what came in
        into = may_be_in if unsure.intent.command is Command.ACCEPT else may_be_out
        for pieces in unsure.intent.pieces:
            into[pieces.denomination] += pieces.count
        for pieces in (*unsure.outcome.paid, *unsure.outcome.removed):
            into[pieces.denomination] -= pieces.count
    return all(-may_be_out[piece] <= count <= may_be_in[piece] for piece, count in difference.items())
