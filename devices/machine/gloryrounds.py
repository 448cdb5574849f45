"""What a machine behind a Glory controller does by itself: what the controller tells, then what follows from it.

While a sale is not ended, enough being in only shows: the controller cannot be told to take no more, and counts
whatever still comes.

    controller                                      phase
    2 starting, 3 waiting for cash, 4 counting      DEPOSIT; FIXING until nothing comes any more; FIXED
    10 calculating, 5 dispensing, 7 to be taken     CHANGE: it waits for the change to be taken
    9, 11 cancelling, 5, 7                          REPAY
    6 take back what was not taken, 24 a bad note   as before: a person first
    1 idle again                                    IDLE, and the journal is compared

Failures: as the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from ..glory import states
from ..glory.events import CassetteCounted, Incomplete, StockChanged, UnitTold
from ..glory.messages import gathered
from ..glory.nouns import NOTES, Finished, InState, SoFar
from ..glory.nouns import Told as Heard
from ..glory.session import GlorySession
from ..glory.states import STATES, UNKNOWN_STATE, State
from ..journal.entries import Command, Verdict
from ..money.units import is_pointless
from ..nouns import Form, Misuse, Pieces, Stood, Unanswered
from ..promises import Clock
from .daybook import Daybook
from .gloryending import GloryEnding
from .gloryjudging import counts_of, pieces_of
from .glorysettling import MACHINE
from .nouns import Changed, Counted, End, Notice, Phase, total
from .phases import Cause
from .plan import Plan

LOOK = 60.0  # seconds: so often an idle machine is asked what is in it
FOUND = "escrow"
"""What a deposit is about that nobody had begun."""

_OF_STATES = frozenset({"", *(code for _, code in STATES.values())})
_ESCROW = (State.WAITING_INSERTION, State.WAITING_DEPOSIT_END)
_GIVING = frozenset(
    {
        State.CALCULATING_CHANGE,
        State.CANCELLING_CHANGE,
        State.CANCELLING_DEPOSIT,
        State.DISPENSING,
        State.WAITING_CASH_OUT_REMOVAL,
    }
)


class GloryRounds(GloryEnding):
    def __init__(
        self,
        plan: Plan,
        book: Daybook,
        clock: Clock,
        session: GlorySession,
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        """`numbers`: the controller's number of each unit whose id is another."""
        super().__init__(plan, book, clock, session, numbers or {})
        self._closed: float | None = None  # since when the door is closed again
        self._asked_to_end = False

    @property
    def due(self) -> float:
        """Now: the session waits by itself for what the machine tells."""
        return self._clock.monotonic()

    def poll(self) -> list[Notice]:
        for told in self._session.poll():
            self._heard(told)
        self._publish_again()
        self._lock_again()
        if self._phase is Phase.STARTING:
            self._settle()
        else:
            self._follow()
        return self._told()

    # --- what the controller tells

    def _heard(self, told: Heard) -> None:
        match told:
            case InState():
                self._went_to(told)
            case Stood() if told.code not in _OF_STATES:
                self._stirred = True
                self._tell(Changed(MACHINE, told.standing, told.code))
            case SoFar():
                self._count(told.deposited)
            case Finished():
                self._finish(told)
            case Incomplete():
                self._escrow |= counts_of(gathered(line for cash in told.current for line in cash.lines))
            case CassetteCounted():
                self._cassette_counted(told)
            case UnitTold():
                self._stale = True
                self._closed = self._clock.monotonic() if told.what == "Closed" else None
            case StockChanged():
                self._stale = True

    def _went_to(self, told: InState) -> None:
        self._since = self._clock.monotonic()
        self._stirred = self._stirred or told.state != State.IDLE
        self._stale = self._stale or told.state == State.IDLE
        self._tell(Changed(MACHINE, STATES.get(told.state, UNKNOWN_STATE)[0], told.code))
        part = self._part
        if part is None or told.state not in _GIVING or self._phase is Phase.STARTING:
            return
        if part.command is Command.RETURN or (part.command is Command.CHANGE and self._end is End.REPAY):
            self._go(Cause.COUNTED, Cause.GIVE_BACK)
        elif part.command is Command.CHANGE:
            self._go(Cause.COUNTED, Cause.GIVE_CHANGE)

    def _count(self, deposited: tuple[Pieces, ...]) -> None:
        """For the eye: what is credited, the answer says."""
        self._since = self._clock.monotonic()
        more = counts_of(deposited)
        more.subtract(self._escrow)
        self._escrow = counts_of(deposited)
        so_far, units = total(self._deposited), self._units()
        for pieces in pieces_of(+more):
            pointless = all(is_pointless(units, pieces.denomination, form) for form in Form)
            self._tell(Counted(pieces, so_far, pointless, not self._book.account.active))
        if self._phase is Phase.DEPOSIT and 0 < self._wanted <= so_far:
            self._go(Cause.ENOUGH)

    def _finish(self, told: Finished) -> None:
        """The answer to what moves cash. What an inventory has settled before stays settled."""
        intent = next((each for each in self._transactions if each.n == told.transaction), None)
        if intent is None:
            return
        if told.verdict is states.Verdict.UNKNOWN:
            self._code, self._doubted = told.code, self._clock.monotonic()
        elif told.verdict in (states.Verdict.REFUSED, states.Verdict.NO_SESSION):
            self._refused(intent, told.code)
            self._cancel_unheard()
        else:
            self._code = told.code
            self._credit(told.credits(self._session.identity.serial))
            self._concluded(intent, told.dispensed, told.code)
            if intent.within and intent.command is not Command.DISPENSE:
                self._round_over()

    def _cassette_counted(self, told: CassetteCounted) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        if not told.inserted:
            exchange.out(gathered(told.lines))
            self._publish()
            return
        exchange.back()
        if exchange.awaited and not told.lines:
            exchange.empty(MACHINE)

    # --- what follows

    def _follow(self) -> None:
        if self._is_in_doubt and self._compare() and self._phase is Phase.DEPOSIT:
            self._go(Cause.PAUSE)  # the machine has ended it by itself: it takes nothing any more
        if self._part and self._is_still_taking:
            self._refused(self._part, self._code)
        match self._phase:
            case Phase.DEPOSIT if not self._round:
                self._take_again()
            case Phase.PAUSED if self._round:
                self._end_round(Command.ACCEPT)
            case Phase.FIXING | Phase.FIXED:
                self._fix()
            case Phase.CHANGE | Phase.REPAY | Phase.DISPENSE | Phase.COLLECT:
                self._go_on()
            case Phase.IDLE if self._session.state in _ESCROW and not self._session.awaited:
                self._give_found_back()
            case Phase.IDLE if self._session.state == State.IDLE:
                if self._stale or self._clock.monotonic() - self._asked >= LOOK:
                    self._compare()

    @property
    def _is_in_doubt(self) -> bool:
        """At rest, and nobody has said how what was under way has ended."""
        if self._session.awaited or self._session.state != State.IDLE:
            return False
        is_open = bool(self._transactions) or (self._round and self._stirred)
        return is_open and self._clock.monotonic() - self._doubted >= self._plan.settle

    @property
    def _is_still_taking(self) -> bool:
        """Nobody has said how the end of the deposit came out, and it never came: what is in is in escrow still."""
        waited = self._clock.monotonic() - max(self._since, self._doubted)
        is_asked = self._session.awaited or self._session.state not in _ESCROW
        return self._round and not is_asked and waited >= self._plan.patience

    def _lock_again(self) -> None:
        """Once the door is closed, and what the machine has to say of its cassette has had time to come."""
        now = self._clock.monotonic()
        if self._closed is None or self._session.state != State.UNLOCKING or now - self._closed < self._plan.settle:
            return
        self._closed = now
        with suppress(Misuse, Unanswered):
            self._session.lock(NOTES)
            self._closed = None

    # --- after a start

    def _settle(self) -> None:
        """Compares the journal with the machine; ends what it still takes cash for."""
        state = self._session.state
        if self._session.awaited:
            return
        if state == State.IDLE:
            if self._clock.monotonic() - self._doubted >= self._plan.settle and self._compare():
                self._settled()
        elif state in _ESCROW:
            self._settle_escrow()

    def _settle_escrow(self) -> None:
        """What is in escrow is kept, and the till says how its deposit ends."""
        deposit = self._cash_in
        if deposit is None:
            self._give_found_back()
        elif not self._asked_to_end:
            self._asked_to_end = True
            for part in self._transactions:
                if part.command is not Command.CHANGE:
                    self._book.conclude(part.n, Verdict.RETURNED, code="machine.never-began")
            self._ask_to_end(Command.ACCEPT, deposit)

    def _give_found_back(self) -> None:
        """The machine takes cash that no deposit is open for."""
        self._begin(Command.DEPOSIT, about=FOUND)
        self._round, self._end, self._code, self._paid_out = True, End.REPAY, "", False
        self._go(Cause.INTERRUPTED, Cause.BEGIN, Cause.FIX)

    def _cancel_unheard(self) -> None:
        """CASH REQUEST of an earlier session still stands: nothing but its cancellation ends it."""
        if self._phase is Phase.STARTING:
            for part in self._transactions:
                with suppress(Misuse, Unanswered):
                    self._session.cancel_change(part.n)

    def _settled(self) -> None:
        deposit = self._cash_in
        if deposit:
            given = total(self._book.given(deposit.n))
            kept = total(self._book.account.deposited) - given
            if self._is_unknown(deposit):
                self._finished(deposit, Verdict.UNKNOWN, code=self._code)
            elif not kept:
                self._finished(deposit, Verdict.RETURNED)
            elif given and kept == deposit.amount:
                self._finished(deposit, Verdict.COMMITTED)
        self._publish()
        self._go(Cause.INTERRUPTED if self._book.account.active else Cause.SETTLED)
