"""Who changed what, when, and what came of it. An entry is written before its act and completed after it, because the
act may have its own commit elsewhere: one without a result tells that somebody tried, and nobody knows more.

Failures: none of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from ..model import Noun, Told
from .peopletables import AUDIT
from .session import Session


class Entry(Noun, frozen=True):
    """One act. `verb` is spelt as on the command line, `about` names what was changed."""

    id: int
    at: float
    who: str
    verb: str
    about: str
    result: Told | None


class Audit:
    """The part of a transaction that remembers acts; none is ever deleted."""

    _session: Session

    def note(self, who: str, verb: str, about: str, now: float, result: Told | None = None) -> int:
        """The number of the new entry."""
        row = self._session.greatest(AUDIT) + 1
        values = {"id": row, "at": now, "who": who, "verb": verb, "about": about, "result": _kept(result)}
        self._session.run(insert(AUDIT), values)
        return row

    def note_result(self, entry: int, result: Told) -> None:
        self._session.run(update(AUDIT).where(AUDIT.c.id == entry).values(result=_kept(result)))

    def entries(self, limit: int, *, before: int | None = None, who: str = "", about: str = "") -> list[Entry]:
        """Newest first; `before`: only those with lower numbers."""
        wanted = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(AUDIT.c.id < before)
        for column, value in ((AUDIT.c.who, who), (AUDIT.c.about, about)):
            if value:
                wanted = wanted.where(column == value)
        return [_entry(row) for row in self._session.rows(wanted)]


def _kept(result: Told | None) -> str | None:
    return None if result is None else msgspec.json.encode(result).decode()


def _entry(row: Any) -> Entry:
    result = None if row.result is None else msgspec.json.decode(row.result, type=Told)
    return Entry(row.id, row.at, row.who, row.verb, row.about, result)
