"""What every page works with: an opened root and its books, to look on, and to change in its turn.

The store is opened once and kept: LMDB allows a process no second time. Whoever looks sees the last commit; whoever
changes something takes the root's lock as a verb does, and leaves an entry in the audit, before the act and after it.

Failures: those of the office and of the books; `Retry` (`office.locked`) where others work in the root for too long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from ..books import Books
from ..errors import Reason, Trouble
from ..pipeline.clock import Clock
from ..pipeline.collect import open_books
from ..pipeline.locks import Patience
from ..pipeline.office import Office, open_office
from ..pipeline.people import People
from ..pipeline.settings import Settings

WAIT = 20.0  # seconds for whoever else works in the root: somebody looks at an empty page meanwhile


@dataclass(frozen=True)
class Site:
    """One root's pages."""

    office: Office
    books: Books
    people: People
    _opening: threading.Lock = field(default_factory=threading.Lock)  # LMDB opens tables in one thread at a time

    def seen(self, language: str = "") -> Office:
        """The root to look on, its reasons told in `language`; "" = in that of its settings."""
        if self._opening.acquire(blocking=False):  # somebody else sees to it just now
            try:
                self.office.store.refresh()
            finally:
                self._opening.release()
        settings = self.office.settings
        return replace(
            self.office, settings=msgspec.structs.replace(settings, language=language or settings.language)
        )

    def act(self, who: str, verb: str, about: str, work: Callable[[Office], Reason]) -> int:
        """Does what somebody wants, in its turn. The number of its entry in the audit, which has what `work` says came
        of it, or why it could not be done; that goes up as well."""
        entry = self.people.begin_act(who, verb, about)
        self.office.log.info("act", who=who, verb=verb, about=about)
        try:
            with self._opening, self.office.turn(Patience(WAIT)):
                result = work(self.office)
        except Trouble as trouble:
            self.people.end_act(entry, trouble.reason)
            raise
        self.people.end_act(entry, result)
        return entry


@contextmanager
def open_site(root: Path, settings: Settings, *, clock: Clock | None = None, verbose: bool = False) -> Iterator[Site]:
    """Raises Halt where there is no root or no books of ours, Retry where the books do not answer."""
    with (
        open_office(root, settings=settings, weighing=True, verbose=verbose or None, clock=clock) as office,
        open_books(office) as books,
    ):
        yield Site(office, books, People(books, office.clock, settings.web))
