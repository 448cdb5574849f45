"""The way back, in its order: sales files are claimed, booked and put away one by one; the ERP gets its documents.

    sales/<shop>/<till> -> .claimed/<arrival> -> [booked: one commit] -> room -> documents in the outbox

An arrival's number is committed before its file is moved, its verdict before its file is put away. After a crash
the next round finishes from the records alone: a claimed file is read again, a decided one is put away.

Failures: a Reject ends in its file's verdict; a Retry leaves the file as far as it came, to be tried again (with a
growing pause, while it is not decided), and stops no other; a Halt goes up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from ..books import Books, FileState, SalesFile
from ..errors import Reason, Reject, Retry
from ..model import Told
from ..queues.layout import Trade
from ..queues.rooms import Rooms
from .clock import moment
from .notices import Event
from .office import Office
from .outgoing import Outgoing, Outgone
from .pauses import pause
from .requests import Requests
from .salesarrivals import SalesArrivals
from .salesbooking import SalesReader
from .salesfiles import file_name, state_of
from .salesverdicts import why
from .surprise import foreseen

EVENTS = {FileState.BROKEN: Event.BROKEN, FileState.ERROR: Event.ERROR}


@dataclass
class Collected:
    """What one round did."""

    files: list[SalesFile] = field(default_factory=list)
    waiting: list[tuple[str, Reason]] = field(default_factory=list)  # name, why it was not taken
    outgone: Outgone = field(default_factory=Outgone)


@contextmanager
def open_books(office: Office) -> Iterator[Books]:
    """The sales database of an office. Raises Halt where it is not ours or damaged, Retry where it does not answer."""
    books = Books.open(office.settings.books_url(office.layout.state))
    try:
        yield books
    finally:
        books.close()


class Collect:
    """Runs rounds of the way back in one office."""

    def __init__(self, office: Office, books: Books) -> None:
        self._office = office
        self._books = books
        self._rooms = Rooms(office.disk, office.layout, trade=Trade.SALES, **office.settings.rights.of_rooms)
        self._arrivals = SalesArrivals(office, books, self._rooms)
        self._reader = SalesReader(office, books)
        self._outgoing = Outgoing(office, books)
        self._requests = Requests(office, books)
        self._tidied = ""  # the day on which that was done

    def round(self, *, once: bool = False) -> Collected:
        """Everything that can be done now. `once`: nobody comes again soon, so closed files are judged as they are,
        and those that wait for another try are tried."""
        done = Collected()
        self._arrivals.waiting.clear()
        self._tidy()
        self._resume(done, once=once)
        for batch in self._arrivals.claim(once=once):
            done.files.extend(self._examine(file) for file in batch)
            self._bring(done)
        done.waiting += self._arrivals.waiting
        self._bring(done)
        self._requests.note_answers()
        self._tell_incomplete()
        return done

    def _tidy(self) -> None:
        """What killed processes left: once by each process, and once a day."""
        today = moment(self._office.clock.now())[:10]
        if today == self._tidied:
            return
        try:
            self._rooms.tidy()
        except Retry as trouble:
            self._office.log.warning("sales_not_tidied", reason=str(trouble))
        self._tidied = today

    def _bring(self, done: Collected) -> None:
        outgone = self.write_out()
        done.outgone.written += outgone.written
        done.outgone.taken += outgone.taken
        done.outgone.troubles += [reason for reason in outgone.troubles if reason not in done.outgone.troubles]

    def write_out(self) -> Outgone:
        """Brings what is due to the outbox, as far as that takes it."""
        try:
            return self._outgoing.round()
        except Retry as trouble:
            self._office.log.warning("outbox_put_off", reason=str(trouble))
            return Outgone(troubles=[trouble.reason])

    # --- one file

    def _examine(self, file: SalesFile) -> SalesFile:
        """Decides one claimed file, and puts it away."""
        decided = self._decide(file)
        return decided if decided.state is FileState.CLAIMED else self._finish(decided)

    def _decide(self, file: SalesFile) -> SalesFile:
        """Books the file, or commits why not; still claimed where it must be tried again."""
        try:
            with foreseen(self._office.log, file=file.name, arrival=file.arrival):
                path = self._rooms.claimed_path(file.arrival, file_name(file))
                return self._reader.book(file, path)
        except Retry as trouble:
            return self._later(file, trouble)
        except Reject as no:
            return self._settle(file, no)

    def _settle(self, file: SalesFile, no: Reject) -> SalesFile:
        """Commits a verdict that books nothing; still claimed where not even that could be kept."""
        now = self._office.clock.now()
        decided = msgspec.structs.replace(file, state=state_of(no.fault), reason=Told.of(no.reason), decided=now)
        try:
            self._save(decided)
        except Retry as trouble:
            return self._later(file, trouble)
        return decided

    def _later(self, file: SalesFile, trouble: Retry) -> SalesFile:
        """The world is not ready: the file stays claimed, and the next try comes later each time. Unless it is decided
        after all: books that broke off while they answered may have kept the verdict."""
        office = self._office
        waiting = msgspec.structs.replace(
            file,
            state=FileState.CLAIMED,
            tries=file.tries + 1,
            next_try=office.clock.now() + pause(office.settings.arrival.retry_seconds, file.tries) * office.jitter(),
            reason=Told.of(trouble.reason),
        )
        office.log.warning("sales_put_off", file=file.name, arrival=file.arrival, reason=str(trouble))
        try:
            with self._books.write() as txn:
                known = txn.file(file.arrival)
                if known is not None and known.state is not FileState.CLAIMED:
                    return known
                txn.save(waiting)
        except Retry:  # books that do not answer take no note of it; the next round tries at once
            office.log.warning("try_not_noted", file=file.name, arrival=file.arrival)
        return waiting

    def _save(self, file: SalesFile) -> None:
        with self._books.write() as txn:
            txn.save(file)

    def _finish(self, file: SalesFile) -> SalesFile:
        """Puts a decided file away; where the disk does not take that now, each further round tries it again."""
        office = self._office
        try:
            text = None if file.state is FileState.PROCESSED else why(file, office.settings.language)
            day = moment(file.decided)[:10]
            where = self._rooms.put_away(file.arrival, file_name(file), file.state.value, day, text)
            self._tell(file)
            lies = office.layout.relative(where) if where else ""
            done = msgspec.structs.replace(file, put_away=True, where=lies)
            self._save(done)
        except Retry as trouble:
            office.log.warning("sales_not_put_away", file=file.name, arrival=file.arrival, reason=str(trouble))
            return file
        office.log.info(f"sales_{file.state}", file=file.name, arrival=file.arrival, shop=file.shop, till=file.till)
        return done

    def _tell(self, file: SalesFile) -> None:
        language = self._office.settings.language
        parts = {"name": file.name, "arrival": file.arrival, "shop": file.shop, "till": file.till}
        event = EVENTS.get(file.state)
        if event is not None and file.reason is not None:
            reason = Reason("collect.told", **parts, state=file.state.value, why=file.reason.text(language))
            self._office.tell(event, f"sales/{file.state}/{file.arrival}", reason)
        elif file.tally.refused:
            reason = Reason("collect.told-refused", **parts, refused=file.tally.refused, read=file.tally.read)
            self._office.tell(Event.REFUSED, f"sales/refused/{file.arrival}", reason)

    # --- after a crash, and later tries

    def _resume(self, done: Collected, *, once: bool) -> None:
        """Finishes what was begun: by a process that is gone, or at an earlier try."""
        with self._books.read() as txn:
            unfinished = txn.unfinished()
        for file in unfinished:
            if file.state is not FileState.CLAIMED:
                done.files.append(self._finish(file))
            elif (once or file.next_try <= self._office.clock.now()) and self._arrivals.still_ours(file):
                done.files.append(self._examine(file))

    # --- shifts that lack something

    def _tell_incomplete(self) -> None:
        """A closed shift that stays incomplete for long needs a person, once."""
        office = self._office
        before = office.clock.now() - office.settings.collect.shift_patience_seconds
        with self._books.read() as txn:
            places = [row.place for row in txn.closed_untold(before)]
        for place in places:
            key = f"incomplete/{place.shop}/{place.till}/{place.number}/{place.opened}"
            parts = {"shop": place.shop, "till": place.till, "shift": place.number}
            office.tell(Event.INCOMPLETE, key, Reason("collect.incomplete", **parts))
