"""The ways out of a composite machine: what is paid out by which hopper, sent once, and what became of each pay-out.

Each pay-out is in the journal with the hopper's own counter before it is sent. Where no answer comes, or the power
went, the hopper is asked for its outcome by that counter before it is used again; one that cannot tell for the plan's
patience makes it unknown. A hopper that gave less than it should is left out until a person has looked.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ...errors import Retry
from ..journal.entries import Command, Intent, Verdict
from ..nouns import Happening, Lost, Misuse, Paid, Pieces, Unanswered
from ..promises import Clock, Dispenser
from .daybook import Daybook
from .nouns import Gave, Notice

MOST = 255  # pieces in one pay-out, as ccTalk hoppers count

_OUT = (Command.DISPENSE, Command.REMOVE)


class WaysOut:
    """`hoppers`: by the unit that each empties."""

    def __init__(
        self,
        hoppers: Mapping[str, Dispenser],
        book: Daybook,
        clock: Clock,
        *,
        patience: float,
        tell: Callable[[Notice], None],
    ) -> None:
        self.hoppers = hoppers
        self.failed: dict[str, str] = {}  # unit: why it is left out
        self._book, self._clock, self._patience, self._tell = book, clock, patience, tell
        self._watched: set[int] = set()  # intents whose end a poll will tell
        self._doubted: dict[int, float] = {}  # intents whose outcome is asked for, and since when
        self._queued: list[tuple[Command, int, str, Pieces]] = []

    @property
    def open(self) -> tuple[Intent, ...]:
        """Pay-outs of which no end is known yet."""
        return tuple(each for each in self._book.account.open if each.command in _OUT and each.device in self.hoppers)

    @property
    def is_busy(self) -> bool:
        return bool(self._queued or self.open)

    def pay(self, shares: Iterable[tuple[str, Pieces]], command: Command, within: int) -> None:
        """Gives these out, all hoppers at once, each as often as it takes."""
        for unit, pieces in shares:
            for begun in range(0, pieces.count, MOST):
                part = Pieces(pieces.denomination, min(MOST, pieces.count - begun))
                self._queued.append((command, within, unit, part))
        self._send()

    def poll(self, unit: str) -> list[Happening]:
        """One round with one hopper."""
        happenings = self.hoppers[unit].poll()
        for happening in happenings:
            intent = next((each for each in self.open if each.device == unit and each.n in self._watched), None)
            match happening:
                case Paid() if intent:
                    self._paid(intent, happening)
                case Lost() if intent:
                    self._unknown(intent, happening.code)
        self._ask_after(unit)
        self._send()
        return happenings

    def give_up(self, code: str) -> None:
        """What nobody can tell is unknown."""
        for intent in self.open:
            self._unknown(intent, code)

    def recover(self) -> None:
        """A person has looked: all hoppers count again."""
        self.failed.clear()

    # --- underneath

    def _send(self) -> None:
        """What is queued for hoppers that are free."""
        waiting, self._queued = self._queued, []
        for command, within, unit, pieces in waiting:
            if unit in self.failed:
                continue
            if any(each.device == unit for each in self.open):
                self._queued.append((command, within, unit, pieces))
            else:
                self._begin(command, within, unit, pieces)

    def _begin(self, command: Command, within: int, unit: str, pieces: Pieces) -> None:
        hopper = self.hoppers[unit]
        try:
            counter = hopper.counter()
        except (Misuse, Unanswered) as trouble:
            self.failed[unit] = trouble.reason.code
            return
        try:
            intent = self._book.intend(
                command, within=within, device=unit, unit=unit, pieces=(pieces,), counter=counter
            )
        except Retry:
            self.failed[unit] = "machine.cannot-write"
            return
        try:
            hopper.dispense((pieces,))
        except Misuse as refusal:
            self._book.conclude(intent.n, Verdict.RETURNED, unpaid=intent.pieces, code=refusal.reason.code)
            self.failed[unit] = refusal.reason.code
        except Unanswered:
            self._doubted[intent.n] = self._clock.monotonic()
        else:
            self._watched.add(intent.n)

    def _paid(self, intent: Intent, paid: Paid) -> None:
        self._forget(intent)
        verdict = Verdict.COMMITTED if paid.paid else Verdict.RETURNED
        if intent.command is Command.REMOVE:
            self._book.conclude(intent.n, verdict, removed=paid.paid, unpaid=paid.unpaid, code=paid.code)
        else:
            self._book.conclude(intent.n, verdict, paid=paid.paid, unpaid=paid.unpaid, code=paid.code)
        if paid.unpaid:
            self.failed[intent.device] = paid.code or "machine.gave-less"
        self._tell(Gave(paid.paid, intent.device, paid.code))

    def _ask_after(self, unit: str) -> None:
        """The outcome of a pay-out that no poll will tell: begun before a start, or not answered."""
        for intent in self.open:
            if intent.device != unit or intent.n in self._watched or intent.counter is None:
                continue
            since = self._doubted.setdefault(intent.n, self._clock.monotonic())
            try:
                outcome = self.hoppers[unit].outcome(intent.counter)
            except Unanswered as trouble:
                if self._clock.monotonic() - since > self._patience:
                    self._unknown(intent, trouble.reason.code)
            else:
                self._paid(intent, outcome or Paid((), intent.pieces, "machine.never-began"))

    def _unknown(self, intent: Intent, code: str) -> None:
        self._forget(intent)
        self._book.conclude(intent.n, Verdict.UNKNOWN, code=code)
        self.failed[intent.device] = code

    def _forget(self, intent: Intent) -> None:
        self._watched.discard(intent.n)
        self._doubted.pop(intent.n, None)
