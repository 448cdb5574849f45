"""What people and the power can do to a cash machine of any kind, as a table of words: a step of a scenario is one of
them, said as a script says it. Each kind of machine has a play of its own, with words of its own.

Failures: as `pace`; `Misuse` for a piece that there is not (rehearsal.no-denomination), where nothing is unknown
(scenario.nothing-unknown), and for a till that is on already (scenario.on).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from ...errors import Reason
from ..journal.entries import Command, Entry, Unsure, Verdict
from ..machine.documents import CashDocument
from ..machine.nouns import End
from ..nouns import Misuse, Pieces
from .currencies import amount, spelt
from .pace import REST, Pace, Refused, W
from .script import AMOUNT, SPAN, TIMES, Argument, Order, Outcome, Word, Words

WHO = "Anna"
"""The person who decides."""

DOOR = 2.0  # seconds until what was done by hand is seen


class Play(Pace[W], ABC):
    """One world, from its first fill on. `told`: a line for each step, and beneath it what the machine told then."""

    words: Words
    coins: Collection[int]
    notes: Collection[int]

    def __init__(self, world: W) -> None:
        super().__init__(world)
        self._begun = world.book.account.last
        self._papers = len(world.papers.published)
        self._receipts = 0

    def act(self, order: Order) -> None:
        """Carries one step out."""
        self.told.append(order.text)
        try:
            self.words[order.name].action(self, *order.values)
        except Refused as refusal:
            self._tell(f"refused: {refusal}")

    @property
    def entries(self) -> list[Entry]:
        """What the journal says since the first fill."""
        return [entry for entry in self.world.book.entries if entry.n > self._begun]

    @property
    def documents(self) -> list[CashDocument]:
        return list(self.world.papers.published.values())[self._papers :]

    # --- customers

    def coin(self, value: int, times: int) -> Outcome:
        _check(value, self.coins)
        return self._throw(value, times)

    def note(self, value: int) -> Outcome:
        _check(value, self.notes)
        return self._insert(value)

    # --- the till

    def sale(self, total: int) -> Outcome:
        self._receipts += 1
        return self._ask(lambda: self.world.machine.begin_deposit(total, f"receipt {self._receipts}"))

    def pause(self) -> Outcome:
        return self._ask_now(self.world.machine.pause_deposit)

    def resume(self) -> Outcome:
        return self._ask_now(lambda: self.world.machine.pause_deposit(paused=False))

    def end_change(self) -> Outcome:
        return self._ask_now(lambda: self.world.machine.end_deposit(End.CHANGE))

    def end_keep(self) -> Outcome:
        return self._ask_now(lambda: self.world.machine.end_deposit(End.NO_CHANGE))

    def end_repay(self) -> Outcome:
        return self._ask_now(lambda: self.world.machine.end_deposit(End.REPAY))

    def refund(self, total: int) -> Outcome:
        return self._ask(lambda: self.world.machine.dispense_change(total, "a return"))

    # --- staff

    def deposit(self) -> Outcome:
        return self._ask(lambda: self.world.machine.begin_deposit(0, "for change"))

    def withdraw(self, unit: str, total: int) -> Outcome:
        self._ask(lambda: self.world.machine.withdraw(unit, total, "for the main till"))
        return self._withdrawn(unit)

    def cassette_exchange(self) -> Outcome:
        return self._ask(lambda: self.world.machine.exchange_cassette("evening"))

    def cassette_keep(self) -> Outcome:
        return self._ask_now(self.world.machine.keep_cassette)

    def cassette_out(self) -> Outcome:
        self._take_cassette()
        return self._pass(DOOR)

    def cassette_in(self) -> Outcome:
        self._put_cassette()
        return self._pass(DOOR)

    def recover(self) -> Outcome:
        return self._ask_now(self.world.machine.recover)

    def resolve_moved(self) -> Outcome:
        unsure = self._unsure()
        told = (*unsure.outcome.taken, *unsure.outcome.paid, *unsure.outcome.removed)
        return self._resolve(unsure, _counts(unsure.intent.pieces) - _counts(told))

    def resolve_nothing(self) -> Outcome:
        return self._resolve(self._unsure(), Counter())

    # --- the power, and time

    def till_cut(self) -> Outcome:
        self._on()
        self.world, self._is_on = self.world.cut(), False
        return Outcome.DONE

    def till_back(self) -> Outcome:
        if self._is_on:
            raise Misuse(Reason("scenario.on"))
        self.world.start()
        self._is_on = True
        return self._wait_for(REST)

    def power_cut(self) -> Outcome:
        self.till_cut()
        self.world.cut_devices()
        return Outcome.DONE

    def power_back(self) -> Outcome:
        self.world.power_devices()
        return self.till_back()

    def wait(self, until: float | str) -> Outcome:
        return self._wait_for(until) if isinstance(until, str) else self._pass(until)

    # --- what each kind of machine has done to it in its own way

    @abstractmethod
    def _throw(self, value: int, times: int) -> Outcome:
        """Coins, at once."""

    @abstractmethod
    def _insert(self, value: int) -> Outcome:
        """A note."""

    @abstractmethod
    def _withdrawn(self, unit: str) -> Outcome:
        """The machine does what it was asked for: what a hand has to do besides."""

    @abstractmethod
    def _take_cassette(self) -> None: ...

    @abstractmethod
    def _put_cassette(self) -> None:
        """An empty one."""

    # --- underneath

    def _unsure(self) -> Unsure:
        """What has waited longest for a person."""
        unknown = self.world.book.account.unknown
        if not unknown:
            raise Misuse(Reason("scenario.nothing-unknown"))
        return unknown[0]

    def _resolve(self, unsure: Unsure, moved: Counter[int]) -> Outcome:
        pieces = tuple(Pieces(piece, count) for piece, count in sorted(moved.items()))
        resolve, of = self.world.book.resolve, unsure.intent.n
        verdict = Verdict.COMMITTED if pieces else Verdict.RETURNED
        match unsure.intent.command:
            case Command.ACCEPT | Command.FILL | Command.DEPOSIT:
                return self._ask_now(lambda: resolve(of, verdict, WHO, taken=pieces))
            case Command.REMOVE:
                return self._ask_now(lambda: resolve(of, verdict, WHO, removed=pieces))
        return self._ask_now(lambda: resolve(of, verdict, WHO, paid=pieces))


def _check(value: int, known: Iterable[int]) -> None:
    """Raises Misuse for a piece that nobody has."""
    if value not in known:
        told = ", ".join(spelt(one) for one in known if one)
        raise Misuse(Reason("rehearsal.no-denomination", amount=spelt(value), known=told))


def _counts(pieces: Iterable[Pieces]) -> Counter[int]:
    return Counter({each.denomination: each.count for each in pieces})


UNIT = Argument("UNIT", str)
COUNT = Argument("COUNT", int)
UP_TO = Argument("[AMOUNT]", amount, 0)


def words(moments: Iterable[str], more: Words) -> Words:
    """Those of every kind, with `more` that one kind has; `moments` are what can be waited for there."""
    known = tuple(moments)

    def moment(text: str) -> Any:
        return text if text in known else SPAN.read(text)

    until = Argument("|".join(("TIME", *known)), moment)
    return {
        "sale": Word((AMOUNT,), "the till begins a sale of so much", Play.sale),
        "coin": Word((AMOUNT, TIMES), "a customer throws coins in, a handful at once", Play.coin),
        "note": Word((AMOUNT,), "a customer puts a note in", Play.note),
        "pause": Word((), "the till takes nothing for now", Play.pause),
        "resume": Word((), "it takes cash again", Play.resume),
        "end change": Word((), "the till ends the deposit: the sale is kept, the rest given", Play.end_change),
        "end keep": Word((), "the till ends the deposit: all is kept", Play.end_keep),
        "end repay": Word((), "the till ends the deposit: all is given back", Play.end_repay),
        "refund": Word((AMOUNT,), "the till gives cash out without a sale", Play.refund),
        "deposit": Word((), "staff begins to put cash in", Play.deposit),
        "withdraw": Word((UNIT, UP_TO), "staff takes cash out of a unit", Play.withdraw),
        "cassette exchange": Word((), "staff asks for the cassette", Play.cassette_exchange),
        "cassette keep": Word((), "staff leaves it where it is after all", Play.cassette_keep),
        "cassette out": Word((), "staff takes the cassette out, asked or not", Play.cassette_out),
        "cassette in": Word((), "staff puts an empty cassette in", Play.cassette_in),
        "recover": Word((), "staff says that what was wrong is put right", Play.recover),
        "resolve moved": Word((), f"{WHO} decides what was unknown: it has moved", Play.resolve_moved),
        "resolve nothing": Word((), f"{WHO} decides what was unknown: nothing has moved", Play.resolve_nothing),
        "till cut": Word((), "the till's power goes; the devices have their own", Play.till_cut),
        "till back": Word((), "the till starts again", Play.till_back),
        "power cut": Word((), "all power goes, of till and devices", Play.power_cut),
        "power back": Word((), "all power comes back", Play.power_back),
        "wait": Word((until,), "nothing is done until then: 2s, or a moment", Play.wait),
        **more,
    }
