"""The one place where the database's errors become ours.

What a server says goes by its SQLSTATE, what SQLite says by its result code; the library's own classes are too coarse
to tell a full disk from a damaged file.

Failures: `Retry` where the database is locked, gone, or has no room; `Halt` where it is damaged, or does not let us do
our work; `Reject` (error) where it refuses a value for good.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from ..errors import Fault, Halt, Reason, Reject, Retry, Trouble

# SQLite's primary result codes
_BUSY = {5: "SQLITE_BUSY", 6: "SQLITE_LOCKED", 15: "SQLITE_PROTOCOL", 9: "SQLITE_INTERRUPT"}
_FULL = {13: "SQLITE_FULL"}
_DAMAGED = {11: "SQLITE_CORRUPT", 26: "SQLITE_NOTADB"}
_GONE = {10: "SQLITE_IOERR", 7: "SQLITE_NOMEM"}
_REFUSED = {18: "SQLITE_TOOBIG", 19: "SQLITE_CONSTRAINT", 20: "SQLITE_MISMATCH", 25: "SQLITE_RANGE"}

# PostgreSQL's, by the beginning of their SQLSTATE, the longest first
_STATES = {
    "53100": "full",  # disk_full
    "55P03": "busy",  # lock_not_available
    "57014": "busy",  # query_canceled, by a time-out
    "25P03": "busy",  # idle_in_transaction_session_timeout
    "XX001": "damaged",
    "XX002": "damaged",
    "08": "gone",
    "22": "refused",
    "23": "refused",
    "40": "busy",  # a deadlock, a serialization failure
    "53": "gone",  # out of memory, too many connections
    "57P": "gone",  # shut down, starting up
    "58": "gone",  # its system's own troubles
}


@contextmanager
def told(database: str) -> Iterator[None]:
    """Within it errors are ours. `database` is shown to people: no password in it."""
    try:
        yield
    except DBAPIError as trouble:
        raise _of(trouble, database) from trouble
    except NoConnectionFree as trouble:
        raise Retry(Reason("books.busy", database=database, detail=_line(trouble))) from trouble
    except SQLAlchemyError as trouble:
        raise Halt(Reason("books.unusable", database=database, detail=_line(trouble))) from trouble


@contextmanager
def told_of_url(database: str) -> Iterator[None]:
    """Within it an URL is read and its driver loaded."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as trouble:
        raise Halt(Reason("books.url", database=database, detail=_line(trouble))) from trouble
    except ValueError as trouble:  # it would quote a piece of the URL, perhaps of the password
        raise Halt(Reason("books.url", database=database, detail="its port is no number")) from trouble


@contextmanager
def told_of_values() -> Iterator[None]:
    """Within it values go to the driver, which has no error of the database's for a number that no column holds."""
    try:
        yield
    except OverflowError as trouble:
        raise Reject(Reason("books.refused", detail=_line(trouble)), Fault.ERROR) from trouble


def _of(trouble: DBAPIError, database: str) -> Trouble:
    detail = _line(trouble.orig or trouble)
    match _kind(trouble):
        case "busy":
            return Retry(Reason("books.busy", database=database, detail=detail))
        case "full":
            return Retry(Reason("books.full", database=database, detail=detail))
        case "gone":
            return Retry(Reason("books.gone", database=database, detail=detail))
        case "damaged":
            return Halt(Reason("books.damaged", database=database, detail=detail))
        case "refused":
            return Reject(Reason("books.refused", detail=detail), Fault.ERROR)
        case _:
            return Halt(Reason("books.unusable", database=database, detail=detail))


def _kind(trouble: DBAPIError) -> str:
    cause = trouble.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None:
            return "refused" if isinstance(cause, sqlite3.DataError | sqlite3.IntegrityError) else "unusable"
        tables = {"busy": _BUSY, "full": _FULL, "damaged": _DAMAGED, "gone": _GONE, "refused": _REFUSED}
        return next((kind for kind, codes in tables.items() if code & 0xFF in codes), "unusable")
    state = getattr(cause, "sqlstate", None)
    if state is None:  # the connection never came about, or broke
        return "gone"
    return next((_STATES[state[:length]] for length in (5, 3, 2) if state[:length] in _STATES), "unusable")


def _line(trouble: BaseException) -> str:
    return (str(trouble).strip().splitlines() or [type(trouble).__name__])[0]
