"""A cash machine behind one Glory controller: notes on drums and in a cassette, coins in hoppers and a mixer.

Here are its verbs; what happens by itself is in `gloryrounds`. The controller counts by itself, and keeps no history:
it is the journal that knows, and inventories tell where an answer does not come.

A pause has what is in escrow kept: from then on the same amount can come back, not the same pieces. Where the machine
refuses to end a deposit it says why (`Changed`), and waits to be told anew.

Failures: as `promises.CashMachine` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from ...errors import Reason
from ..glory.nouns import NOTES
from ..glory.states import State
from ..journal.entries import Command, Verdict
from ..money.blocking import Block
from ..money.change import make_change
from ..money.units import Unit, UnitKind, dispensable
from ..nouns import Misuse, Pieces, Unanswered
from .gloryjudging import counts_of
from .gloryrounds import GloryRounds
from .glorysettling import GIVEN_UP, MACHINE, sentence
from .glorystock import DIFFERS
from .nouns import End, Phase, Status, total
from .phases import Cause


class GloryMachine(GloryRounds):
    """`promises.CashMachine`."""

    @property
    def status(self) -> Status:
        return replace(super().status, deposited=self._deposited)

    # --- the promise: a deposit

    def begin_deposit(self, amount: int = 0, about: str = "") -> int:
        self._allowed("begin_deposit", Phase.IDLE)
        asked = self._payable(amount)
        self._unblocked(self._blocks_of(asked))
        self._at_rest("begin_deposit")
        self._end, self._code, self._paid_out = None, "", False
        intent = self._begin(Command.DEPOSIT, amount=asked, about=about)
        try:
            self._take_cash(intent.n)
        except Misuse as refusal:
            self._book.conclude(intent.n, Verdict.RETURNED, code=refusal.reason.code)
            raise
        self._go(Cause.BEGIN)
        return intent.n

    def pause_deposit(self, *, paused: bool = True) -> None:
        self._allowed("pause_deposit", Phase.DEPOSIT, Phase.PAUSED)
        self._go(Cause.PAUSE if paused else Cause.RESUME)

    def fix_deposit(self) -> None:
        self._allowed("fix_deposit", Phase.DEPOSIT, Phase.PAUSED, Phase.FIXING, Phase.FIXED)
        self._go(Cause.FIX)

    def end_deposit(self, end: End) -> None:
        self._allowed("end_deposit", Phase.DEPOSIT, Phase.PAUSED, Phase.FIXING, Phase.FIXED)
        if end is End.CHANGE:
            self._enough(self._deposited)
        part = self._part
        self._end, self._code, self._paid_out = end, "", False
        if end is End.REPAY and part and part.command is Command.CHANGE:
            with suppress(Misuse, Unanswered):  # too late: then the answer tells, and what was kept is paid out
                self._session.cancel(part.n)
        self._go(Cause.FIX)

    # --- giving out

    def dispense_change(self, amount: int, about: str = "") -> int:
        self._at_rest("dispense_change")
        change = make_change(amount, dispensable(self._units())) if amount > 0 else None
        if change is None:
            raise Misuse(Reason("machine.cannot-make", amount=self._spelt(amount)))
        return self._give(change, amount, about)

    def dispense_cash(self, pieces: Sequence[Pieces], about: str = "") -> int:
        self._at_rest("dispense_cash")
        if total(tuple(pieces)) <= 0:
            raise Misuse(Reason("machine.no-amount", amount=0))
        lacking = counts_of(pieces) - counts_of(dispensable(self._units()))
        for denomination, count in lacking.items():
            raise Misuse(Reason("blocking.not-there", denomination=denomination, count=count))
        return self._give(tuple(pieces), 0, about)

    # --- staff

    def adjust_cash_counts(self, unit: str, pieces: Sequence[Pieces], about: str = "") -> int:
        """The machine counts by itself: who says what is in it can only agree. All differences that wait for a person
        are accepted with that. Raises Misuse for other counts."""
        self._at_rest("adjust_cash_counts")
        self._plan.unit(unit)
        if +counts_of(pieces) != counts_of(self._stock.holds(unit)):
            raise Misuse(Reason("machine.counts-itself", unit=unit))
        intent = self._begin(Command.FILL, unit=unit, pieces=tuple(pieces), about=about)
        self._concluded(intent, ())
        for unsure in self._book.account.unknown:
            if unsure.outcome.code == DIFFERS:
                found, is_more = unsure.intent.pieces, unsure.intent.command is Command.FILL
                taken, removed = (found, ()) if is_more else ((), found)
                self._book.resolve(unsure.intent.n, Verdict.COMMITTED, MACHINE, about, taken=taken, removed=removed)
        return intent.n

    def withdraw(self, unit: str, amount: int = 0, about: str = "") -> int:
        self._at_rest("withdraw")
        match self._plan.unit(unit):
            case Unit(kind=UnitKind.MIXER):
                return self._empty_mixer(unit, amount, about)
            case Unit(kind=UnitKind.HOPPER | UnitKind.DRUM as kind, denomination=denomination):
                pieces = self._some_of(unit, denomination, amount, self._stock.holds(unit))
                act = self._take_out if kind is UnitKind.HOPPER else self._move
                return act(unit, (pieces,), about)
        raise Misuse(Reason("machine.cannot-withdraw", unit=unit))

    def exchange_cassette(self, about: str = "") -> int:
        self._allowed("exchange_cassette", Phase.IDLE)
        exchange = self._cassette()
        if awaited := exchange.awaited:  # the one that is in was not empty, or none is in
            self._unlock()
            return awaited.n
        self._at_rest("exchange_cassette")
        held = self._stock.holds(exchange.unit)
        number = exchange.begin(lambda _: self._begin(Command.REMOVE, unit=exchange.unit, pieces=held, about=about))
        try:
            self._unlock()
        except Misuse:
            exchange.keep()
            raise
        return number

    def keep_cassette(self) -> None:
        self._cassette().keep()
        with suppress(Misuse, Unanswered):
            self._session.lock(NOTES)

    def cassette_is_empty(self, by: str) -> None:
        exchange = self._cassette()
        if exchange.awaited is None:
            raise Misuse(Reason("machine.no-exchange", unit=exchange.unit))
        if self._session.state == State.UNLOCKING:  # it was put in while nobody listened
            with suppress(Unanswered):
                self._session.lock(NOTES)
        exchange.empty(by)

    def recover(self) -> None:
        with suppress(Unanswered):
            match self._session.state:
                case State.ERROR | State.WAITING_RECOVERY:
                    self._session.reset()
                case State.UNLOCKING:
                    self._session.lock(NOTES)
                case None:
                    self._give_up()

    def close(self) -> None:
        self._session.close()

    # --- underneath

    def _at_rest(self, verb: str) -> None:
        """Raises Misuse where the machine cannot begin anything."""
        self._allowed(verb, Phase.IDLE)
        state = self._session.state
        if state is None:
            raise Misuse(Reason("blocking.offline", unit=MACHINE))
        if state != State.IDLE:
            raise Misuse(Reason(sentence(state)))
        if self._stale and not self._compare(at_once=True):
            raise Misuse(Reason("machine.settling"))
        self._code = ""

    def _blocks_of(self, asked: int) -> tuple[Block, ...]:
        """Why a deposit is not to be begun. Staff may put in what customers lack for their change."""
        found = self._blocks(self._units(), self._standings())
        return tuple(block for block in found if asked or not block.denomination)

    def _give(self, pieces: tuple[Pieces, ...], amount: int, about: str) -> int:
        intent = self._begin(Command.PAYOUT, amount=amount, pieces=pieces, about=about)
        self._go(Cause.GIVE)
        self._send(intent, lambda: self._session.cashout(intent.n, pieces))
        return intent.n

    def _take_out(self, unit: str, pieces: tuple[Pieces, ...], about: str) -> int:
        intent = self._begin(Command.REMOVE, unit=unit, pieces=pieces, about=about)
        self._go(Cause.GIVE)
        self._send(intent, lambda: self._session.collect(intent.n, pieces, to_exit=True))
        return intent.n

    def _move(self, unit: str, pieces: tuple[Pieces, ...], about: str) -> int:
        """Notes go into the cassette: they stay in the machine."""
        cassette = self._cassette().unit
        before = self._stock.count(unit)
        intent = self._begin(Command.COLLECT, unit=unit, to=cassette, pieces=pieces, about=about, counter=before)
        self._go(Cause.MOVE)
        self._send(intent, lambda: self._session.collect(intent.n, pieces))
        return intent.n

    def _empty_mixer(self, unit: str, amount: int, about: str) -> int:
        if amount:
            raise Misuse(Reason("machine.only-whole", unit=unit))
        held = self._stock.holds(unit)
        if not held:
            raise Misuse(Reason("machine.not-that-many", unit=unit, count=0))
        intent = self._begin(Command.REMOVE, unit=unit, pieces=held, about=about)
        self._go(Cause.GIVE)
        self._send(intent, lambda: self._session.collect_mixer(intent.n))
        return intent.n

    def _unlock(self) -> None:
        """Raises Misuse. Where no answer comes, its state tells whether the door is open."""
        self._closed, self._stale = None, True
        if self._session.state != State.UNLOCKING:
            with suppress(Unanswered):
                self._session.unlock(NOTES)

    def _give_up(self) -> None:
        """Nobody wants to wait for the machine any longer: what is in doubt is unknown, until it is back."""
        is_starting, deposit = self._phase is Phase.STARTING, self._cash_in
        in_doubt = is_starting or self._round or bool(self._transactions)
        for intent in self._transactions:
            self._conclude_unknown(intent, GIVEN_UP)
        if deposit and in_doubt:
            self._finished(deposit, Verdict.UNKNOWN, code=GIVEN_UP)
        self._round = False
        self._escrow.clear()
        if is_starting:
            self._go(Cause.SETTLED)
        elif in_doubt:
            self._go(Cause.FIX, Cause.COUNTED, Cause.OVER)
