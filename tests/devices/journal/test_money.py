"""The money adds up after any power cuts: a till that keeps the seven rules by this journal, against cash that is
really there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money_days import noon
from tillpost.devices.journal.account import CashIn
from tillpost.devices.journal.entries import Command, Intent, Verdict
from tillpost.devices.journal.journal import Journal
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.devices.nouns import Credited, Pieces

NOTE, COIN = 50000, 1000


class Cut(BaseException):
    """The power of the till goes; the cash, and what a device keeps in its own memory, stays."""


class Cash:
    """A validator and a hopper: what is really in them. `step` is called before and after each thing that happens."""

    def __init__(self, *, tells: bool = True) -> None:
        self.step: Callable[[str], None] = lambda step: None
        self.stock = Counter({COIN: 50})
        self.counter = 7
        self._tells = tells  # whether the hopper still knows of its last pay-out
        self._escrow = False
        self._credits: list[Credited] = []
        self._accepted = 0
        self._paid = 0

    def put_in_note(self) -> None:
        self._escrow = True

    def accept(self) -> None:
        self.step("accept")
        if self._escrow:
            self._escrow = False
            self.stock[NOTE] += 1
            self._accepted += 1
            self._credits.append(Credited(NOTE, ("notes", 1, self._accepted)))
        self.step("accepted")

    def give_back(self) -> None:
        self.step("give back")
        self._escrow = False

    def credits(self) -> list[Credited]:
        """What was not acknowledged is told again and again."""
        self.step("credits")
        return list(self._credits)

    def acknowledge(self, credited: Credited) -> None:
        self.step("acknowledge")
        self._credits.remove(credited)
        self.step("acknowledged")

    def dispense(self, count: int) -> int:
        self.step("dispense")
        self.counter += 1
        self._paid = min(count, 5)  # it never gets further than five
        self.stock[COIN] -= self._paid
        self.step("dispensed")
        return self._paid

    def outcome(self, counter: int) -> int | None:
        """How many were paid since; None where it cannot tell."""
        self.step("outcome")
        if counter == self.counter:
            return 0
        return self._paid if self._tells else None


def sale(journal: Journal, cash: Cash, change: int) -> None:
    deposit = journal.intend(Command.DEPOSIT)
    cash.put_in_note()
    accept = journal.intend(Command.ACCEPT)
    cash.accept()
    take_credits(journal, cash, accept.n)
    pay = journal.intend(Command.DISPENSE, pieces=[Pieces(COIN, change)], counter=cash.counter)
    paid = cash.dispense(change)
    journal.conclude(pay.n, Verdict.COMMITTED, paid=[Pieces(COIN, paid)])
    journal.conclude(deposit.n, Verdict.COMMITTED)


def take_credits(journal: Journal, cash: Cash, accept: int) -> None:
    for credited in cash.credits():
        journal.credit(credited, accept)
        cash.acknowledge(credited)


def recover(journal: Journal, cash: Cash) -> None:
    """What was open is compared with the devices, what is inside a cash-in before the cash-in."""
    accepts = [intent.n for intent in journal.account.open if intent.command is Command.ACCEPT]
    take_credits(journal, cash, accepts[0] if accepts else 0)
    for intent in reversed(journal.account.open):
        settle(journal, cash, intent)


def settle(journal: Journal, cash: Cash, intent: Intent) -> None:
    match intent.command:
        case Command.ACCEPT:  # no credit came of it: the note is still held
            cash.give_back()
            journal.conclude(intent.n, Verdict.RETURNED)
        case Command.DISPENSE:
            assert intent.counter is not None
            paid = cash.outcome(intent.counter)
            if paid is None:
                journal.conclude(intent.n, Verdict.UNKNOWN)
            else:
                verdict = Verdict.COMMITTED if paid else Verdict.RETURNED
                journal.conclude(intent.n, verdict, paid=[Pieces(COIN, paid)] if paid else ())
        case _:
            cash.give_back()
            journal.conclude(intent.n, Verdict.RESET)


class Power:
    """Goes at the so-manieth step of all, each time it is on."""

    def __init__(self, cuts: list[int]) -> None:
        self._cuts = cuts
        self._left = 0
        self.on()

    def on(self) -> None:
        self._left = self._cuts.pop(0) if self._cuts else 1_000_000

    def __call__(self, step: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise Cut


def day(cuts: list[int], kept: int, change: int, *, tells: bool) -> tuple[Journal, Cash]:
    """Two sales, with the power going again and again: what was under way is never begun anew, only settled."""
    paper, cash, power = MemoryPaper(), Cash(tells=tells), Power(list(cuts))
    paper.interrupt = cash.step = power
    sales = 0
    while True:
        try:
            journal = Journal(paper, noon, size=1200, room=800)
            recover(journal, cash)
            while sales < 2:
                sales += 1
                sale(journal, cash, change)
        except Cut:
            paper.power_cut(kept)
            power.on()
        else:
            paper.interrupt = lambda step: None
            return journal, cash


CUTS = st.lists(st.integers(0, 45), max_size=5)


@given(CUTS, st.integers(0, 400), st.integers(1, 8))
def test_stock_changes_by_exactly_what_the_journal_says(cuts: list[int], kept: int, change: int) -> None:
    journal, cash = day(cuts, kept, change, tells=True)
    assert journal.account.open == ()
    assert journal.account.unknown == ()
    assert Counter(journal.account.change_of_stock) == _changes(cash)


@given(CUTS, st.integers(0, 400), st.integers(1, 8))
def test_unknown_entries_cover_any_difference_and_a_person_closes_it(cuts: list[int], kept: int, change: int) -> None:
    journal, cash = day(cuts, kept, change, tells=False)
    told, real = journal.account.change_of_stock, _changes(cash)
    missing = told.get(COIN, 0) - real[COIN]
    unknown = journal.account.unknown
    assert told.get(NOTE, 0) == real[NOTE]
    assert 0 <= missing <= sum(pieces.count for unsure in unknown for pieces in unsure.intent.pieces)
    for unsure in unknown:
        found = min(missing, change)
        journal.resolve(unsure.intent.n, Verdict.COMMITTED, "Anna", paid=[Pieces(COIN, found)])
        missing -= found
    assert Counter(journal.account.change_of_stock) == real
    assert journal.account.unknown == ()


@pytest.mark.parametrize("at", range(50))
def test_one_cut_at_each_step_of_a_sale_settles_everything(at: int) -> None:
    journal, cash = day([at], 0, 3, tells=True)
    assert Counter(journal.account.change_of_stock) == _changes(cash)
    assert journal.account.cash_in in (CashIn.OK, CashIn.RESET)
    assert journal.account.taken in ((), (Pieces(NOTE, 1),), (Pieces(NOTE, 2),))


def _changes(cash: Cash) -> Counter[int]:
    change = Counter(cash.stock)
    change.subtract({COIN: 50})
    return Counter({denomination: count for denomination, count in change.items() if count})
