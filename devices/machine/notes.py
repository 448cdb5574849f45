"""The note validator of a composite machine: each note that is held is kept or given back.

A note is accepted after its intent is on the disk. How it ended is told by the device (credited, given back, restarted,
lost) or by nobody: a device at rest that tells nothing of it, and one that keeps silent for the plan's patience, make
it unknown. A credit that comes after all settles it.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from ...errors import Retry
from ..journal.entries import Command, Credit, Intent, Verdict
from ..nouns import (
    NO_KEY,
    Credited,
    Escrowed,
    GivenBack,
    Happening,
    Left,
    Lost,
    Misuse,
    Pieces,
    Rejected,
    Restarted,
    Standing,
    Unanswered,
)
from ..promises import Acceptor
from . import nouns as told
from .daybook import Daybook
from .wayin import WayIn

NOTES = "notes"

AT_REST = frozenset({Standing.DISABLED, Standing.ACCEPTING, Standing.FULL, Standing.OPEN})
QUIET = AT_REST - {Standing.ACCEPTING} | {Standing.OFFLINE, Standing.FAULTY, Standing.JAMMED}
RESTS = 5  # polls at rest, without a word of the note that the journal still waits for


class Notes(WayIn):
    """`unit`: the cassette that notes fall into. `refusal`: why a note of so much is not to be kept, "" = it is."""

    def __init__(
        self,
        device: Acceptor,
        book: Daybook,
        unit: str,
        *,
        refusal: Callable[[int], str],
        came: Callable[[Credit], None],
        tell: Callable[[told.Notice], None],
    ) -> None:
        super().__init__(NOTES, device, book, came=came, tell=tell)
        self._unit, self._refusal = unit, refusal
        self._rests = 0

    @property
    def accept(self) -> Intent | None:
        """The note that was told to be stacked, and of which nothing is known yet."""
        return next((each for each in self._book.account.open if _is_ours(each)), None)

    @property
    def is_quiet(self) -> bool:
        """Nothing is coming in any more."""
        return self.device.standing in QUIET and self.accept is None

    def happenings(self) -> Iterator[Happening]:
        is_silent = True
        for happening in super().happenings():
            is_silent = False
            yield happening
        self._look_for_end(is_silent=is_silent)

    def give_up(self, code: str) -> None:
        """Nobody will tell any more what became of the note."""
        if accept := self.accept:
            self._book.conclude(accept.n, Verdict.UNKNOWN, code=code)

    # --- what it tells

    def _happened(self, happening: Happening) -> None:
        match happening:
            case Escrowed():
                self._decide(happening)
            case Credited():
                self._credit(happening, self._unit, self._fulfils(happening))
            case GivenBack():
                if accept := self.accept:
                    self._book.conclude(accept.n, Verdict.RETURNED)
                self._tell(told.GivenBack(happening.denomination, "machine.given-back"))
            case Rejected():
                self._tell(told.GivenBack(0, happening.code))
            case Restarted():
                self._restarted(happening.left)
            case Lost():
                self.stopped = True
                if self.accept:
                    self.give_up(happening.code)
                else:
                    self._unseen(happening.code)

    def _decide(self, note: Escrowed) -> None:
        refusal = self._refusal(note.denomination) if self.accept is None else "machine.not-now-note"
        if refusal:
            self._refuse(note, refusal)
            return
        try:
            accept = self._book.intend(
                Command.ACCEPT,
                within=self._book.account.active,
                device=NOTES,
                unit=self._unit,
                pieces=(Pieces(note.denomination, 1),),
                key=note.key,
            )
        except Retry:
            self._refuse(note, "machine.cannot-write")
            return
        self._rests = 0
        try:
            self.device.accept()
        except Misuse as refused:
            self._book.conclude(accept.n, Verdict.RETURNED, code=refused.reason.code)
        except Unanswered:
            return  # polls tell what became of it

    def _refuse(self, note: Escrowed, code: str) -> None:
        self._tell(told.GivenBack(note.denomination, code))
        with suppress(Misuse, Unanswered):  # on its way already, or polls tell
            self.device.give_back()

    def _fulfils(self, credit: Credited) -> int:
        """The accept that this credit is the end of, given up or not."""
        account = self._book.account
        accepts = [*account.open, *(unsure.intent for unsure in account.unknown)]
        return next((each.n for each in accepts if _is_ours(each) and each.key in (credit.key, NO_KEY)), 0)

    def _restarted(self, left: Left) -> None:
        accept = self.accept
        if accept is None:
            return
        match left:
            case Left.PATH:
                self._book.conclude(accept.n, Verdict.RETURNED, code="machine.given-back")
            case Left.STACKER if accept.key != NO_KEY:
                self._credit(Credited(accept.pieces[0].denomination, accept.key), self._unit, accept.n)
            case _:
                self.give_up("machine.restarted")

    def _look_for_end(self, *, is_silent: bool) -> None:
        """A device that stands at rest has told all that it will tell."""
        is_waiting = self.accept is not None and is_silent and self.device.standing in AT_REST
        self._rests = self._rests + 1 if is_waiting else 0
        if self._rests >= RESTS:
            self.give_up("machine.nothing-told")


def _is_ours(intent: Intent) -> bool:
    return intent.command is Command.ACCEPT and intent.device == NOTES and bool(intent.pieces)
