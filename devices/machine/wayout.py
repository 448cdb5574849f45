"""The ways out of a composite machine: what is paid out by which hopper, sent once, and what became of each pay-out.

Each pay-out is in the journal with the hopper's own counter before it is sent. Where no answer comes, or the power
went, the hopper is asked for its outcome by that counter before it is used again; one that cannot tell for the plan's
patience makes it unknown, and settles it when it comes back and tells after all.

A hopper that gave less than it should is left out until a person has looked, after any start too: the journal remembers
it. One that only did not begin is left out for the rest of the operation, unless it does so again.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from ...errors import Retry
from ..journal.entries import Command, Intent, Verdict
from ..nouns import NO_KEY, Happening, Lost, Misuse, Paid, Pieces, Standing, Unanswered
from ..promises import Clock, Dispenser
from .daybook import Daybook
from .nouns import Gave, Notice

MOST = 255  # pieces in one pay-out, as ccTalk hoppers count
STUCK = frozenset({Standing.JAMMED, Standing.FAULTY})
STRIKES = 2  # pay-outs that a hopper may refuse, or not begin, one after the other

LEFT_OUT = "left out "
"""What the journal remembers it by, with the unit, why a hopper is left out."""

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
        self._failed: dict[str, str] = {}  # unit: why it is left out until a person has looked
        self._skipped: set[str] = set()  # units that are left out of this operation
        self._strikes: Counter[str] = Counter()
        self._book, self._clock, self._patience, self._tell = book, clock, patience, tell
        self._watched: set[int] = set()  # intents whose end a poll will tell
        self._silent: dict[int, float] = {}  # intents of which a hopper does not tell, and since when
        self._given_up: dict[str, int] = {}  # by unit: an intent whose end a poll may tell yet
        self._queued: list[tuple[Command, int, str, Pieces]] = []
        for unit in hoppers:
            code, _, is_left_out = book.account.place(LEFT_OUT + unit)
            if is_left_out:
                self._failed[unit] = code

    @property
    def open(self) -> tuple[Intent, ...]:
        """Pay-outs of which no end is known yet."""
        return tuple(each for each in self._book.account.open if each.command in _OUT and each.device in self.hoppers)

    @property
    def is_busy(self) -> bool:
        return bool(self._queued or self.open)

    @property
    def left_out(self) -> frozenset[str]:
        """Units of which nothing is to be had, whatever the journal says."""
        return frozenset(self._failed) | self._skipped

    def pay(self, shares: Iterable[tuple[str, Pieces]], command: Command, within: int) -> None:
        """Gives these out, all hoppers at once, each as often as it takes."""
        for unit, pieces in shares:
            for begun in range(0, pieces.count, MOST):
                part = Pieces(pieces.denomination, min(MOST, pieces.count - begun))
                self._queued.append((command, within, unit, part))
        self._send()

    def over(self) -> None:
        """The operation has ended."""
        self._skipped.clear()

    def poll(self, unit: str) -> list[Happening]:
        """One round with one hopper."""
        happenings = self.hoppers[unit].poll()
        for happening in happenings:
            intent = next((each for each in self.open if each.device == unit and each.n in self._watched), None)
            match happening:
                case Paid() if intent:
                    self._paid(intent, happening)
                case Paid():
                    self._paid_after_all(unit, happening)
                case Lost() if intent:
                    self._unknown(intent, happening.code)
        for intent in self.open:
            if intent.device == unit:
                self._look_after(intent)
        self._send()
        return happenings

    def give_up(self, code: str) -> None:
        """What nobody can tell is unknown."""
        for intent in self.open:
            self._unknown(intent, code)

    def recover(self) -> None:
        """A person has looked: all hoppers count again. Those that stood badly begin anew, unless a pay-out of theirs
        is open: it is judged by the counter that they would forget."""
        busy = {each.device for each in self.open}
        for unit, hopper in self.hoppers.items():
            if unit not in busy and (unit in self._failed or hopper.standing in STUCK):
                with suppress(Misuse, Unanswered):
                    hopper.reset()
        for unit in tuple(self._failed):
            self.looked_into(unit)
        self._strikes.clear()

    def looked_into(self, unit: str) -> None:
        """A person has: what the journal says of it holds again."""
        if unit in self._failed:
            self._book.remember(LEFT_OUT + unit, NO_KEY)
            del self._failed[unit]

    # --- underneath

    def _send(self) -> None:
        """What is queued for hoppers that are free."""
        waiting, self._queued = self._queued, []
        for command, within, unit, pieces in waiting:
            if unit in self.left_out:
                continue
            if any(each.device == unit for each in self.open):
                self._queued.append((command, within, unit, pieces))
            else:
                self._begin(command, within, unit, pieces)

    def _begin(self, command: Command, within: int, unit: str, pieces: Pieces) -> None:
        hopper = self.hoppers[unit]
        try:
            counter = hopper.counter()
            intent = self._book.intend(
                command, within=within, device=unit, unit=unit, pieces=(pieces,), counter=counter
            )
        except (Misuse, Unanswered, Retry):
            self._skipped.add(unit)
            return
        try:
            hopper.dispense((pieces,))
        except Misuse as refusal:
            self._never_began(intent, refusal.reason.code)
        except Unanswered:
            self._silent[intent.n] = self._clock.monotonic()
        else:
            self._watched.add(intent.n)

    def _paid(self, intent: Intent, paid: Paid) -> None:
        self._forget(intent)
        verdict = Verdict.COMMITTED if paid.paid else Verdict.RETURNED
        if paid.unpaid:
            self._leave_out(intent.device, paid.code or "machine.gave-less")
        if intent.command is Command.REMOVE:
            self._book.conclude(intent.n, verdict, removed=paid.paid, unpaid=paid.unpaid, code=paid.code)
        else:
            self._book.conclude(intent.n, verdict, paid=paid.paid, unpaid=paid.unpaid, code=paid.code)
        self._strikes[intent.device] = 0
        self._tell(Gave(paid.paid, intent.device, paid.code))

    def _never_began(self, intent: Intent, code: str) -> None:
        self._forget(intent)
        self._book.conclude(intent.n, Verdict.RETURNED, unpaid=intent.pieces, code=code)
        self._skipped.add(intent.device)
        self._strikes[intent.device] += 1
        if self._strikes[intent.device] >= STRIKES:
            self._leave_out(intent.device, code)

    def _paid_after_all(self, unit: str, paid: Paid) -> None:
        """What nobody knew is known, unless a person was faster."""
        number = self._given_up.pop(unit, 0)
        unsure = next((each for each in self._book.account.unknown if each.intent.n == number), None)
        if unsure is None:
            return
        verdict = Verdict.COMMITTED if paid.paid else Verdict.RETURNED
        with suppress(Retry):  # then it stays a person's
            if unsure.intent.command is Command.REMOVE:
                self._book.resolve(number, verdict, "", paid.code, removed=paid.paid)
            else:
                self._book.resolve(number, verdict, "", paid.code, paid=paid.paid)

    def _look_after(self, intent: Intent) -> None:
        """Asks for the outcome of a pay-out that no poll will tell: begun before a start, or not answered. One that a
        poll will tell waits for as long as its hopper answers."""
        hopper = self.hoppers[intent.device]
        if intent.n in self._watched and hopper.standing is not Standing.OFFLINE:
            self._silent.pop(intent.n, None)
            return
        since = self._silent.setdefault(intent.n, self._clock.monotonic())
        is_late = self._clock.monotonic() - since > self._patience
        if intent.n in self._watched:
            if is_late:
                self._given_up[intent.device] = intent.n
                self._unknown(intent, "machine.silent")
            return
        try:
            outcome = hopper.outcome(intent.counter or 0)
        except Unanswered as trouble:
            if is_late:
                self._unknown(intent, trouble.reason.code)
            return
        if outcome is None:
            self._never_began(intent, "machine.never-began")
        else:
            self._paid(intent, outcome)

    def _unknown(self, intent: Intent, code: str) -> None:
        self._forget(intent)
        self._leave_out(intent.device, code)
        self._book.conclude(intent.n, Verdict.UNKNOWN, code=code)

    def _leave_out(self, unit: str, code: str) -> None:
        """Until a person has looked; where that cannot be written, until the next start."""
        if unit not in self._failed:
            self._failed[unit] = code
            with suppress(Retry):
                self._book.remember(LEFT_OUT + unit, (code, 0, 1))

    def _forget(self, intent: Intent) -> None:
        """Before its end is written down: where that fails, the hopper is asked for its outcome."""
        self._watched.discard(intent.n)
        self._silent.pop(intent.n, None)
