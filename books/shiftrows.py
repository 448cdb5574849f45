"""Shifts as rows to be compared: with what tills count, with their neighbours, and with whether the ERP has them.

Failures: none.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, literal, or_, select

from .findings import SHIFT_SUBJECT, ShiftDelivery
from .nouns import DeliveryState
from .tables import DELIVERIES, SHIFT_RECORDS, SHIFTS, TILLS

_STATES = {
    DeliveryState.DUE.value: ShiftDelivery.DUE,
    DeliveryState.WRITTEN.value: ShiftDelivery.WRITTEN,
    DeliveryState.TAKEN.value: ShiftDelivery.TAKEN,
}


def shift_rows(shop: str = "", till: str = "") -> Select[Any]:
    """Shifts with their records' counts, and what is known of their neighbours and documents for the ERP."""
    return _every().where(of_tills(shop, till))


@cache
def _every() -> Select[Any]:
    """Made once: to make a question of so many parts takes longer than to answer it."""
    columns = (SHIFTS.c.id, SHIFTS.c.starts, SHIFTS.c.closed, SHIFTS.c.told)
    counts = (SHIFT_RECORDS.c.gain, SHIFT_RECORDS.c.cash_end)
    tables = SHIFTS.join(TILLS).outerjoin(SHIFT_RECORDS, SHIFTS.c.record_id == SHIFT_RECORDS.c.id)
    beside = (_cash_before().label("before"), _superseded().label("superseded"), _state().label("state"))
    place = (TILLS.c.shop, TILLS.c.till, SHIFTS.c.number, SHIFTS.c.opened)
    return select(*place, *columns, *counts, *beside).select_from(tables)


def of_tills(shop: str, till: str) -> ColumnElement[bool]:
    """An empty name stands for every one."""
    mine = TILLS.c.shop == shop if shop else literal(True)
    return mine & (TILLS.c.till == till) if till else mine


def touch(since: date, until: date) -> ColumnElement[bool]:
    """Shifts that have documents of these days, or began on them."""
    begun = func.coalesce(SHIFTS.c.first, SHIFTS.c.starts) <= last_of(until)
    going = func.coalesce(SHIFTS.c.last, SHIFTS.c.starts) >= first_of(since)
    return (begun | (SHIFTS.c.starts <= last_of(until))) & (going | (SHIFTS.c.starts >= first_of(since)))


def _cash_before() -> ColumnElement[Any]:
    """What the till counted at the end of the shift before."""
    earlier, record = SHIFTS.alias("earlier"), SHIFT_RECORDS.alias("earlier_record")
    tables = earlier.outerjoin(record, earlier.c.record_id == record.c.id)
    mine = (earlier.c.till_id == SHIFTS.c.till_id) & (earlier.c.starts < SHIFTS.c.starts)
    found = select(record.c.cash_end).select_from(tables).where(mine)
    return found.order_by(earlier.c.starts.desc()).limit(1).correlate(SHIFTS).scalar_subquery()


def _superseded() -> ColumnElement[bool]:
    later = SHIFTS.alias("after")
    return exists().where((later.c.till_id == SHIFTS.c.till_id) & (later.c.starts > SHIFTS.c.starts))


def _state() -> ColumnElement[Any]:
    """Of the shift's latest document for the ERP."""
    mine = DELIVERIES.c.subject == literal(SHIFT_SUBJECT) + cast(SHIFTS.c.id, Text)
    found = select(DELIVERIES.c.state).where(mine).order_by(DELIVERIES.c.version.desc())
    return found.limit(1).correlate(SHIFTS).scalar_subquery()


@cache
def undelivered() -> ColumnElement[bool]:
    """As `delivery` says, in SQL."""
    finished = SHIFTS.c.closed.is_not(None) | _superseded()
    coming = _state().in_((DeliveryState.DUE.value, DeliveryState.WRITTEN.value))
    return or_(~SHIFTS.c.told & finished, SHIFTS.c.told & coming)


def delivery(row: Any) -> ShiftDelivery:
    """Of a row of `shift_rows`."""
    if row.told:
        return ShiftDelivery.UNWANTED if row.state is None else _STATES[row.state]
    if row.closed is None and not row.superseded:
        return ShiftDelivery.OPEN
    return ShiftDelivery.NONE if row.state is None else ShiftDelivery.CHANGED


def first_of(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time.min)


def last_of(day: date) -> datetime:
    """Its last moment."""
    return datetime.combine(day, time.max)
