"""How many errors there were: a count that only grows, kept in the store and written down for monitoring that wants
no more than that.

    {"errors": 3, "last": "export goods.xml …", "at": "2026-11-21T10:00:00Z", "since": "2026-01-05T08:30:00Z"}

An error is an export or a sales file that ends in `error` or `broken`, a till that is halted, a job that failed or
settings that were refused: each once, by the key under which a person is told of it. What waits for a person (held, or
overdue) is none.

Failures: those of the store.
"""

from __future__ import annotations

import msgspec

from ..catalogue import Records, Transaction
from ..model import Noun
from .clock import moment
from .ledger import Ledger
from .notices import Event

COUNTED = frozenset({Event.BROKEN, Event.ERROR, Event.HALTED, Event.JOB, Event.SETTINGS})
KEY = ("all",)


class Errors(Noun, frozen=True, omit_defaults=True):
    """What was counted. Times are seconds since the epoch."""

    errors: int = 0
    last: str = ""
    at: float = 0.0
    since: float = 0.0  # the count began


def _table(txn: Transaction) -> Records[Errors]:
    return Records(txn.table("errors"), Errors)


def counted(txn: Transaction) -> Errors:
    return _table(txn).get(KEY) or Errors()


def count(txn: Transaction, event: Event, key: str, text: str, now: float) -> None:
    """Counts an event that is an error, unless it was counted under this key before."""
    if event in COUNTED and Ledger(txn).first_time(f"error/{key}"):
        before = counted(txn)
        _table(txn).put(KEY, Errors(before.errors + 1, text, now, before.since or now))


def page(errors: Errors) -> bytes:
    """The file."""
    told: dict[str, object] = {
        "errors": errors.errors,
        "last": errors.last,
        "at": moment(errors.at) if errors.at else None,
        "since": moment(errors.since) if errors.since else None,
    }
    return msgspec.json.encode(told) + b"\n"
