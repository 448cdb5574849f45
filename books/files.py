"""The sales files that came: the record of each arrival, and the numbers of arrivals.

Failures: none of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update

from ..model import RefusedSale, Told
from .nouns import FileState, SalesFile, Tally
from .session import Session
from .tables import FILE_SHIFTS, FILES, REFUSED

STATES = {state.value: state for state in FileState}


class Files:
    """The part of a transaction that knows files."""

    _session: Session

    def next_arrivals(self, count: int, above: int = 0) -> range:
        """`count` numbers greater than `above`, never given before, and never again once this is committed."""
        return self._session.count_on("arrival", count, above)

    def save(self, file: SalesFile) -> None:
        values = _values(file)
        if not self._session.run(update(FILES).where(FILES.c.arrival == file.arrival).values(values)):
            self._session.run(insert(FILES), values)

    def forget(self, arrival: int) -> None:
        """An arrival that never came about: its number was given, its file never moved."""
        self._session.run(delete(FILES).where(FILES.c.arrival == arrival))

    def file(self, arrival: int) -> SalesFile | None:
        found = self._session.first(select(FILES).where(FILES.c.arrival == arrival))
        return None if found is None else _file(found)

    def files(self, limit: int, state: FileState | None = None, shop: str = "", till: str = "") -> list[SalesFile]:
        """Newest first."""
        wanted = select(FILES).order_by(FILES.c.arrival.desc()).limit(limit)
        for column, value in ((FILES.c.state, state), (FILES.c.shop, shop), (FILES.c.till, till)):
            if value:
                wanted = wanted.where(column == str(value))
        return [_file(row) for row in self._session.rows(wanted)]

    def counts(self) -> dict[FileState, int]:
        """How many there are of each state."""
        counted = select(FILES.c.state, func.count().label("files")).group_by(FILES.c.state)
        found = {STATES[row.state]: row.files for row in self._session.rows(counted)}
        return {state: found.get(state, 0) for state in FileState}

    def unfinished(self) -> list[SalesFile]:
        """Those that are not put away yet, by arrival."""
        return [
            _file(row) for row in self._session.rows(select(FILES).where(~FILES.c.put_away).order_by(FILES.c.arrival))
        ]

    def refused(self, arrival: int, limit: int | None = None) -> list[RefusedSale]:
        """The first `limit` objects of a file that were not taken, in the order in which they were met."""
        wanted = select(REFUSED).where(REFUSED.c.arrival == arrival).order_by(REFUSED.c.place).limit(limit)
        found = self._session.rows(wanted)
        parts = msgspec.json.Decoder(dict[str, str | int])
        return [
            RefusedSale(row.line, row.section, row.key, row.field, row.code, parts.decode(row.parts), row.raw)
            for row in found
        ]

    def shifts_of(self, arrival: int) -> tuple[int, ...]:
        """Rows of the shifts that this file changed."""
        found = select(FILE_SHIFTS.c.shift_id).where(FILE_SHIFTS.c.arrival == arrival)
        return tuple(row.shift_id for row in self._session.rows(found.order_by(FILE_SHIFTS.c.shift_id)))


def _values(file: SalesFile) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(file, name) for name in SalesFile.__struct_fields__}
    values["state"] = str(file.state)
    values["reason"] = None if file.reason is None else msgspec.json.encode(file.reason).decode()
    values["tally"] = msgspec.json.encode(file.tally).decode()
    return values


def _file(row: Any) -> SalesFile:
    values = {name: row._mapping[name] for name in SalesFile.__struct_fields__}
    values["state"] = STATES[row.state]
    values["reason"] = None if row.reason is None else msgspec.json.decode(row.reason, type=Told)
    values["tally"] = msgspec.json.decode(row.tally, type=Tally)
    return SalesFile(**values)
