"""What people, devices and the power can do to the composite machine of a `World`, as a table of words: a step of a
scenario is one of them, said as a script says it.

Failures: as `pace`; `Misuse` for what there is not: a unit (machine.no-unit), a piece (rehearsal.no-denomination),
something unknown (scenario.nothing-unknown), and for a till that is on already (scenario.on).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...errors import Reason
from ..journal.entries import Command, Entry, Unsure, Verdict
from ..machine.documents import CashDocument
from ..machine.nouns import End
from ..machine.plan import Plan
from ..money.units import UnitKind
from ..nouns import Misuse, Pieces, Standing
from .currencies import amount, spelt
from .pace import MOMENTS, REST, Pace, Refused
from .script import AMOUNT, SPAN, TIMES, Argument, Order, Outcome, Word, Words
from .world import COINS, HOPPERS, NOTES

WHO = "Anna"
"""The person who decides."""

SEEN = 1.0  # seconds until a coin that was thrown in is seen
DOOR = 2.0  # until what was done by hand is seen


class Play(Pace):
    """One world, from its first fill on. `told`: a line for each step, and beneath it what the machine told then."""

    def __init__(self, plan: Plan, fill: dict[str, int]) -> None:
        super().__init__(plan, fill)
        self._begun = self.world.journal.account.last
        self._papers = len(self.world.papers.published)
        self._receipts = 0

    def act(self, order: Order) -> None:
        """Carries one step out."""
        self.told.append(order.text)
        try:
            WORDS[order.name].action(self, *order.values)
        except Refused as refusal:
            self._tell(f"refused: {refusal}")

    @property
    def entries(self) -> list[Entry]:
        """What the journal says since the first fill."""
        return [entry for entry in self.world.journal.entries if entry.n > self._begun]

    @property
    def documents(self) -> list[CashDocument]:
        return list(self.world.papers.published.values())[self._papers :]

    # --- customers

    def coin(self, value: int, times: int) -> Outcome:
        _check(value, COINS)
        self._wait_until_ready(lambda: self.world.acceptor.accepting)
        through = sum(not self.world.coin(value) for _ in range(times))
        if through:
            self._tell(f"{through} x {spelt(value)} falls through")
        return self._pass(SEEN)

    def note(self, value: int) -> Outcome:
        _check(value, NOTES)
        self._wait_until_ready(lambda: self.world.machine.status.standings["notes"] is Standing.ACCEPTING)
        if not self.world.note(value):
            self._tell(f"{spelt(value)} is not drawn in")
        return Outcome.DONE

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
        """A mixer is emptied by the hand that asks for it."""
        outcome = self._ask(lambda: self.world.machine.withdraw(unit, total, "for the main till"))
        if self.world.plan.unit(unit).kind is UnitKind.MIXER:
            self.world.taken_out += self.world.mixer
            self.world.mixer.clear()
        return outcome

    def fill(self, unit: str, count: int) -> Outcome:
        self.world.hoppers[_hopper(unit)].stock += count
        return Outcome.DONE

    def count(self, unit: str, count: int) -> Outcome:
        piece, _ = HOPPERS[_hopper(unit)]
        return self._ask(lambda: self.world.machine.adjust_cash_counts(unit, [Pieces(piece, count)], "counted"))

    def cassette_exchange(self) -> Outcome:
        return self._ask(lambda: self.world.machine.exchange_cassette("evening"))

    def cassette_keep(self) -> Outcome:
        return self._ask_now(self.world.machine.keep_cassette)

    def cassette_out(self) -> Outcome:
        self.world.take_cassette()
        return self._pass(DOOR)

    def cassette_in(self) -> Outcome:
        self.world.validator.put_cassette()
        return self._pass(DOOR)

    def cassette_empty(self) -> Outcome:
        return self._ask_now(lambda: self.world.machine.cassette_is_empty(WHO))

    def recover(self) -> Outcome:
        return self._ask_now(self.world.machine.recover)

    def resolve_moved(self) -> Outcome:
        unsure = self._unsure()
        told = (*unsure.outcome.taken, *unsure.outcome.paid, *unsure.outcome.removed)
        return self._resolve(unsure, _counts(unsure.intent.pieces) - _counts(told))

    def resolve_found(self, value: int, times: int) -> Outcome:
        return self._resolve(self._unsure(), Counter({value: times}))

    def resolve_nothing(self) -> Outcome:
        return self._resolve(self._unsure(), Counter())

    # --- troubles

    def jam(self, unit: str) -> Outcome:
        self.world.hoppers[_hopper(unit)].jammed = True
        return Outcome.DONE

    def jam_notes(self) -> Outcome:
        self.world.validator.jam()
        return self._pass(SEEN)

    def clear(self, unit: str) -> Outcome:
        self.world.hoppers[_hopper(unit)].jammed = False
        return Outcome.DONE

    def clear_notes(self) -> Outcome:
        self.world.validator.clear()
        return self._pass(DOOR)

    def lack(self, unit: str, count: int) -> Outcome:
        hopper = self.world.hoppers[_hopper(unit)]
        hopper.stock = max(0, hopper.stock - count)
        return Outcome.DONE

    def unplug_notes(self) -> Outcome:
        self.world.notes_line.unplug()
        return self._pass(DOOR)

    def unplug_coins(self) -> Outcome:
        self.world.coins_line.unplug()
        return self._pass(DOOR)

    def plug(self) -> Outcome:
        self.world.notes_line.plug()
        self.world.coins_line.plug()
        return self._pass(DOOR)

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

    # --- underneath

    def _unsure(self) -> Unsure:
        """What has waited longest for a person."""
        unknown = self.world.journal.account.unknown
        if not unknown:
            raise Misuse(Reason("scenario.nothing-unknown"))
        return unknown[0]

    def _resolve(self, unsure: Unsure, moved: Counter[int]) -> Outcome:
        pieces = tuple(Pieces(piece, count) for piece, count in sorted(moved.items()))
        resolve, of = self.world.book.resolve, unsure.intent.n
        verdict = Verdict.COMMITTED if pieces else Verdict.RETURNED
        match unsure.intent.command:
            case Command.ACCEPT:
                return self._ask_now(lambda: resolve(of, verdict, WHO, taken=pieces))
            case Command.REMOVE:
                return self._ask_now(lambda: resolve(of, verdict, WHO, removed=pieces))
        return self._ask_now(lambda: resolve(of, verdict, WHO, paid=pieces))


def _check(value: int, known: Iterable[int]) -> None:
    if value not in known:
        told = ", ".join(spelt(one) for one in known if one)
        raise Misuse(Reason("rehearsal.no-denomination", amount=spelt(value), known=told))


def _hopper(unit: str) -> str:
    if unit not in HOPPERS:
        raise Misuse(Reason("machine.no-unit", unit=unit, units=", ".join(HOPPERS)))
    return unit


def _counts(pieces: Iterable[Pieces]) -> Counter[int]:
    return Counter({each.denomination: each.count for each in pieces})


def _moment(text: str) -> object:
    return text if text in MOMENTS else SPAN.read(text)


UNIT = Argument("UNIT", str)
COUNT = Argument("COUNT", int)
UP_TO = Argument("[AMOUNT]", amount, 0)
MOMENT = Argument(f"TIME|{'|'.join(MOMENTS)}", _moment)

WORDS: Words = {
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
    "fill": Word((UNIT, COUNT), "staff pours coins into a hopper", Play.fill),
    "count": Word((UNIT, COUNT), "staff says what a hopper holds", Play.count),
    "cassette exchange": Word((), "staff asks for the cassette", Play.cassette_exchange),
    "cassette keep": Word((), "staff leaves it where it is after all", Play.cassette_keep),
    "cassette out": Word((), "staff takes the cassette out, asked or not", Play.cassette_out),
    "cassette in": Word((), "staff puts an empty cassette in", Play.cassette_in),
    "cassette empty": Word((), f"{WHO} says that it is empty", Play.cassette_empty),
    "recover": Word((), "staff says that what was wrong is put right", Play.recover),
    "resolve moved": Word((), f"{WHO} decides what was unknown: it has moved", Play.resolve_moved),
    "resolve nothing": Word((), f"{WHO} decides what was unknown: nothing has moved", Play.resolve_nothing),
    "resolve found": Word((AMOUNT, TIMES), f"{WHO} has counted what came in unseen", Play.resolve_found),
    "jam": Word((UNIT,), "a coin is stuck in a hopper", Play.jam),
    "jam notes": Word((), "a note is stuck in the validator", Play.jam_notes),
    "clear": Word((UNIT,), "the hopper's coin is freed", Play.clear),
    "clear notes": Word((), "the validator's note is taken out by hand", Play.clear_notes),
    "lack": Word((UNIT, COUNT), "a hopper holds so many fewer coins than anybody knows", Play.lack),
    "unplug notes": Word((), "the cable of the note validator is pulled out", Play.unplug_notes),
    "unplug coins": Word((), "the cable of coin acceptor and hoppers is pulled out", Play.unplug_coins),
    "plug": Word((), "all cables are in again", Play.plug),
    "till cut": Word((), "the till's power goes; the devices have their own", Play.till_cut),
    "till back": Word((), "the till starts again", Play.till_back),
    "power cut": Word((), "all power goes, of till and devices", Play.power_cut),
    "power back": Word((), "all power comes back", Play.power_back),
    "wait": Word((MOMENT,), "nothing is done until then: 2s, or a moment", Play.wait),
}
