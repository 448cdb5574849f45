"""How a deposit at a Glory controller is begun and ended.

What is put in lies in escrow until the deposit is ended. With change, CASH REQUEST has the controller count what is
still on its way, keep the sale's amount and give the rest; repaid, the very pieces go back. What was kept before (a
pause, a power cut) is in escrow no longer: then change and repayment are paid out, the same amount in other pieces.
That is tried once; what does not come out is told as owed.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..glory import states
from ..glory.session import GlorySession
from ..glory.states import State, allowed
from ..journal.entries import Command, Intent, Verdict
from ..money.change import make_change, most_makeable
from ..money.units import dispensable
from ..nouns import Misuse, Pieces, Standing, Unanswered
from ..promises import Clock
from .daybook import Daybook
from .gloryjudging import counts_of, pieces_of
from .glorysettling import MACHINE, GlorySettling
from .nouns import Changed, End, Phase, total
from .phases import Cause
from .plan import Plan

_CALLED = {
    Command.CHANGE: states.Command.CHANGE,
    Command.RETURN: states.Command.CASHIN_CANCEL,
    Command.ACCEPT: states.Command.END_CASHIN,
}


class GloryEnding(GlorySettling):
    def __init__(
        self, plan: Plan, book: Daybook, clock: Clock, session: GlorySession, numbers: Mapping[str, int]
    ) -> None:
        super().__init__(plan, book, clock, session, numbers)
        self._end: End | None = None
        self._paid_out = False  # what the machine did not give by itself was tried
        self._stirred = False  # whether it has done anything since it was to take cash
        self._since = self._doubted = clock.monotonic()  # something was told, an outcome became doubtful

    @property
    def _deposited(self) -> tuple[Pieces, ...]:
        """In the open deposit, what is in escrow among it."""
        return pieces_of(counts_of(self._book.account.deposited) + self._escrow)

    @property
    def _part(self) -> Intent | None:
        """What the machine is doing for the open deposit."""
        return next((each for each in self._transactions if each.within), None)

    def _go(self, *causes: Cause) -> None:
        for cause in causes:
            self._fire(cause)

    # --- cash is taken

    def _take_cash(self, deposit: int) -> None:
        """Raises Misuse where the machine refuses."""
        self._round, self._stirred = True, False
        self._escrow.clear()
        try:
            self._session.start_cashin(deposit)
        except Unanswered:
            self._stirred, self._doubted = True, self._clock.monotonic()  # its state will tell whether it does
        except Misuse:
            self._round = False
            raise

    def _take_again(self) -> None:
        """After a pause, as soon as the machine is at rest."""
        if self._session.state != State.IDLE or self._transactions or self._cash_in is None:
            return
        try:
            self._take_cash(self._cash_in.n)
        except Misuse as refusal:
            self._tell(Changed(MACHINE, self._session.standing, refusal.reason.code))
            self._go(Cause.PAUSE)

    # --- the end of it

    def _fix(self) -> None:
        if not self._round:
            if not self._part:
                self._go(Cause.COUNTED)
            if self._end and not self._part:
                self._go(Cause.GIVE_BACK if self._end is End.REPAY else Cause.GIVE_CHANGE)
        elif self._end:
            self._end_round(self._ending(self._end))
        elif self._session.state == State.WAITING_INSERTION and self._has_settled:
            self._go(Cause.COUNTED)

    @property
    def _has_settled(self) -> bool:
        return self._clock.monotonic() - self._since >= self._plan.settle

    def _ending(self, end: End) -> Command:
        """By which command it ends: what is no longer in escrow only a pay-out can give."""
        if end is End.NO_CHANGE or self._book.account.deposited:
            return Command.ACCEPT
        return Command.CHANGE if end is End.CHANGE else Command.RETURN

    def _end_round(self, command: Command) -> None:
        """As soon as the machine can be told so."""
        is_free = not self._part and not self._session.awaited
        if self._cash_in and is_free and _CALLED[command] in allowed(self._session.state):
            self._ask_to_end(command, self._cash_in)

    def _ask_to_end(self, command: Command, deposit: Intent) -> None:
        known = () if command is Command.CHANGE else pieces_of(self._escrow)
        part = self._book.intend(command, within=deposit.n, device=MACHINE, unit="", pieces=known)
        match command:
            case Command.CHANGE:
                self._send(part, lambda: self._session.change_request(part.n, deposit.amount))
            case Command.RETURN:
                self._send(part, lambda: self._session.cancel(part.n))
            case _:
                self._send(part, lambda: self._session.end_cashin(part.n))

    def _round_over(self) -> None:
        self._round = False
        self._escrow.clear()
        for part in self._transactions:  # asked for by an earlier session, and not heard
            self._book.conclude(part.n, Verdict.RETURNED, code="machine.never-began")

    def _send(self, intent: Intent, act: Callable[[], None]) -> None:
        """What moves cash. Where asking for it raises, it was not begun: its outcome is told by `poll`."""
        try:
            act()
        except (Misuse, Unanswered) as trouble:
            self._refused(intent, trouble.reason.code)

    def _refused(self, intent: Intent, code: str) -> None:
        """Not begun: a deposit stays as it is, and whoever ended it has to say anew how."""
        self._book.conclude(intent.n, Verdict.RETURNED, unpaid=intent.pieces, code=code)
        self._code, self._stale = code, True
        if not intent.within:
            owed = total(intent.pieces) if intent.command is Command.PAYOUT else 0
            self._over(intent, Verdict.RETURNED, owed=owed, code=code)
            return
        self._tell(Changed(MACHINE, self._session.standing, code))
        if intent.command is not Command.DISPENSE:
            self._end = None
        if self._phase is Phase.PAUSED:
            self._go(Cause.RESUME)

    # --- what is still due

    def _go_on(self) -> None:
        operation = self._operation
        if operation is None:
            if self._session.standing not in (Standing.BUSY, Standing.ACCEPTING):
                self._go(Cause.OVER)
        elif operation.command is Command.DEPOSIT and not self._part:
            self._give_more(operation)

    def _give_more(self, deposit: Intent) -> None:
        """What is still due, or the end of it."""
        if self._is_unknown(deposit):
            self._finished(deposit, Verdict.UNKNOWN, code=self._code)
            return
        kept = total(self._book.account.deposited) - total(self._book.given(deposit.n))
        if self._end is End.CHANGE and kept < deposit.amount:
            self._end = End.REPAY  # the machine could not do it: what it has not given back itself is due
        due = {End.CHANGE: kept - deposit.amount, End.REPAY: kept}.get(self._end or End.NO_CHANGE, 0)
        if due > 0 and not self._paid_out:
            self._pay(due, deposit)
        else:
            verdict = Verdict.RETURNED if self._end is End.REPAY else Verdict.COMMITTED
            code = self._code or ("machine.gave-less" if due > 0 else "")
            self._finished(deposit, verdict, owed=max(due, 0), code=code)

    def _is_unknown(self, deposit: Intent) -> bool:
        return any(unsure.intent.within == deposit.n for unsure in self._book.account.unknown)

    def _pay(self, due: int, deposit: Intent) -> None:
        """As much of it as can be made, as soon as the machine is at rest."""
        if not self._compare():
            return
        self._paid_out = True
        stock = dispensable(self._units())
        change = make_change(most_makeable(due, stock), stock)
        if change:
            part = self._book.intend(Command.DISPENSE, within=deposit.n, device=MACHINE, unit="", pieces=change)
            self._send(part, lambda: self._session.cashout(part.n, change))
