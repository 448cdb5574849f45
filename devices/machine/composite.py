"""A cash machine made of single devices: a note validator, a coin acceptor, a hopper for each coin that is given.

Here are its verbs; what happens by itself is in `rounds`. A deposit is ended as UnifiedPOS has it: nothing more is
taken, all is counted, then it is kept, kept with change given, or given back. Notes cannot come back out of a cassette:
what is given back comes from the hoppers.

Failures: as `promises.CashMachine` says.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import Reason
from ..journal.entries import Command, Verdict
from ..money.blocking import Block
from ..money.change import make_change
from ..money.units import Unit, UnitKind, dispensable, shared_out
from ..nouns import Misuse, Pieces
from .nouns import End, Ended, Phase, total
from .phases import Cause
from .rounds import Rounds


class Composite(Rounds):
    """`promises.CashMachine`."""

    # --- the promise: a deposit

    def begin_deposit(self, amount: int = 0, about: str = "") -> int:
        self._allowed("begin_deposit", Phase.IDLE)
        asked = self._payable(amount)
        self._unblocked(self._blocks_of(asked))
        intent = self._begin(Command.DEPOSIT, amount=asked, about=about)
        self._end = None
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
            self._enough(self._book.account.deposited)
        self._end = end
        self._go(Cause.FIX)

    # --- giving out

    def dispense_change(self, amount: int, about: str = "") -> int:
        self._allowed("dispense_change", Phase.IDLE)
        change = make_change(amount, dispensable(self._units())) if amount > 0 else None
        if change is None:
            raise Misuse(Reason("machine.cannot-make", amount=self._spelt(amount)))
        return self._give(change, amount, about)

    def dispense_cash(self, pieces: Sequence[Pieces], about: str = "") -> int:
        self._allowed("dispense_cash", Phase.IDLE)
        if total(tuple(pieces)) <= 0:
            raise Misuse(Reason("machine.no-amount", amount=0))
        return self._give(tuple(pieces), 0, about)

    # --- staff

    def adjust_cash_counts(self, unit: str, pieces: Sequence[Pieces], about: str = "") -> int:
        self._allowed("adjust_cash_counts", Phase.IDLE)
        self._can_hold(self._plan.unit(unit), pieces)
        counted = {each.denomination: each.count for each in pieces}
        held = {each.denomination: each.count for each in self._book.account.stock(unit)}
        change = {each: counted.get(each, 0) - held.get(each, 0) for each in sorted({*counted, *held})}
        more = tuple(Pieces(each, count) for each, count in change.items() if count > 0)
        less = tuple(Pieces(each, -count) for each, count in change.items() if count < 0)
        intent = self._begin(Command.FILL, unit=unit, pieces=tuple(pieces), about=about)
        self._book.conclude(intent.n, Verdict.COMMITTED, taken=more, removed=less)
        self._out.looked_into(unit)
        self._tell(Ended(intent.n, intent.command, Verdict.COMMITTED, deposited=more, given=less))
        self._publish()
        return intent.n

    def withdraw(self, unit: str, amount: int = 0, about: str = "") -> int:
        self._allowed("withdraw", Phase.IDLE)
        match self._plan.unit(unit):
            case Unit(kind=UnitKind.MIXER):
                return self._empty_mixer(unit, amount, about)
            case Unit(kind=UnitKind.HOPPER, denomination=denomination) if unit in self._out.hoppers:
                return self._take_out(unit, denomination, amount, about)
        raise Misuse(Reason("machine.cannot-withdraw", unit=unit))

    def exchange_cassette(self, about: str = "") -> int:
        self._allowed("exchange_cassette", Phase.IDLE)
        exchange = self._cassette()
        return exchange.begin(
            lambda held: self._begin(Command.REMOVE, unit=exchange.unit, pieces=held, about=about)
        )

    def keep_cassette(self) -> None:
        self._cassette().keep()

    def cassette_is_empty(self, by: str) -> None:
        self._cassette().empty(by)

    def recover(self) -> None:
        for way in self._ways_in():
            way.recover()
        if self._phase is Phase.STARTING:
            self._give_up("machine.given-up")
        self._out.recover()

    def close(self) -> None:
        for way in self._ways_in():
            way.device.close()
        for hopper in self._out.hoppers.values():
            hopper.close()

    # --- underneath

    def _blocks_of(self, asked: int) -> tuple[Block, ...]:
        """Why a deposit is not to be begun. Staff may put in what customers lack for their change."""
        units = self._units()
        found = self._blocks(units, self._standings())
        if asked:
            return found
        return tuple(block for block in found if not block.denomination and block.unit not in self._out.hoppers)

    def _can_hold(self, unit: Unit, pieces: Sequence[Pieces]) -> None:
        """Raises Misuse: what a hopper holds besides its own coins would never be found again."""
        if unit.denomination and any(each.denomination != unit.denomination for each in pieces if each.count):
            raise Misuse(Reason("machine.other-pieces", unit=unit.id, denomination=self._spelt(unit.denomination)))

    def _give(self, pieces: tuple[Pieces, ...], amount: int, about: str) -> int:
        shares = shared_out(self._units(), pieces)
        intent = self._begin(Command.PAYOUT, amount=amount, pieces=pieces, about=about)
        self._go(Cause.GIVE)
        self._out.pay(shares, Command.DISPENSE, intent.n)
        return intent.n

    def _take_out(self, unit: str, denomination: int, amount: int, about: str) -> int:
        """Coins of one hopper, for staff."""
        pieces = self._some_of(unit, denomination, amount, self._book.account.stock(unit))
        intent = self._begin(Command.REMOVE, unit=unit, pieces=(pieces,), about=about)
        self._go(Cause.GIVE)
        self._out.pay([(unit, pieces)], Command.REMOVE, intent.n)
        return intent.n

    def _empty_mixer(self, unit: str, amount: int, about: str) -> int:
        """By hand, and as a whole: what is mixed cannot be had by amount."""
        if amount:
            raise Misuse(Reason("machine.only-whole", unit=unit))
        held = self._book.account.stock(unit)
        intent = self._begin(Command.REMOVE, unit=unit, pieces=held, about=about)
        self._book.conclude(intent.n, Verdict.COMMITTED, removed=held)
        self._tell(Ended(intent.n, intent.command, Verdict.COMMITTED, given=held))
        self._publish()
        return intent.n
