"""Trimming the books, in its order: shifts past `books.keep_days` into archives, then out of the database.

    plan -> for each day: [archive written, read back, compared, named] -> each shift, if it is still as the archive
    holds it, removed in a commit of its own

Each step may be the last before a crash. A shift that an archive holds already is found there by its digest, and only
has to be removed; one that changed in between goes into the next archive. What the ERP has not got stays.

Failures: `Retry` and `Halt` of the books. A day that cannot be archived now is told, and stops no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from ..books import Books, OldShift, Transaction
from ..errors import Reason, Trouble
from ..queues.durable import digest_of
from ..queues.salesarchives import SalesArchives
from .office import Office

Held = dict[tuple[str, str], Path]  # by a member's name and digest: an archive that has it


@dataclass(frozen=True)
class Plan:
    """What a run would do. `before`: the first day of which everything stays; None where nothing is ever too old."""

    before: date | None = None
    shifts: Sequence[OldShift] = ()
    staying: Sequence[OldShift] = ()  # old ones that the ERP has not got


@dataclass
class Trimmed:
    """What one run did."""

    plan: Plan
    shifts: list[tuple[OldShift, Path]] = field(default_factory=list)  # with their archives
    waiting: list[tuple[date, Reason]] = field(default_factory=list)  # what a later run will do


def plan(office: Office, books: Books) -> Plan:
    """What a run at this moment would do; changes nothing."""
    days = office.settings.books.keep_days
    if not days:
        return Plan()
    today = datetime.fromtimestamp(office.clock.now(), ZoneInfo(office.settings.timezone)).date()
    before = today - timedelta(days=days)
    with books.read() as txn:
        old = txn.old_shifts(datetime.combine(before, time.min))
    return Plan(before, [one for one in old if one.may_leave], [one for one in old if not one.may_leave])


def trim(office: Office, books: Books) -> Trimmed:
    """One run, in an office that is ours."""
    return _Run(office, books).run()


class _Run:
    def __init__(self, office: Office, books: Books) -> None:
        self._office = office
        self._books = books
        self._archives = SalesArchives(office.disk, office.layout)
        self._done = self._work = 0  # shifts

    def run(self) -> Trimmed:
        todo = plan(self._office, self._books)
        done = Trimmed(todo)
        self._work = len(todo.shifts)
        if todo.before:
            self._archives.sweep()
        for day, shifts in groupby(todo.shifts, _day):
            try:
                self._put_by(day, list(shifts), done)
            except Trouble as trouble:
                done.waiting.append((day, trouble.reason))
                self._office.log.warning("sales_not_trimmed", day=str(day), reason=str(trouble))
        if todo.before:
            self._office.log.info("books_trimmed", shifts=len(done.shifts), staying=len(todo.staying))
        return done

    def _put_by(self, day: date, shifts: list[OldShift], done: Trimmed) -> None:
        held = self._held(day, done)
        with self._books.read() as txn:
            lacking = [one for one in shifts if not held or _key(txn, one) not in held]
            if lacking:
                path, told = self._archives.add(day, self._files(txn, lacking))
                held |= dict.fromkeys(told.items(), path)
        for shift in shifts:
            self._remove(day, shift, held, done)

    def _held(self, day: date, done: Trimmed) -> Held:
        """A damaged archive holds nothing for certain: then the shifts go into the next one."""
        held: Held = {}
        for archive in self._archives.of(day):
            try:
                held |= dict.fromkeys(self._archives.held(archive).items(), archive)
            except Trouble as damaged:
                done.waiting.append((day, damaged.reason))
        return held

    def _files(self, txn: Transaction, shifts: Sequence[OldShift]) -> Iterator[tuple[str, bytes]]:
        for shift in shifts:
            self._done += 1
            self._office.progress("books", self._done, self._work)
            yield member(shift), b"".join(txn.told_of(shift.id))

    def _remove(self, day: date, shift: OldShift, held: Held, done: Trimmed) -> None:
        self._office.progress("books", self._done, self._work)
        with self._books.write() as txn:
            archive = held.get(_key(txn, shift))
            if archive:
                txn.put_by(shift.id, archive.name)
        if archive:
            done.shifts.append((shift, archive))
        else:  # it changed meanwhile
            done.waiting.append((day, Reason("trim.changed")))


def member(shift: OldShift) -> str:
    """The name of a shift's file in its archive."""
    place = shift.place
    return f"books/{place.shop}/{place.till}/{place.number}-{place.opened:%Y%m%dT%H%M%S}.jsonl"


def _key(txn: Transaction, shift: OldShift) -> tuple[str, str]:
    return member(shift), digest_of(txn.told_of(shift.id))


def _day(shift: OldShift) -> date:
    """On which it began; one without an open date is never too old."""
    return (shift.place.opened or shift.closed).date()
