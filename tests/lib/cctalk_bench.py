"""A till's cash on one ccTalk bus: a simulated coin acceptor and hopper, and an owner who keeps a journal.

The journal outlives the owner: `Bench.restart` is a host that comes back after a power cut.
"""

from __future__ import annotations

from collections.abc import Callable

from tillpost.devices.cctalk.bus import Bus
from tillpost.devices.cctalk.coins import CoinAcceptor
from tillpost.devices.cctalk.frames import Check
from tillpost.devices.cctalk.hopper import Hopper
from tillpost.devices.cctalk.simulated import SimBus, SimCoinAcceptor, SimHopper
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import (
    NO_KEY,
    Credited,
    Happening,
    Key,
    Lost,
    Misuse,
    Paid,
    Pieces,
    Restarted,
    Standing,
    Stood,
    Unanswered,
)

IDS = ["EU005A", "EU010A", "EU020A", "EU050A", "EU100A", "EU200A"]
VALUES = (5, 10, 20, 50, 100, 200)


class PowerCut(Exception):
    """The host's."""


class Journal:
    """What survives the host."""

    def __init__(self) -> None:
        self.place: Key = NO_KEY
        self.credits: dict[Key, int] = {}
        self.told = 0  # credits, repeats too
        self.intent: tuple[int, int] | None = None  # counter and number of coins of a pay-out that is open
        self.paid: list[Paid] = []
        self.unknown = 0
        self.lost: list[Lost] = []
        self.restarts = 0

    def keep(self, place: Key) -> None:
        assert place >= self.place or place[0] != self.place[0]
        self.place = place


class Bench:
    def __init__(
        self,
        *,
        echo: bool = False,
        check: Check = Check.SUM,
        stock: int = 50,
        cipher: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.clock = SimClock()
        self.coins, self.box = SimCoinAcceptor(IDS), SimHopper(stock, cipher=cipher)
        self.stock, self._check, self._cipher = stock, check, cipher
        self.steps = 0
        self.at_step: dict[int, Callable[[], None]] = {}
        wire = SimBus([self.coins, self.box], check=check)
        self.link = SimLink(self.clock, wire, echo=echo, witness=self._witness)
        self.journal = Journal()
        self.stood: list[Stood] = []
        self.restart()

    def _witness(self, _what: str) -> None:
        self.steps += 1
        if act := self.at_step.pop(self.steps, None):
            act()

    def cut(self) -> None:
        raise PowerCut

    def restart(self) -> None:
        self.link.close()
        self.bus = Bus(self.link, self.clock, check=self._check)
        journal = self.journal
        self.acceptor = CoinAcceptor(self.bus, place=journal.place, remember=journal.keep)
        self.hopper = Hopper(self.bus, 20, cipher=self._cipher)

    # --- coins

    def poll(self, times: int = 1) -> list[Happening]:
        """Rounds with the coin acceptor, as an owner does them: each credit journalled, then acknowledged."""
        told: list[Happening] = []
        for _ in range(times):
            happenings = self.acceptor.poll()
            told += happenings
            for happening in happenings:
                match happening:
                    case Credited():
                        assert self.journal.credits.setdefault(happening.key, happening.denomination) == (
                            happening.denomination
                        )
                        self.journal.told += 1
                        self.acceptor.acknowledge(happening)
                    case Lost():
                        self.journal.lost.append(happening)
                    case Restarted():
                        self.journal.restarts += 1
                    case Stood():
                        self.stood.append(happening)
        return told

    def open(self) -> None:
        """A person has looked, where that was asked for."""
        self.acceptor.reset()
        self.acceptor.enable(VALUES)
        self.until(lambda: self.acceptor.standing is Standing.ACCEPTING)

    def until(self, is_so: Callable[[], bool], rounds: int = 60) -> None:
        for _ in range(rounds):
            if is_so():
                return
            self.poll()
        assert is_so(), self.stood

    @property
    def credited(self) -> int:
        return sum(self.journal.credits.values())

    @property
    def in_box(self) -> int:
        return sum(VALUES[position - 1] for position in self.coins.box)

    # --- the hopper

    def pay(self, number: int) -> Paid | None:
        """A pay-out as an owner does it. None = what became of it is unknown."""
        for _ in range(8):
            try:
                counter = self.hopper.counter()
                break
            except Unanswered:
                self.clock.sleep(0.3)
        else:
            return Paid((), (Pieces(20, number),))
        self.journal.intent = counter, number
        try:
            assert self.hopper.dispense([Pieces(20, number)]) == counter
        except Misuse:
            self.journal.intent = None
            return Paid((), (Pieces(20, number),))
        except Unanswered:
            return self.resolve()
        for _ in range(200):
            for happening in self.hopper.poll():
                match happening:
                    case Paid():
                        self._close(happening)
                        return happening
                    case Lost():
                        self._close(None)
                        return None
        raise AssertionError("a pay-out without an end")

    def resolve(self) -> Paid | None:
        """After a power cut, or a pay-out that was not answered."""
        if self.journal.intent is None:
            return Paid(())
        counter, number = self.journal.intent
        for _ in range(20):
            try:
                outcome = self.hopper.outcome(counter) or Paid((), (Pieces(20, number),))
            except Unanswered as trouble:
                if trouble.reason.code == "cctalk.outcome-unknown":
                    break
                self.clock.sleep(0.5)
            else:
                self._close(outcome)
                return outcome
        self._close(None)
        return None

    def _close(self, outcome: Paid | None) -> None:
        _, number = self.journal.intent or (0, 0)
        self.journal.intent = None
        if outcome is None:
            self.journal.unknown += number
        else:
            self.journal.paid.append(outcome)

    @property
    def told_out(self) -> int:
        """Coins that were told as paid out."""
        return sum(pieces.count for paid in self.journal.paid for pieces in paid.paid)

    def adds_up(self) -> bool:
        """Whether what has left the hopper is what was told, up to what is told as unknown."""
        self.settle()
        out = self.stock - self.box.stock
        return self.told_out <= out <= self.told_out + self.journal.unknown

    def settle(self) -> None:
        """Lets the hopper finish whatever it does."""
        for _ in range(40):
            self.clock.sleep(0.5)
            if self.box.powered:
                self.box.turn(self.clock.monotonic())
