"""Trimming, in its order: files of past days into archives, then what is past its age goes.

    plan -> for each room, trade and day: [archive written, compared, named] -> files removed
         -> archives, replies and taken documents past their age deleted; chunks that no till needs -> the run noted

Each step may be the last before a crash: a file is removed only when an archive holds it, compared byte for byte, and
the next run finds by the same comparison what only has to be removed.

Failures: as `trimplan`. A day that cannot be archived now is told in the account, and stops no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Reason, Retry, Trouble
from ..model import Noun
from ..queues.archives import Archives, Spot
from ..queues.layout import Room
from ..queues.names import printable
from .clock import moment
from .delivery import Delivery
from .ledger import Ledger
from .office import Office
from .trimplan import LEAPT, TRIMMED, Bundle, Plan, books_of, has_books, plan

LOGGED = 100  # of what was not trimmed, in each run: somebody may drop a whole disk into a room

__all__ = ["Account", "Archived", "Plan", "plan", "trim"]


class Archived(Noun, frozen=True):
    """One room, trade and day that was trimmed. `path` is its new archive; None where older ones held everything."""

    spot: Spot
    files: int
    bytes: int
    path: Path | None
    kept: int = 0  # of `files`: in older archives already


@dataclass
class Account:
    """What one run did."""

    archived: list[Archived] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)  # archives
    replies: list[str] = field(default_factory=list)
    chunks: int = 0
    documents: int = 0
    shifts: int = 0  # out of the books
    leapt: float | None = None  # as in the plan
    left: list[tuple[Path, Reason]] = field(default_factory=list)  # what a person should look at
    waiting: list[tuple[Path, Reason]] = field(default_factory=list)  # what a later run will do

    @contextmanager
    def told(self, path: Path) -> Iterator[None]:
        """What goes wrong at `path` is told, and stops nothing else."""
        try:
            yield
        except Retry as trouble:
            self.waiting.append((path, trouble.reason))
        except Trouble as trouble:
            self.left.append((path, trouble.reason))


def trim(office: Office, *, trust_clock: bool = False) -> Account:
    """One run, in an office that is ours. `trust_clock`: a person says that the clock is right."""
    return _Run(office).run(trust_clock=trust_clock)


class _Run:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._archives = Archives(office.disk, office.layout, self._seen)
        self._work = self._done = 0  # bytes to read, and read by now

    def run(self, *, trust_clock: bool) -> Account:
        office, layout = self._office, self._office.layout
        todo = plan(office, trust_clock=trust_clock)
        done = Account(leapt=todo.leapt, left=todo.left, waiting=todo.waiting)
        with done.told(layout.backup):
            self._archives.sweep()
        self._work = 2 * sum(file.size for bundle in todo.bundles for file in bundle.lacking)
        for bundle in todo.bundles:
            with done.told(layout.room(Room(bundle.spot.room)) / bundle.spot.trade / bundle.spot.day.isoformat()):
                self._put_by(bundle, done)
        if todo.leapt is None:
            self._delete_what_is_old(todo, done)
        with done.told(layout.chunks):
            done.chunks = Delivery(office).prune()
        with done.told(layout.state):
            self._note(done)
        self._log(done)
        return done

    def _put_by(self, bundle: Bundle, done: Account) -> None:
        """Archives what no archive holds, then removes all of it from the room."""
        lacking = bundle.lacking
        path = self._archives.add(bundle.spot, lacking) if lacking else None
        changed = self._archives.remove(bundle.spot, bundle.files, bundle.folders)
        done.waiting += [(file.path, Reason("trim.changed")) for file in changed]
        gone = [file for file in bundle.files if file not in changed]
        if gone:
            size = sum(file.size for file in gone)
            done.archived.append(Archived(bundle.spot, len(gone), size, path, len(bundle.files) - len(lacking)))
            name = self._office.layout.relative(path) if path else ""
            self._office.log.info("day_archived", day=bundle.spot.folder, files=len(gone), bytes=size, archive=name)

    def _seen(self, count: int) -> None:
        self._done += count
        self._office.progress("trim", self._done, self._work)

    def _delete_what_is_old(self, todo: Plan, done: Account) -> None:
        layout = self._office.layout
        with done.told(layout.backup):
            self._archives.drop(todo.archives)
            done.deleted = [archive.name for archive in todo.archives]
        with done.told(layout.replies):
            self._archives.drop_replies(todo.replies)
            done.replies = todo.replies
        if has_books(self._office):
            with done.told(layout.outbox), books_of(self._office) as books, books.write() as txn:
                done.documents = txn.drop_bodies(todo.before)
            with done.told(layout.books_archive):
                self._trim_books(done)

    def _trim_books(self, done: Account) -> None:
        from .bookstrim import trim as trim_sales  # noqa: PLC0415 - as the books

        if self._office.settings.books.keep_days:
            with books_of(self._office) as books:
                trimmed = trim_sales(self._office, books)
            done.shifts = len(trimmed.shifts)
            done.waiting += [(self._office.layout.books_archive, reason) for _, reason in trimmed.waiting]

    def _note(self, done: Account) -> None:
        """When this was, for the next run to judge its clock by."""
        now = self._office.clock.now()
        with self._office.store.write() as txn:
            Ledger(txn).note(TRIMMED, str(now))
            if done.leapt is not None:
                Ledger(txn).note(LEAPT, f"{moment(now)[:10]} {done.leapt}")

    def _log(self, done: Account) -> None:
        log, language = self._office.log, self._office.settings.language
        for path, reason in (*done.left, *done.waiting)[:LOGGED]:
            log.warning("not_trimmed", path=printable(str(path)), reason=reason.text(language))
        if done.leapt is not None:
            log.warning("nothing_deleted_for_its_age", last=moment(done.leapt))
        log.info(
            "trimmed",
            files=sum(one.files for one in done.archived),
            left=len(done.left),
            waiting=len(done.waiting),
            archives_deleted=len(done.deleted),
            replies_deleted=len(done.replies),
            chunks_removed=done.chunks,
            documents_dropped=done.documents,
            shifts_trimmed=done.shifts,
        )
