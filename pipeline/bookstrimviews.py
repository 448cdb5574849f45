"""What there is to see of trimming the books, or of its plan: the same rows for both, for tables and for JSON.

Failures: none.
"""

from __future__ import annotations

from ..books import OldShift
from .bookstrim import Plan, Trimmed
from .office import Office
from .views import Row


def planned(plan: Plan) -> Row:
    """What a run would do."""
    return {**_head(plan), "shifts": [_shift(one) for one in plan.shifts], "waiting": []}


def done(office: Office, trimmed: Trimmed) -> Row:
    """What a run did."""
    language = office.settings.language
    return {
        **_head(trimmed.plan),
        "shifts": [_shift(one, archive.name) for one, archive in trimmed.shifts],
        "waiting": [{"day": day.isoformat(), "why": why.text(language)} for day, why in trimmed.waiting],
    }


def _head(plan: Plan) -> Row:
    before = plan.before.isoformat() if plan.before else None
    return {"before": before, "staying": [{**_shift(one), "delivery": one.delivery.value} for one in plan.staying]}


def _shift(one: OldShift, archive: str | None = None) -> Row:
    place = one.place
    return {
        "shop": place.shop,
        "till": place.till,
        "shift": place.number,
        "opened": place.opened.isoformat() if place.opened else None,
        "closed": one.closed.isoformat(),
        "documents": one.documents,
        "archive": archive,
    }
