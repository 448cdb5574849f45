"""What a shift or a day is made of: departments, means of payment, documents, and the versions of these.

Failures: none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select

from ..model import NOTHING, Means, Move, ReceiptLine, direction
from .amounts import exact_sum
from .findings import DepartmentSums, MeansSums, Version
from .session import Session
from .shiftrows import of_tills, touch
from .summing import COUNTS, DAY
from .tables import DOCUMENTS, PAYMENTS, POSITIONS, SHIFTS, TILLS


class Breakdown:
    """The part of a transaction that looks into shifts and days."""

    _session: Session

    # --- departments, means

    def departments(self, shift: int) -> list[DepartmentSums]:
        """By department, those without one last."""
        return self._departments(DOCUMENTS.c.shift_id == shift)

    def departments_by_day(self, shop: str, till: str = "", *, since: date, until: date) -> list[DepartmentSums]:
        """Of each of these days, newest first."""
        shifts = self._session.rows(select(SHIFTS.c.id).join(TILLS).where(of_tills(shop, till) & touch(since, until)))
        mine = DOCUMENTS.c.shift_id.in_([row.id for row in shifts])
        return self._departments(mine & DAY.between(since, until), DAY.label("day"))

    def _departments(self, mine: ColumnElement[bool], *by: ColumnElement[Any]) -> list[DepartmentSums]:
        keys = (POSITIONS.c.department, DOCUMENTS.c.sign, *by)
        tables = DOCUMENTS.join(POSITIONS).join(SHIFTS, DOCUMENTS.c.shift_id == SHIFTS.c.id)
        wanted = select(*keys, func.count().label("lines"), exact_sum(POSITIONS.c.sum).label("sum"))
        wanted = wanted.select_from(tables).where(COUNTS & (DOCUMENTS.c.sign != 0) & mine)
        found: dict[tuple[Any, Any], dict[str, Any]] = {}
        for row in self._session.rows(wanted.group_by(*keys)):
            sums = found.setdefault((row.day if by else None, row.department), {"lines": 0})
            sums["lines"] += row.lines
            sums["sales" if row.sign > 0 else "returns"] = row.sum
        listed = [DepartmentSums(department, day, **sums) for (day, department), sums in found.items()]
        listed.sort(key=lambda one: (one.department is None, one.department or 0))
        return sorted(listed, key=lambda one: one.day or date.min, reverse=True)

    def means(self, shift: int) -> list[MeansSums]:
        """What a shift's receipts brought by each means that was used."""
        keys = (PAYMENTS.c.means, PAYMENTS.c.move, DOCUMENTS.c.type, DOCUMENTS.c.sign)
        mine = (DOCUMENTS.c.shift_id == shift) & COUNTS & (DOCUMENTS.c.sign != 0)
        wanted = select(*keys, exact_sum(PAYMENTS.c.sum).label("sum")).select_from(DOCUMENTS.join(PAYMENTS))
        found: defaultdict[str, list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
        for row in self._session.rows(wanted.where(mine).group_by(*keys)):
            way = direction(row.type, row.sign, Move(row.move))
            found[row.means][row.sign < 0] += row.sum * way * row.sign
        return [MeansSums(means, *found[means.value]) for means in Means if means.value in found]

    # --- documents

    def lines(self, shift: int, limit: int, above: int = -1) -> list[ReceiptLine]:
        """The documents that count with numbers above `above`, by number, then type."""
        columns = DOCUMENTS.c
        wanted = select(columns.type, columns.number, columns.sum, columns.ended, columns.annulled)
        mine = (columns.shift_id == shift) & COUNTS & (columns.number > above)
        order = (columns.number, columns.type)
        return [ReceiptLine(*row) for row in self._session.rows(wanted.where(mine).order_by(*order).limit(limit))]

    def versions(self, shift: int) -> list[Version]:
        """The documents of a shift of which there are several versions: all of these, those that count first."""
        columns = DOCUMENTS.c
        other = DOCUMENTS.alias("other")
        same = (other.c.shift_id == shift) & (other.c.type == columns.type) & (other.c.number == columns.number)
        wanted = select(
            columns.type,
            columns.number,
            columns.sum,
            columns.arrival,
            columns.ended,
            columns.live,
            columns.counts,
        ).where((columns.shift_id == shift) & exists().where(same & (other.c.id != columns.id)))
        order = (columns.number, columns.type, columns.counts.desc(), columns.id)
        return [Version(*row) for row in self._session.rows(wanted.order_by(*order))]
