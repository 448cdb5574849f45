"""A cash machine on a bench: what customers, staff and the power do to it, whatever it is made of.

A kind of machine joins `tests/devices/machine/test_contract.py` with a bench of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from tillpost.devices.journal.account import Account
from tillpost.devices.journal.entries import Command, Entry
from tillpost.devices.lines.simlink import SimClock
from tillpost.devices.machine.documents import CashDocument
from tillpost.devices.machine.nouns import End, Ended, Moved, Notice, Phase
from tillpost.devices.machine.promises import CashMachine
from tillpost.devices.nouns import Misuse, Pieces

Change = Counter[int]


class Bench(ABC):
    """Coins of 1, 2, 5 and 10 roubles and notes of 50, 100 and 500 are taken; kopecks are not. There is change for any
    of them, and something in the mixer and the cassette."""

    clock: SimClock
    machine: CashMachine
    hopper: str  # the unit of one denomination of coins
    drum: str  # the same of notes; "" = there is none
    mixer: str
    cassette: str
    patience = 600.0  # seconds

    def __init__(self) -> None:
        self.told: list[Notice] = []

    # --- what each kind does in its own way

    @abstractmethod
    def start(self) -> None:
        """The till starts: nothing is known but what is on the disk."""

    @abstractmethod
    def offer(self, denomination: int) -> bool:
        """A customer puts in one piece; whether it was drawn in."""

    @abstractmethod
    def held(self) -> Change:
        """What really is in the machine."""

    @property
    @abstractmethod
    def outside(self) -> Change:
        """What came out of it since it was set up."""

    @property
    @abstractmethod
    def account(self) -> Account: ...

    @property
    @abstractmethod
    def entries(self) -> Iterable[Entry]: ...

    @property
    @abstractmethod
    def documents(self) -> Iterable[CashDocument]: ...

    @abstractmethod
    def stock(self) -> Change:
        """What the journal says is in the machine, what it tells as unknown among it."""

    @abstractmethod
    def unplug(self) -> None: ...

    @abstractmethod
    def plug(self) -> None: ...

    @abstractmethod
    def take_cassette(self) -> None:
        """Staff, once it is unlocked."""

    @abstractmethod
    def put_cassette(self, holds: Change | None = None) -> None: ...

    # --- what all do alike

    @property
    def phase(self) -> Phase:
        return self.machine.status.phase

    def until(self, done: Callable[[], bool], seconds: float = 0.0) -> None:
        """At most so long, or for the bench's patience."""
        end = self.clock.monotonic() + (seconds or self.patience)
        while not done():
            assert self.clock.monotonic() < end, (self.phase, self.told[-5:])
            self.told += self.machine.poll()

    def pass_by(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        self.until(lambda: self.clock.monotonic() >= end)

    def at(self, phase: Phase) -> None:
        self.until(lambda: self.phase is phase)

    def idle(self) -> None:
        """At rest, and nothing is left to be looked at."""
        self.at(Phase.IDLE)
        self.pass_by(3.0)
        self.at(Phase.IDLE)

    def insert(self, *denominations: int) -> None:
        for one in denominations:
            self.until(lambda one=one: self.offer(one))  # type: ignore[misc]
            self.pass_by(2.0)

    def end(self, end: End) -> Ended:
        """Ends the deposit; how that came out."""
        number = self.account.active
        self.machine.end_deposit(end)
        return self.ended(number)

    def ended(self, number: int) -> Ended:
        self.until(lambda: any(one.number == number for one in self.all_ended))
        self.idle()
        (found,) = [one for one in self.all_ended if one.number == number]
        return found

    @property
    def all_ended(self) -> list[Ended]:
        return [one for one in self.told if isinstance(one, Ended)]

    @property
    def phases(self) -> list[Phase]:
        return [one.phase for one in self.told if isinstance(one, Moved)]

    def adds_up(self) -> None:
        """The law: what is in the machine is what the journal says, and the documents come to the same."""
        assert self.held() == +self.stock()
        if not self.account.open:
            assert documented(self.documents) == self.account.change_of_stock


def documented(documents: Iterable[CashDocument]) -> dict[int, int]:
    """The change of stock that documents tell."""
    sums: Change = Counter()
    for document in documents:
        for pieces, sign in ((document.deposited + document.taken, 1), (document.given + document.removed, -1)):
            for each in pieces:
                sums[each.denomination] += sign * each.count
    return {denomination: count for denomination, count in sorted(sums.items()) if count}


def told_as_unknown(account: Account) -> Change:
    """How many pieces more than the account says may be there; fewer are below 0."""
    sums: Change = Counter()
    for unsure in account.unknown:
        sign = {Command.FILL: 1, Command.ACCEPT: 1}.get(unsure.intent.command, -1)
        for each in unsure.intent.pieces:
            sums[each.denomination] += sign * each.count
    return sums


def counter(pieces: Iterable[Pieces]) -> Change:
    return Counter({each.denomination: each.count for each in pieces})


def amount(pieces: Iterable[Pieces]) -> int:
    return sum(each.amount for each in pieces)


def refused(act: Callable[[], object]) -> str:
    """The code of the refusal, which people can read."""
    with pytest.raises(Misuse) as caught:
        act()
    assert caught.value.reason.text("ru")
    return caught.value.reason.code
