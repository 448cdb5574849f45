"""The journal of a machine behind a Glory controller, compared with what is in it: the controller keeps no history, so
what it has moved without saying so is judged by inventories alone (`gloryjudging`).

It is compared whenever the machine has come to rest. What an open transaction can have caused is its outcome; whatever
else is more or fewer is journalled as unknown at once, so that after each comparison the journal says what is there.
Cash that stayed in the machine when its power went counts as put into the deposit that was open.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from ...errors import Reason
from ...model import Told
from ..glory.session import GlorySession
from ..glory.states import STATES, UNKNOWN_STATE, State
from ..journal.entries import Carried, Command, Intent, Verdict
from ..money.blocking import Block
from ..money.units import Condition, Unit
from ..nouns import Credited, Form, Misuse, Pieces, Standing, Unanswered
from ..promises import Clock
from .daybook import Daybook
from .gloryjudging import Moved, counts_of, moved, pieces_of
from .glorystock import DIFFERS, GloryStock
from .keeping import Keeping
from .nouns import Ended, Gave, Phase, total
from .plan import Plan

MACHINE = "machine"
"""The one device, in the journal and for staff."""

GIVEN_UP = "machine.given-up"
AGAIN = 1.0  # seconds between two questions for an inventory

_STANDS_STILL = (Standing.FAULTY, Standing.OPEN)
_PERSON_FIRST = (State.WAITING_REJECT_REMOVAL, State.COUNTED_SUSPECT_NOTE)
_SENT = frozenset(Command) - {Command.DEPOSIT, Command.EXCHANGE}


class GlorySettling(Keeping):
    def __init__(
        self, plan: Plan, book: Daybook, clock: Clock, session: GlorySession, numbers: Mapping[str, int]
    ) -> None:
        super().__init__(plan, book, clock)
        self._session = session
        self._stock = GloryStock(plan.units, numbers)
        self._round = False  # whether the machine takes cash, or has some in escrow
        self._escrow: Counter[int] = Counter()  # as it counts up, for the eye
        self._code = ""  # why what was asked for last went otherwise
        self._asked = -AGAIN  # for an inventory
        self._stale = True  # something may have changed since

    # --- what it says of itself

    def _units(self) -> tuple[Unit, ...]:
        units = self._stock.units()
        exchange = self._exchange
        if exchange is None or exchange.condition is Condition.READY:
            return units
        condition = exchange.condition
        return tuple(replace(unit, condition=condition) if unit.id == exchange.unit else unit for unit in units)

    def _standings(self) -> dict[str, Standing]:
        return {MACHINE: self._session.standing}

    def _blocks(self, units: tuple[Unit, ...], standings: dict[str, Standing]) -> tuple[Block, ...]:
        found = super()._blocks(units, standings)
        state, standing = self._session.state, self._session.standing
        if state is None or not (self._phase is Phase.IDLE or standing in _STANDS_STILL or state in _PERSON_FIRST):
            return found
        if state == State.IDLE:
            return found
        code = "blocking.customer-out" if standing in _STANDS_STILL else "blocking.customer-wait"
        return (Block(Told.of(Reason(sentence(state))), Told.of(Reason(code)), MACHINE), *found)

    # --- what is open

    @property
    def _transactions(self) -> tuple[Intent, ...]:
        """What the machine was told to move, and has not said the end of; a part before its operation."""
        cassette = self._exchange.unit if self._exchange else None
        return tuple(
            each for each in reversed(self._book.account.open) if each.command in _SENT and each.unit != cassette
        )

    @property
    def _operation(self) -> Intent | None:
        """The deposit, or what cash is moved for."""
        return self._cash_in or next((each for each in self._transactions if not each.within), None)

    # --- what has moved

    def _credit(self, found: Iterable[Credited]) -> None:
        for credited in found:
            self._book.credit(credited, 0, MACHINE)

    def _concluded(self, intent: Intent, went: tuple[Pieces, ...], code: str = "") -> None:
        """What `intent` moved out, or into the cassette; credits are in the journal already."""
        wanted = counts_of(intent.pieces)
        wanted.subtract(counts_of(went))
        is_out = intent.command in (Command.DISPENSE, Command.PAYOUT, Command.REMOVE)
        unpaid = pieces_of(+wanted) if is_out else ()
        verdict = Verdict.COMMITTED if went or not intent.pieces or not is_out else Verdict.RETURNED
        match intent.command:
            case Command.REMOVE:
                self._book.conclude(intent.n, verdict, removed=went, unpaid=unpaid, code=code)
            case Command.COLLECT:
                self._book.conclude(intent.n, verdict, moved=went, code=code)
            case _:
                self._book.conclude(intent.n, verdict, paid=went, unpaid=unpaid, code=code)
        if went and intent.command is not Command.COLLECT:
            self._tell(Gave(went, intent.unit or MACHINE, code))
        if not intent.within:
            owed = total(unpaid) if intent.command is Command.PAYOUT else 0
            self._over(intent, verdict, given=went, owed=owed, code=code)

    def _over(
        self,
        intent: Intent,
        verdict: Verdict,
        *,
        given: tuple[Pieces, ...] = (),
        owed: int = 0,
        unsure: int = 0,
        code: str = "",
    ) -> None:
        """Tells the end of an operation that is concluded."""
        self._tell(
            Ended(intent.n, intent.command, verdict, intent.amount, given=given, owed=owed, unsure=unsure, code=code)
        )
        self._publish()

    # --- the comparison

    def _compare(self, *, at_once: bool = False) -> bool:
        """Whether the machine is at rest, and the journal says what is in it now."""
        now = self._clock.monotonic()
        if now - self._asked < AGAIN and not at_once:
            return False
        self._asked = now
        if not self._take_stock():
            return False
        if not any(isinstance(entry, Intent | Carried) for entry in self._book.entries):
            self._book.begin(Command.FILL)
        transactions, deposit = self._transactions, self._cash_in
        for intent in transactions:
            self._judge(intent)
        if deposit and not transactions and (self._round or self._phase is Phase.STARTING):
            self._judge_credits(deposit)
        self._round = False
        self._escrow.clear()
        self._look_at_cassette()
        self._settle_given_up()
        self._note_difference()
        self._stale = False
        return True

    def _take_stock(self) -> bool:
        try:
            if self._session.status() != State.IDLE:
                return False
            self._stock.inventory = self._session.inventory()
        except (Misuse, Unanswered):
            return False
        return True

    @property
    def _difference(self) -> Counter[int]:
        return self._stock.difference(self._book.account)

    def _judge(self, intent: Intent) -> None:
        """What one open transaction has moved."""
        if intent.command is Command.COLLECT:
            gone = max(0, (intent.counter or 0) - self._stock.count(intent.unit))
            went = tuple(replace(each, count=min(gone, each.count)) for each in intent.pieces if gone)
            self._concluded(intent, went, self._code)
        elif intent.command is Command.FILL and not intent.device:
            self._conclude_count(intent)
        elif not intent.within and intent.device:
            self._conclude_unknown(intent, DIFFERS)
        elif judged := self._moved(intent):
            self._credit(self._found(intent, judged[0]))
            self._concluded(intent, pieces_of(judged[1]), self._code)
        else:
            self._conclude_unknown(intent, self._code or "machine.unexplained")

    def _moved(self, intent: Intent) -> Moved | None:
        credited = counts_of(self._book.account.deposited)
        return moved(intent, self._difference, escrow=self._escrow, credited=credited)

    def _judge_credits(self, deposit: Intent) -> None:
        if judged := self._moved(deposit):
            self._credit(self._found(deposit, judged[0]))

    def _found(self, intent: Intent, came: Counter[int]) -> Iterable[Credited]:
        """Credits that no answer told. No entry's number comes twice, so no key does."""
        for denomination in sorted(came.elements()):
            key = ("inventory", intent.n, self._book.account.last + 1)
            yield Credited(denomination, key, self._form(denomination))

    def _form(self, denomination: int) -> Form:
        forms = (unit.kind.form for unit in self._plan.units if unit.denomination == denomination)
        return next(forms, Form.NOTE)

    def _conclude_count(self, intent: Intent) -> None:
        """The first inventory of all: what was in the machine when its journal was begun. Of a unit that was counted
        by hand nothing is left to do."""
        found = Counter[int]() if intent.unit else self._difference
        more, less = pieces_of(+found), pieces_of(-found)
        self._book.conclude(intent.n, Verdict.COMMITTED, taken=more, removed=less)
        self._tell(Ended(intent.n, intent.command, Verdict.COMMITTED, deposited=more, given=less))
        self._publish()

    def _conclude_unknown(self, intent: Intent, code: str) -> None:
        self._book.conclude(intent.n, Verdict.UNKNOWN, code=code)
        if not intent.within:
            self._over(intent, Verdict.UNKNOWN, unsure=total(intent.pieces), code=code)

    def _look_at_cassette(self) -> None:
        """A door that is locked again, or a cassette that came or went while nobody listened."""
        exchange = self._exchange
        if exchange is None:
            return
        less, removal = -self._difference, exchange.removal
        if removal:
            less &= counts_of(removal.pieces)
        if self._stock.is_missing(exchange.unit):
            exchange.out(pieces_of(less))
        elif removal and less:
            exchange.out(pieces_of(less))
            exchange.back()
        elif removal:
            exchange.keep()
        else:
            exchange.back()
        self._publish()

    def _settle_given_up(self) -> None:
        """Nobody wanted to wait for the machine; now it is back, and its inventory tells."""
        within: set[int] = set()
        for unsure in self._book.account.unknown:
            intent = unsure.intent
            judged = self._moved(intent) if unsure.outcome.code == GIVEN_UP else None
            if judged is None:
                continue
            came, went = map(pieces_of, judged)
            verdict = Verdict.COMMITTED if came or went or intent.n in within else Verdict.RETURNED
            if verdict is Verdict.COMMITTED:
                within.add(intent.within)
            if intent.command is Command.REMOVE:
                self._book.resolve(intent.n, verdict, "", taken=came, removed=went)
            else:
                self._book.resolve(intent.n, verdict, "", taken=came, paid=went)

    def _note_difference(self) -> None:
        """More or fewer than the journal says, and nobody knows why. While a cassette is exchanged nobody knows what is
        in it."""
        if self._exchange and self._exchange.is_under_way:
            return
        found = self._difference
        for command, pieces in ((Command.FILL, pieces_of(+found)), (Command.REMOVE, pieces_of(-found))):
            if pieces:
                intent = self._book.intend(command, within=0, device=MACHINE, unit="", pieces=pieces)
                self._conclude_unknown(intent, DIFFERS)


def sentence(state: int) -> str:
    """The code of what the controller's `state` is."""
    return STATES.get(state, UNKNOWN_STATE)[1]
