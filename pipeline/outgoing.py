"""From the books to the outbox, and what the ERP took of it: every document exactly once, whole.

    due      written down by the booking
    written  whole in the outbox under a hidden name, synced; this commit; then revealed by its own name
    taken    the ERP deleted it: that is its receipt; or put its flag beside it, where `outbox.taken_by` says so

Where a crash falls between two of these, `recover` goes on: what is hidden and written is revealed, what is hidden
and still due is written anew; what is written and lies nowhere was taken (`queues.outbox` has the table). Nothing
counts as taken while the outbox's marker is not there: a share that is not mounted is empty, too.

The books are asked what is written only where the outbox does not look as it did when they were asked last.

Failures: `Retry` when the outbox or the books do not take it now; what is due stays due. A document whose name stands
for another file is told, and stops no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..books import Books, Sent
from ..errors import Reason, Retry
from ..queues.outbox import Look, Outbox
from .clock import moment
from .notices import Event
from .office import Office

BATCH = 500  # documents written with one commit


@dataclass
class Outgone:
    """What one round did."""

    written: int = 0
    taken: int = 0
    troubles: list[Reason] = field(default_factory=list)


class Outgoing:
    """The outbox of one office."""

    def __init__(self, office: Office, books: Books) -> None:
        self._office = office
        self._books = books
        self._outbox = Outbox(office.disk, office.layout.outbox, office.settings.rights.file_bits)
        self._flag = office.settings.outbox.flag
        self._seen: tuple[Look, int] | None = None  # when all was noted; the newest document that was written then

    def round(self) -> Outgone:
        """Notes what the ERP took, then brings what is due."""
        done = Outgone()
        if not self._office.outbox_marker.is_there():
            self._tell_away(done)
            return done
        self._recover(done)
        done.taken = self._observe(done)
        while self._write(done):
            pass
        return done

    def _tell_away(self, done: Outgone) -> None:
        reason = Reason("outgoing.no-marker", path=self._office.layout.outbox)
        done.troubles.append(reason)
        self._office.tell(Event.OUTBOX, f"outbox/{moment(self._office.clock.now())[:10]}", reason)

    def _recover(self, done: Outgone) -> None:
        """What was left half done: by a process that was stopped, this one at an earlier try, or another beside it."""
        staged = self._outbox.look().staged
        if not staged:
            return
        with self._books.read() as txn:
            written = {entry.name for entry in txn.written()}
        for name in sorted(staged - written):
            self._outbox.drop(name)
        self._reveal(sorted(staged & written), done)

    def _reveal(self, names: list[str], done: Outgone) -> None:
        clashes = self._outbox.reveal(names)
        done.troubles += clashes
        done.written += len(names) - len(clashes)

    def _observe(self, done: Outgone) -> int:
        """Notes what the ERP took; how much."""
        look = self._outbox.look()
        with self._books.read() as txn:
            newest = txn.last_written()
            if (look, newest) == self._seen:
                return 0
            written = txn.written()
        look = self._outbox.look()  # what was written by now was there, whoever wrote it
        if not self._office.outbox_marker.is_there():  # the share may have gone before it was looked into
            return 0
        left = {entry.name: entry.id for entry in written if entry.name not in look.staged}
        taken = [name for name in left if self._is_taken(name, look)]
        self._note_taken([left[name] for name in taken], look.there.intersection(taken))
        self._seen = look, newest
        if self._flag:
            self._remove_flags(look, {entry.name for entry in written}.difference(taken))
            self._bring_back([(left[name], name) for name in left if name not in look.there | set(taken)], done)
        return len(taken)

    def _is_taken(self, name: str, look: Look) -> bool:
        return name + self._flag in look.there if self._flag else name not in look.there

    def _note_taken(self, ids: list[int], names: frozenset[str]) -> None:
        """`names`: of those that the ERP left to us to remove."""
        if names:
            self._outbox.remove(sorted(names))
        if ids:
            with self._books.write() as txn:
                txn.mark_taken(ids, self._office.clock.now())
            self._office.log.info("documents_taken", documents=len(ids))

    def _remove_flags(self, look: Look, waiting: set[str]) -> None:
        """Flags of what is taken: now, or before a crash. One of a name that is none of ours stays."""
        flagged = {name.removesuffix(self._flag) for name in look.there if name.endswith(self._flag)} - waiting
        if flagged:
            with self._books.read() as txn:
                taken = txn.taken_among(flagged)
            self._outbox.remove(name + self._flag for name in taken)

    def _bring_back(self, gone: list[tuple[int, str]], done: Outgone) -> None:
        """What went without a flag was not taken: the ERP gets it again, under its name."""
        if gone:
            with self._books.write() as txn:
                txn.mark_due([row for row, _ in gone])
            self._seen = None
            done.troubles.append(Reason("outgoing.unflagged", documents=len(gone), name=gone[0][1]))

    def _write(self, done: Outgone) -> bool:
        """Brings the next batch; whether there may be more."""
        with self._books.read() as txn:
            due = txn.due(BATCH)
        if not due:
            return False
        staged = self._stage(due, done)
        self._outbox.sync()
        with self._books.write() as txn:
            txn.mark_written([entry.id for entry in staged], self._office.clock.now())
        self._reveal([entry.name for entry in staged], done)
        self._office.log.info("documents_written", documents=len(staged))
        return len(staged) == BATCH

    def _stage(self, due: list[Sent], done: Outgone) -> list[Sent]:
        """As many of them, from the first on, as the outbox takes; Retry where that is none. Whole documents must not
        lie hidden on a disk that they have filled: only what the ERP sees can it take, and make room by that."""
        staged: list[Sent] = []
        for entry in due:
            try:
                self._outbox.stage(entry.name, entry.body)
            except Retry as trouble:
                if not staged:
                    raise
                self._office.log.warning("outbox_put_off", reason=str(trouble))
                done.troubles.append(trouble.reason)
                break
            staged.append(entry)
        return staged
