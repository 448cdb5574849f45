"""What the pages of the reconciliation change: shifts are told to the ERP, tills are asked for their sales.

Failures: those of the pipeline's functions; `Reject` (recon.week) for a long period that nobody said yes to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from ..errors import Fault, Reason, Reject
from ..pipeline import reexport
from ..pipeline.acting import about_till
from ..pipeline.office import Office
from ..pipeline.reconsearch import Place
from ..pipeline.requests import Asked, Requests, outcome
from ..pipeline.salesviews import tills_of
from .site import Site


def about_place(place: Place) -> str:
    """How the audit names it."""
    return about_till(place.shop, place.till)


def export_shifts(site: Site, who: str, place: Place, rows: Collection[int], *, again: bool) -> int:
    """Writes the documents of these shifts for the ERP."""

    def work(office: Office) -> Reason:
        shifts = reexport.by_row(site.books, place.shop, place.till, rows)
        return reexport.outcome(reexport.export(office, site.books, shifts, again=again))

    return site.act(who, "recon export", about_place(place), work)


def questions(site: Site, place: Place, since: date | None, until: date | None) -> list[Asked]:
    """What would be asked of a till, or of every till of a shop. Raises Reject."""
    return _questions(site.office, site, place, since, until)


def ask_tills(site: Site, who: str, place: Place, since: date | None, until: date | None, *, yes: bool) -> int:
    """Asks for the sales of a period; one of a week or more after a `yes` alone."""

    def work(office: Office) -> Reason:
        wanted = _questions(office, site, place, since, until)
        if not yes and any(question.is_long for question in wanted):
            raise Reject(Reason("recon.week", days=longest(wanted)), Fault.ERROR)
        requests = Requests(office, site.books)
        return outcome([requests.try_to_ask(question) for question in wanted])

    return site.act(who, "sales request", about_place(place), work)


def longest(wanted: Sequence[Asked]) -> int:
    """How many days are asked for at most."""
    return max((question.until - question.since).days + 1 for question in wanted)


def _questions(office: Office, site: Site, place: Place, since: date | None, until: date | None) -> list[Asked]:
    requests = Requests(office, site.books)
    tills = [place.till] if place.till else tills_of(office, place.shop)
    return [requests.period(place.shop, till, since, until) for till in tills]
