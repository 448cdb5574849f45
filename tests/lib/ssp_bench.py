"""A simulated SMART Payout behind a session, and an owner who keeps a journal of pay-outs that outlives the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import Happening, Lost, Misuse, Paid, Pieces, Stood, Unanswered
from tillpost.devices.ssp.cipher import FIXED_KEY
from tillpost.devices.ssp.payout import SspPayout
from tillpost.devices.ssp.session import SspSession
from tillpost.devices.ssp.simpayout import SimSmartPayout

STOCK = {5_000: 10, 10_000: 8, 50_000: 5}


class PowerCut(Exception):
    """The host's power is gone."""


class Bench:
    """`open` is the pay-out whose outcome is not written down: its counter and pieces."""

    def __init__(self, *, version: int = 6) -> None:
        self.clock = SimClock()
        self.device = SimSmartPayout(self.clock, STOCK, version=version)
        self.steps = 0
        self.at_step: dict[int, Callable[[], None]] = {}
        self.link = SimLink(self.clock, self.device, witness=self._witness)
        self.open: tuple[int, Sequence[Pieces]] | None = None
        self.told: list[Paid] = []
        self.unknown = 0  # the value that a person is asked about
        self.happenings: list[Happening] = []
        self.restart()

    def _witness(self, what: str) -> None:
        if what == "read":
            return
        self.steps += 1
        if act := self.at_step.pop(self.steps, None):
            act()

    def cut(self) -> None:
        raise PowerCut

    def cut_device(self) -> None:
        self.device.cut_power()
        self.device.power_on()

    def cut_both(self) -> None:
        self.cut_device()
        raise PowerCut

    def restart(self) -> None:
        self.link.close()
        self.session = SspSession(self.link, self.clock, key=FIXED_KEY)
        self.payout = SspPayout(self.session, self.clock)

    def turn(self) -> None:
        """One round with the device, as an owner does it."""
        self.happenings += self.session.poll()
        for one in self.payout.poll():
            self.happenings.append(one)
            match one:
                case Paid():
                    self._close(one)
                case Lost():
                    self._close(None)

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.turn()

    def begin(self, pieces: Sequence[Pieces]) -> None:
        """Journals a pay-out and sends it; where it is refused, nothing was."""
        for _ in range(30):
            try:
                self.open = self.payout.counter(), pieces
                break
            except (Unanswered, Misuse):
                self.turns(5)
        try:
            self.payout.dispense(pieces)
        except Misuse:
            self.open = None
        except Unanswered:
            self.resolve()

    def pay(self, pieces: Sequence[Pieces]) -> None:
        self.begin(pieces)
        for _ in range(400):
            if self.open is None:
                return
            self.turn()
        raise AssertionError("a pay-out without an end")

    def resolve(self) -> None:
        """After a power cut of the host, or a pay-out that was not answered."""
        if self.open is None:
            return
        counter, pieces = self.open
        for _ in range(20):
            try:
                self._close(self.payout.outcome(counter) or Paid((), tuple(pieces)))
            except Unanswered as trouble:
                if trouble.reason.code == "ssp.outcome-unknown":
                    break
                self.turns(5)
            else:
                return
        self._close(None)

    def _close(self, outcome: Paid | None) -> None:
        if self.open is None:
            return
        if outcome is None:
            self.unknown += sum(each.amount for each in self.open[1])
        else:
            self.told.append(outcome)
        self.open = None

    @property
    def paid_out(self) -> int:
        return sum(self.device.paid_out)

    @property
    def told_paid(self) -> int:
        return sum(each.amount for paid in self.told for each in paid.paid)

    @property
    def stood(self) -> list[Stood]:
        return [one for one in self.happenings if isinstance(one, Stood)]
