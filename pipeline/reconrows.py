"""What a reconciliation finds, as rows of plain values.

Money is decimal text in major units. Days and times of sales are the tills' own; when something was loaded or asked
is told in UTC.

Failures: none of its own.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ..books import (
    DayReckoning,
    DepartmentSums,
    MeansSums,
    Request,
    ShiftReckoning,
    ShiftStanding,
    Transaction,
    Version,
)
from ..model import ReceiptLine, ShiftPlace, ShiftSums, money
from .clock import moment
from .office import Office
from .reexport import Exported
from .telling import Telling

Row = dict[str, Any]


def exported(office: Office, done: Exported) -> Row:
    """What became of an export by hand."""
    return {
        "shifts": [{**_place(shift.place), "document": name} for shift, name in done.shifts],
        "written": done.outgone.written,
        "troubles": [reason.text(office.settings.language) for reason in done.outgone.troubles],
    }


def standing_row(shift: ShiftStanding) -> Row:
    """A shift that is to be exported."""
    return {
        "id": shift.id,
        **_place(shift.place),
        "closed": _time(shift.closed),
        "delivery": shift.delivery.value,
    }


def _place(place: ShiftPlace) -> Row:
    return {"shop": place.shop, "till": place.till, "shift": place.number, "opened": _time(place.opened)}


def shift_row(shift: ShiftReckoning, telling: Telling) -> Row:
    """What is told of a shift in every list."""
    return {
        "id": shift.id,
        **_place(shift.place),
        "closed": _time(shift.closed),
        "never_closed": shift.closed is None and shift.superseded,
        "complete": telling.is_complete(shift),
        **_sums(shift.sums),
        "till_gain": _told(shift.till_gain),
        "difference": _told(shift.difference),
        "drawer_before": _told(shift.drawer_before),
        "drawer": _text(shift.drawer),
        "till_drawer": _told(shift.till_drawer),
        "drawer_difference": _told(shift.drawer_difference),
        "missing": [list(both) for both in shift.missing],
        "shared": list(shift.shared),
        "outdated": shift.outdated,
        "delivery": shift.delivery.value,
        "delivered": shift.delivery.is_delivered,
    }


def _sums(sums: ShiftSums) -> Row:
    amounts = {
        "sales_cash": sums.sales_cash,
        "sales_cashless": sums.sales_cashless,
        "returns_cash": sums.returns_cash,
        "returns_cashless": sums.returns_cashless,
        "takings_cash": sums.takings_cash,
        "takings_cashless": sums.takings_cashless,
        "cash_in": sums.cash_in,
        "cash_out": sums.cash_out,
        "gain": sums.gain,
    }
    return {
        "receipts": sums.receipts,
        "annulled": sums.annulled,
        **{name: _text(amount) for name, amount in amounts.items()},
    }


def day_row(day: DayReckoning, telling: Telling) -> Row:
    """A day, with what there is to see to in the shifts that began on it."""
    shifts = [shift_row(shift, telling) for shift in day.shifts]
    return {
        "day": day.day.isoformat(),
        "documents": day.documents,
        **_sums(day.sums),
        "drawer": _text(day.drawer),
        "shifts": len(shifts),
        "open": sum(row["closed"] is None for row in shifts),
        "never_closed": sum(row["never_closed"] is True for row in shifts),
        "lacking": sum(bool(row["missing"]) for row in shifts),
        "differing": sum(bool(one.difference or one.drawer_difference) for one in day.shifts if one.closed),
        "undelivered": sum(not row["delivered"] for row in shifts),
    }


def means_row(one: MeansSums) -> Row:
    return {"means": one.means.value, "sales": _text(one.sales), "returns": _text(one.returns)}


def version_row(one: Version) -> Row:
    return {
        "id": one.id,
        "type": one.type,
        "number": one.number,
        "ended": _time(one.ended),
        "sum": _text(one.sum),
        "live": one.live,
        "arrival": one.arrival,
        "counts": one.counts,
    }


def line_row(line: ReceiptLine) -> Row:
    return {
        "id": line.id,
        "type": line.type,
        "number": line.number,
        "ended": _time(line.ended),
        "sum": _text(line.sum),
        "annulled": line.annulled,
    }


def department_row(one: DepartmentSums) -> Row:
    return {
        **({"day": one.day.isoformat()} if one.day else {}),
        "department": one.department,
        "lines": one.lines,
        "sales": _text(one.sales),
        "returns": _text(one.returns),
        "takings": _text(one.takings),
    }


def till_row(office: Office, txn: Transaction, shop: str, till: str, questions: int) -> Row:
    """A till, with the newest `questions` that it was asked."""
    load = txn.last_load(shop, till)
    return {
        "till": till,
        "last_load": moment(load) if load else None,
        "last_sale": _time(txn.last_sale(shop, till)),
        "requests": [_request(office, one) for one in txn.requests(shop, till, questions)],
    }


def _request(office: Office, request: Request) -> Row:
    late = office.clock.now() - request.asked > office.settings.collect.request_overdue_seconds
    waiting = "overdue" if late else "asked"
    return {
        "from": request.since.isoformat(),
        "to": request.until.isoformat(),
        "asked": moment(request.asked),
        "answered": moment(request.answered) if request.answered else None,
        "state": "answered" if request.answered else waiting,
    }


def _text(value: Decimal) -> str:
    return str(money(value))


def _told(value: Decimal | None) -> str | None:
    return None if value is None else _text(value)


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
