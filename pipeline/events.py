"""What happened that somebody should know, written down whether or not a command is told of it: exports that were held
or refused, sales files, tills in trouble, jobs that failed. Each event once, by the key under which it is told.

Events are numbered in their order and kept for ever, as the records of exports are; each is told in words when somebody
reads it, in their language.

Failures: a damaged store's `Halt` goes up. Where there is no room to write, that is logged, and done when the event is
told again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import Records, Store, Transaction
from ..errors import Reason, Retry
from ..model import Noun, Told
from . import errorsfile
from .clock import Clock
from .ledger import Ledger
from .logs import Log
from .notices import Event

SUBJECTS = {  # what an event is about, as the log of acts names it, by the code of its reason
    "export.told": "export {arrival}",
    "collect.told": "sales file {arrival}",
    "collect.told-refused": "sales file {arrival}",
    "collect.incomplete": "till {shop}/{till}",
    "till.halted": "till {shop}/{till}",
    "till.overdue": "till {shop}/{till}",
    "job.failed": "job {job}",
}
GROUPS = {"export": "exports", "collect": "sales", "till": "tills"}  # by the first word of the code
HOUSE = "house"  # all others


class Happened(Noun, frozen=True, omit_defaults=True):
    """One event. `at`: seconds since the epoch."""

    at: float
    event: Event
    key: str
    told: Told

    @property
    def about(self) -> str:
        """"" = the house as a whole."""
        return SUBJECTS.get(self.told.code, "").format_map(self.told.parts)

    @property
    def group(self) -> str:
        return GROUPS.get(self.told.code.partition(".")[0], HOUSE)


def _table(txn: Transaction) -> Records[Happened]:
    return Records(txn.table("events"), Happened)


def note(store: Store, clock: Clock, log: Log, event: Event, key: str, reason: Reason, language: str) -> None:
    """Writes an event down, and counts it where it is an error; unless that was done under this key before."""
    seen = f"event/{key}"
    with store.read() as txn:
        if Ledger(txn).was_seen(seen):
            return
    try:
        with store.write() as txn:
            if Ledger(txn).first_time(seen):
                now = clock.now()
                last = next((number for number, _ in newest(txn)), 0)
                _table(txn).put((last + 1,), Happened(now, event, key, Told.of(reason)))
                errorsfile.count(txn, event, key, reason.text(language), now)
    except Retry as trouble:
        log.warning("event_not_noted", key=key, reason=str(trouble))


def newest(txn: Transaction, below: int | None = None) -> Iterator[tuple[int, Happened]]:
    """Events with their numbers, newest first; those `below` a number where one is named."""
    start = None if below is None else (max(below - 1, 0),)
    for (number,), happened in _table(txn).scan(start=start, reverse=True):
        yield int(number), happened
