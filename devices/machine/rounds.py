"""What a composite machine does by itself: one round with the device whose turn it is, then what follows from all that
is known.

On start the journal is settled with the devices before anything else: a note in escrow goes back, each open note and
pay-out becomes committed, returned or unknown. A deposit that was open stays open, paused: the till says how it ends.

A sale ends taking when enough is in. It is counted when nothing has come in for the plan's `settle`; what falls in
later is given with the change. Where a hopper gives less than it should, the rest is made anew from the others; what
cannot be made is told as owed. Cash that comes in while no deposit is open is given back, or kept, as the plan says.

Failures: as the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import msgspec

from ...errors import Retry
from ..journal.entries import Command, Credit, Intent, Verdict
from ..money.change import make_change, most_makeable
from ..money.units import Condition, Fill, Unit, UnitKind, destination, dispensable, is_pointless, shared_out
from ..nouns import Form, Happening, Pieces, Standing, Stood
from ..promises import Acceptor, Clock, Dispenser
from .coins import Coins
from .daybook import Daybook
from .exchange import Exchange
from .keeping import Keeping
from .notes import NOTES, Notes
from .nouns import Changed, Counted, End, Notice, Phase, total
from .phases import Cause
from .plan import Late, Plan
from .wayout import WaysOut

LATE = "late"
"""What a pay-out is about that gives late cash back."""


class Rounds(Keeping):
    """The sessions behind it are begun with what the journal says of them (`newest`, `place`)."""

    def __init__(
        self,
        plan: Plan,
        book: Daybook,
        clock: Clock,
        *,
        notes: Acceptor | None = None,
        coins: Acceptor | None = None,
        hoppers: Mapping[str, Dispenser] | None = None,
    ) -> None:
        super().__init__(plan, book, clock)
        mixer = plan.first(UnitKind.MIXER)
        self._notes = self._coins = None
        if notes is not None:
            unit = self._exchange.unit if self._exchange else ""
            came = self._came(Form.NOTE)
            self._notes = Notes(notes, book, unit, refusal=self._refusal, came=came, tell=self._tell)
        if coins is not None:
            fallen = mixer.id if mixer else ""
            self._coins = Coins(coins, book, dict(plan.sorter), fallen, came=self._came(Form.COIN), tell=self._tell)
        self._out = WaysOut(hoppers or {}, book, clock, patience=plan.patience, tell=self._tell)
        self._end: End | None = None
        self._since = clock.monotonic()  # when it went over to its phase, or something came in
        self._late = 0  # to be given back

    @property
    def due(self) -> float:
        return min((device.due for device in self._devices().values()), default=self._clock.monotonic())

    def poll(self) -> list[Notice]:
        devices = self._devices()
        name = min(devices, key=lambda name: devices[name].due)
        way = next((way for way in self._ways_in() if way.name == name), None)
        self._heard(name, way.happenings() if way else self._out.poll(name))
        self._follow()
        return self._told()

    # --- what it consists of

    def _devices(self) -> dict[str, Acceptor | Dispenser]:
        return {**{way.name: way.device for way in self._ways_in()}, **self._out.hoppers}

    def _ways_in(self) -> tuple[Notes | Coins, ...]:
        return tuple(way for way in (self._notes, self._coins) if way is not None)

    def _standings(self) -> dict[str, Standing]:
        return {name: device.standing for name, device in self._devices().items()}

    def _units(self) -> tuple[Unit, ...]:
        return tuple(self._unit(unit) for unit in self._plan.units)

    def _unit(self, unit: Unit) -> Unit:
        held = tuple(pieces for pieces in self._book.account.stock(unit.id) if pieces.count > 0)
        condition, sensed = Condition.READY, unit.sensed
        hopper = self._out.hoppers.get(unit.id)
        if hopper is not None and hopper.standing in (Standing.JAMMED, Standing.FAULTY):
            condition = Condition.JAMMED
        elif hopper is not None and hopper.standing is Standing.OFFLINE:
            condition = Condition.UNAVAILABLE
        elif unit.id in self._out.left_out:
            sensed = Fill.EMPTY
        if self._exchange and unit.id == self._exchange.unit:
            condition = self._exchange.condition
            if self._notes and self._notes.device.standing is Standing.FULL:
                sensed = Fill.FULL
        return msgspec.structs.replace(unit, holds=held, condition=condition, sensed=sensed)

    # --- what comes in

    def _refusal(self, denomination: int) -> str:
        """Why a note is not to be kept, "" = it is: never where its change could not be given."""
        if self._phase is not Phase.DEPOSIT:
            return "machine.not-now-note"
        units = self._units()
        if destination(units, denomination, Form.NOTE) is None:
            return "machine.no-room"
        if not self._wanted:
            return ""
        if denomination not in self._plan.terms.accepted:
            return "machine.not-accepted"
        change = total(self._book.account.deposited) + denomination - self._wanted
        return "machine.no-change" if change > 0 and make_change(change, dispensable(units)) is None else ""

    def _came(self, form: Form) -> Callable[[Credit], None]:
        def came(credit: Credit) -> None:
            self._since = self._clock.monotonic()
            deposited, is_late = total(self._book.account.deposited), not credit.within
            pointless = is_pointless(self._units(), credit.denomination, form)
            self._tell(Counted(Pieces(credit.denomination, 1), deposited, pointless, is_late))
            if is_late and self._gives_back(credit):
                self._late += credit.denomination
            if self._phase is Phase.DEPOSIT and 0 < self._wanted <= deposited:
                self._go(Cause.ENOUGH)

        return came

    def _gives_back(self, late: Credit) -> bool:
        """What the journal had as unknown, and what was found at the start, is for a person: whose was it?"""
        return self._plan.late is Late.RETURN and not late.of and self._phase is not Phase.STARTING

    def _go(self, cause: Cause) -> None:
        """Another phase, and what may come in then."""
        before = self._phase
        self._fire(cause)
        if self._phase is not before:
            self._since = self._clock.monotonic()
            self._take()

    def _take(self) -> None:
        accepted = self._plan.terms.accepted if self._phase is Phase.DEPOSIT else ()
        for way in self._ways_in():
            way.take(accepted)

    def _heard(self, name: str, happenings: Iterable[Happening]) -> None:
        for happening in happenings:
            if isinstance(happening, Stood):
                self._tell(Changed(name, happening.standing, happening.code))
                if name == NOTES and self._exchange:
                    self._look_at_cassette(self._exchange, happening)
                if self._phase is Phase.DEPOSIT and happening.standing is Standing.DISABLED:
                    self._take()  # it was away, and is back

    def _look_at_cassette(self, exchange: Exchange, stood: Stood) -> None:
        if stood.standing is Standing.OPEN:
            exchange.out()
            self._publish()
        elif stood.standing not in (Standing.OFFLINE, Standing.STARTING):
            exchange.back()

    # --- what follows

    def _follow(self) -> None:
        match self._phase:
            case Phase.STARTING:
                self._settle()
            case Phase.FIXING:
                self._count()
            case Phase.FIXED if self._end is not None:
                self._go(Cause.GIVE_BACK if self._end is End.REPAY else Cause.GIVE_CHANGE)
            case Phase.CHANGE | Phase.REPAY | Phase.DISPENSE if not self._out.is_busy:
                self._give_more()
            case Phase.IDLE:
                self._publish_again()
                self._give_late_back()

    def _count(self) -> None:
        waited = self._clock.monotonic() - self._since
        if all(way.is_quiet for way in self._ways_in()) and waited >= self._plan.settle:
            self._go(Cause.COUNTED)
        elif waited > self._plan.patience:
            if self._notes:
                self._notes.give_up("machine.silent")
            self._go(Cause.COUNTED)

    def _give_more(self) -> None:
        """What is still due, or the end of it."""
        operation = self._operation
        if operation is None:
            self._go(Cause.OVER)
            return
        owed = max(self._owed(operation), 0)
        if operation.pieces or not self._pay(owed, operation.n):
            is_customers = operation.command is not Command.REMOVE
            kept = self._has_moved(operation) or (owed and is_customers)
            verdict = Verdict.COMMITTED if kept and self._phase is not Phase.REPAY else Verdict.RETURNED
            due = owed if is_customers else 0
            self._finished(operation, verdict, owed=due, code="machine.gave-less" if due else "")
            self._out.over()
            self._go(Cause.OVER)

    @property
    def _operation(self) -> Intent | None:
        """What cash is given out for."""
        ours = (Command.DEPOSIT, Command.PAYOUT, Command.REMOVE)
        return next(
            (each for each in self._book.account.open if each.command in ours and not self._stays_open(each)), None
        )

    def _stays_open(self, operation: Intent) -> bool:
        """The exchange of a cassette: people end it, whatever else goes on."""
        return self._exchange is not None and operation.unit == self._exchange.unit

    def _owed(self, operation: Intent) -> int:
        """What of it is still to be given."""
        out = total(self._book.given(operation.n)) + self._unsure(operation.n)
        if operation.command is not Command.DEPOSIT:
            return (operation.amount or total(operation.pieces)) - out
        deposited = total(self._book.account.deposited)
        match self._end:
            case End.CHANGE:
                return deposited - operation.amount - out
            case End.REPAY:
                return deposited - out
        return 0

    def _pay(self, amount: int, operation: int) -> bool:
        """Begins to give as much of it as can be made; whether there was anything to give."""
        stock = dispensable(self._units())
        change = make_change(most_makeable(amount, stock), stock) if amount > 0 else None
        if not change:
            return False
        self._out.pay(shared_out(self._units(), change), Command.DISPENSE, operation)
        return True

    def _give_late_back(self) -> None:
        amount, self._late = self._late, 0
        if not amount or make_change(amount, dispensable(self._units())) is None:
            return  # kept: its document says that it came
        with suppress(Retry):
            intent = self._begin(Command.PAYOUT, amount=amount, about=LATE)
            self._go(Cause.GIVE)
            self._pay(amount, intent.n)

    # --- after a start

    def _settle(self) -> None:
        is_late = self._clock.monotonic() - self._since > self._plan.patience
        if is_late:
            self._give_up("machine.silent")
        is_told = not {Standing.STARTING, Standing.OFFLINE} & set(self._standings().values())
        if self._out.open or (self._notes and self._notes.accept) or not (is_told or is_late):
            return
        if self._exchange:
            self._exchange.settle()
        self._out.over()
        for intent in self._book.account.open:
            has_moved = self._has_moved(intent)
            if not self._stays_open(intent) and not (intent.command.is_cash_in and has_moved):
                owed = max(self._owed(intent), 0) if intent.command is Command.PAYOUT and has_moved else 0
                self._finished(intent, Verdict.COMMITTED if has_moved else Verdict.RETURNED, owed=owed)
        self._publish()
        self._go(Cause.INTERRUPTED if self._book.account.active else Cause.SETTLED)

    def _has_moved(self, intent: Intent) -> bool:
        credited = intent.command.is_cash_in and self._book.account.deposited
        return bool(credited or self._book.given(intent.n) or self._unsure(intent.n))

    def _give_up(self, code: str) -> None:
        """What no device tells is unknown: a person decides."""
        if self._notes:
            self._notes.give_up(code)
        self._out.give_up(code)
