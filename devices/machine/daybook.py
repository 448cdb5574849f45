"""The journal of a machine together with its documents: each operation that has ended is told in a document, also where
the power went between the two.

How far the documents have come stands in the journal itself (`Place`). A document that cannot be written stops the next
operation from being begun, never one that is under way.

Failures: as the journal; `Retry` where a document cannot be written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ...errors import Retry
from ..journal.account import Account
from ..journal.entries import Command, Credit, Entry, Intent, Outcome, Verdict
from ..journal.journal import Journal
from ..nouns import NO_KEY, Credited, Key, Pieces
from .documents import Documents, documents

PAPERS = "documents"
"""What the journal remembers it by how far the documents have come."""


class Daybook:
    """One machine's."""

    def __init__(self, journal: Journal, papers: Documents) -> None:
        self._journal, self._papers = journal, papers
        self._told_to = 0  # the last entry that was looked at for documents

    @property
    def account(self) -> Account:
        return self._journal.account

    @property
    def entries(self) -> Sequence[Entry]:
        return self._journal.entries

    def begin(
        self,
        command: Command,
        *,
        unit: str = "",
        device: str = "",
        amount: int = 0,
        pieces: Iterable[Pieces] = (),
        about: str = "",
        to: str = "",
        counter: int | None = None,
    ) -> Intent:
        """An operation of its own. Raises Retry where an earlier document cannot be written."""
        self.publish()
        return self._journal.intend(
            command,
            unit=unit,
            device=device,
            amount=amount,
            pieces=pieces,
            about=about,
            to=to,
            counter=counter,
            within=0,
        )

    def intend(
        self,
        command: Command,
        *,
        within: int,
        device: str,
        unit: str,
        pieces: Iterable[Pieces],
        counter: int | None = None,
        key: Key = NO_KEY,
    ) -> Intent:
        """A part of the operation `within`; 0 = of none. It stays in this file: entries before it may want a document
        yet."""
        return self._journal.intend(
            command,
            within=within,
            device=device,
            unit=unit,
            pieces=pieces,
            counter=counter,
            key=key,
            may_continue=False,
        )

    def credit(self, credited: Credited, of: int, device: str) -> Credit | None:
        """None: it was known, and counts no more."""
        fresh = self._journal.credit(credited, of, device=device)
        newest = self.entries[-1]
        return newest if fresh and isinstance(newest, Credit) else None

    def remember(self, device: str, place: Key) -> None:
        self._journal.remember(device, place)

    def conclude(
        self,
        of: int,
        verdict: Verdict,
        *,
        taken: Iterable[Pieces] = (),
        paid: Iterable[Pieces] = (),
        removed: Iterable[Pieces] = (),
        unpaid: Iterable[Pieces] = (),
        moved: Iterable[Pieces] = (),
        code: str = "",
    ) -> None:
        self._journal.conclude(
            of, verdict, taken=taken, paid=paid, removed=removed, unpaid=unpaid, moved=moved, code=code
        )

    def resolve(
        self,
        of: int,
        verdict: Verdict,
        by: str,
        why: str = "",
        *,
        taken: Iterable[Pieces] = (),
        paid: Iterable[Pieces] = (),
        removed: Iterable[Pieces] = (),
        moved: Iterable[Pieces] = (),
    ) -> None:
        """A person's word on what nobody knew."""
        self._journal.resolve(of, verdict, by, why, taken=taken, paid=paid, removed=removed, moved=moved)
        self.publish()

    def given(self, operation: int) -> tuple[Pieces, ...]:
        """What has gone out in the parts of `operation`, which is open or was ended last."""
        parts, out = set[int](), Counter[int]()
        for entry in self.entries:
            if isinstance(entry, Intent) and entry.within == operation:
                parts.add(entry.n)
            elif isinstance(entry, Outcome) and entry.of in parts:
                for pieces in (*entry.paid, *entry.removed):
                    out[pieces.denomination] += pieces.count
        return tuple(Pieces(denomination, count) for denomination, count in sorted(out.items()))

    # --- documents

    @property
    def is_behind(self) -> bool:
        """Whether entries have come that may want a document."""
        return self.account.last > self._told_to

    def publish(self) -> None:
        """Writes the documents that are not written yet. Raises Retry, also where the next one could not be written."""
        last = self.account.place(PAPERS)[2]
        for document in documents(self.entries, last):
            self._papers.publish(document)
            self._journal.remember(PAPERS, ("", 0, document.entry))
        self._told_to = self.account.last
        self._papers.check()

    def try_to_publish(self) -> Retry | None:
        """The same where nothing may fail; what kept it from being written."""
        try:
            self.publish()
        except Retry as trouble:
            return trouble
        return None
