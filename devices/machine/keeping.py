"""What every kind of cash machine does alike: its phases, what it says of itself, and what may be asked of it when.

Failures: `Misuse` where a verb is not allowed now: machine.not-now, or why cash is blocked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ...errors import Reason, Retry
from ...model import Told
from ..journal.entries import Command, Intent, Verdict
from ..money.blocking import Block, blocks, reserves, short, spelt
from ..money.units import Condition, Level, Unit, UnitKind, device_status, dispensable, full_status, levels
from ..nouns import Misuse, Pieces, Standing
from ..promises import Clock
from .daybook import Daybook
from .exchange import Exchange
from .nouns import DepositStatus, Ended, Lamp, Moved, Notice, Phase, Status, total
from .phases import DEPOSIT_STATUS, PHASES, Cause
from .plan import Plan, payable

PUBLISH_EVERY = 2.0  # seconds between two tries to write documents that could not be written

_GIVES = (Command.DISPENSE, Command.REMOVE, Command.RETURN)


class Keeping(ABC):
    """The part of `promises.CashMachine` that does not depend on the devices."""

    def __init__(self, plan: Plan, book: Daybook, clock: Clock) -> None:
        self._plan, self._book, self._clock = plan, book, clock
        self._phase = Phase.STARTING
        self._notices: list[Notice] = []
        self._paperless: Retry | None = None  # why the documents cannot be written
        self._published_at = clock.monotonic()  # the last try
        cassette = plan.first(UnitKind.CASSETTE)
        self._exchange = Exchange(cassette.id, book, self._tell) if cassette else None

    # --- what it says of itself

    @property
    def phase(self) -> Phase:
        """As `status` tells it, without all the rest."""
        return self._phase

    @property
    def status(self) -> Status:
        units, standings = self._units(), self._standings()
        account = self._book.account
        needs = reserves((pieces.denomination for pieces in dispensable(units)), self._plan.terms.accepted)
        seen = levels(units, needs, short(units, self._plan.terms))
        return Status(
            phase=self._phase,
            deposit=self._deposit_status(units, standings),
            device=device_status(units, needs),
            full=full_status(units),
            cash_in=account.cash_in,
            wanted=self._wanted,
            deposited=account.deposited,
            given=account.given,
            units=units,
            levels=seen,
            lamp=self._lamp(seen),
            blocks=self._blocks(units, standings),
            standings=standings,
            unknown=account.unknown,
        )

    def read_cash_counts(self) -> tuple[Pieces, ...]:
        counts: dict[int, int] = {}
        for unit in self._units():
            for pieces in unit.holds:
                counts[pieces.denomination] = counts.get(pieces.denomination, 0) + pieces.count
        return tuple(Pieces(denomination, count) for denomination, count in sorted(counts.items()))

    @abstractmethod
    def _units(self) -> tuple[Unit, ...]: ...

    @abstractmethod
    def _standings(self) -> dict[str, Standing]: ...

    @property
    def _wanted(self) -> int:
        """The amount of the open sale; 0 = none is, or staff puts cash in."""
        cash_in = self._cash_in
        return cash_in.amount if cash_in else 0

    @property
    def _cash_in(self) -> Intent | None:
        active = self._book.account.active
        return next((intent for intent in self._book.account.open if intent.n == active), None)

    def _deposit_status(self, units: tuple[Unit, ...], standings: dict[str, Standing]) -> DepositStatus:
        status = DEPOSIT_STATUS.get(self._phase, DepositStatus.NONE)
        jammed = Standing.JAMMED in standings.values() or any(unit.condition is Condition.JAMMED for unit in units)
        return DepositStatus.JAM if jammed and status is not DepositStatus.NONE else status

    def _lamp(self, seen: dict[str, Level]) -> Lamp:
        is_between = self._phase in (Phase.IDLE, Phase.STARTING)
        return Lamp.GREEN_BLINKING if is_between and set(seen.values()) - {Level.OK} else Lamp.OFF

    def _blocks(self, units: tuple[Unit, ...], standings: dict[str, Standing]) -> tuple[Block, ...]:
        own: list[Block] = []
        if self._phase is Phase.STARTING:
            own.append(Block(Told.of(Reason("machine.settling")), Told.of(Reason("blocking.customer-wait"))))
        if self._paperless:
            staff = Told.of(Reason("machine.paperless", detail=self._paperless))
            own.append(Block(staff, Told.of(Reason("blocking.customer-out"))))
        return (*own, *blocks(units, self._plan.terms, standings))

    # --- what may be asked

    def _allowed(self, verb: str, *phases: Phase) -> None:
        if self._phase not in phases:
            raise Misuse(Reason("machine.not-now", verb=verb, phase=self._phase.value))

    def _unblocked(self, blocks: tuple[Block, ...]) -> None:
        if blocks:
            raise Misuse(Reason(blocks[0].staff.code, **blocks[0].staff.parts))

    def _payable(self, amount: int) -> int:
        """Raises Misuse for what the machine cannot take exactly, or must not."""
        if amount < 0:
            raise Misuse(Reason("machine.no-amount", amount=amount))
        asked = payable(amount, self._plan)
        if amount and not asked:
            raise Misuse(Reason("machine.nothing-left", amount=amount))
        if self._plan.most and asked > self._plan.most:
            raise Misuse(Reason("machine.over-limit", amount=asked, most=self._plan.most))
        return asked

    def _enough(self, deposited: tuple[Pieces, ...]) -> None:
        """Raises Misuse where change cannot be given of it: it is less than the sale costs."""
        if total(deposited) < self._wanted:
            inside, amount = self._spelt(total(deposited)), self._spelt(self._wanted)
            raise Misuse(Reason("machine.not-enough", deposited=inside, amount=amount))

    def _some_of(self, unit: str, denomination: int, amount: int, held: tuple[Pieces, ...]) -> Pieces:
        """`amount` in pieces of one denomination out of what `unit` holds. Raises Misuse."""
        count, rest = divmod(amount, denomination)
        if rest or count <= 0:
            raise Misuse(Reason("machine.no-multiple", unit=unit, denomination=self._spelt(denomination)))
        there = sum(each.count for each in held if each.denomination == denomination)
        if count > there:
            raise Misuse(Reason("machine.not-that-many", unit=unit, count=there))
        return Pieces(denomination, count)

    def _cassette(self) -> Exchange:
        """Raises Misuse."""
        if self._exchange is None:
            raise Misuse(Reason("machine.no-cassette"))
        return self._exchange

    def _spelt(self, amount: int) -> str:
        """In major units."""
        return spelt(amount, self._plan.terms.digits)

    # --- what happens

    def _fire(self, cause: Cause) -> None:
        phase = PHASES.get((self._phase, cause))
        if phase is not None and phase is not self._phase:
            self._phase = phase
            self._notices.append(Moved(phase))

    def _tell(self, notice: Notice) -> None:
        self._notices.append(notice)

    def _told(self) -> list[Notice]:
        told, self._notices = self._notices, []
        return told

    def _publish(self) -> None:
        """Documents that cannot be written now are written later: until then no cash is taken."""
        self._paperless = self._book.try_to_publish()
        self._published_at = self._clock.monotonic()

    def _publish_again(self) -> None:
        """For a machine that rests: what came late is told, too."""
        may_try = not self._paperless or self._clock.monotonic() - self._published_at >= PUBLISH_EVERY
        if self._book.is_behind and may_try:
            self._publish()

    def _begin(
        self,
        command: Command,
        *,
        unit: str = "",
        amount: int = 0,
        pieces: tuple[Pieces, ...] = (),
        about: str = "",
        to: str = "",
        counter: int | None = None,
    ) -> Intent:
        try:
            intent = self._book.begin(
                command, unit=unit, amount=amount, pieces=pieces, about=about, to=to, counter=counter
            )
        except Retry:
            self._publish()
            raise
        self._paperless = None
        return intent

    def _unsure(self, operation: int, commands: tuple[Command, ...] = _GIVES) -> int:
        """What may have gone out in `operation`, and nobody knows: it is not given a second time. Or what may have
        moved by other `commands`."""
        return sum(
            total(unsure.intent.pieces) - total((*unsure.outcome.paid, *unsure.outcome.removed))
            for unsure in self._book.account.unknown
            if unsure.intent.within == operation and unsure.intent.command in commands
        )

    def _finished(self, intent: Intent, verdict: Verdict, *, owed: int = 0, code: str = "") -> None:
        """Concludes an operation of which all parts are concluded, and tells it."""
        deposited = self._book.account.deposited if intent.command.is_cash_in else ()
        given, unsure = self._book.given(intent.n), self._unsure(intent.n, (*_GIVES, Command.ACCEPT))
        self._book.conclude(intent.n, verdict, code=code)
        self._tell(Ended(intent.n, intent.command, verdict, intent.amount, deposited, given, owed, unsure, code))
        self._publish()


