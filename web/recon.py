"""The pages of the reconciliation: shifts, days and departments beside what tills count, one shift whole, what is told
to the ERP by hand, and what tills are asked for.

Failures: `Reject` for a shop, till or shift that does not exist; those of the site.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from ..pipeline import chartviews, reconviews, reexport
from ..pipeline.reconrows import standing_row
from ..pipeline.reconsearch import BY, ONLY, Place, Wanted, places, search
from . import reconacts
from .charts import hours_chart
from .fields import Day, From, Number, Short, To
from .rendering import page
from .visitors import Operator, OurForm, Viewer, language_of, site_of

router = APIRouter(include_in_schema=False, prefix="/recon")

AT_ONCE = 1_000  # shifts that are told by one form
DOCUMENTS = 100  # of a shift, on a page
DONE_TO_IT = 5  # entries of the audit beside it

Named = Annotated[str, Form(max_length=200)]
Yes = Annotated[bool, Form()]


@router.get("")
def show_recon(
    request: Request,
    visitor: Viewer,
    place: Short = "",
    by: Short = "",
    only: Short = "",
    since: From = None,
    until: To = None,
    below: Annotated[Number | None, Query()] = None,
    upto: Annotated[Day, Query()] = None,
    done: Annotated[Number | None, Query()] = None,
) -> Response:
    site, language = site_of(request), language_of(request)
    office = site.seen(language)
    known = places(office)
    if not known:
        return page(request, visitor, "recon.html", places=known)
    wanted = Wanted(Place.named(place) if place else known[0], by, since, until, only)
    found = search(office, site.books, wanted, below, upto)
    asked = {"place": str(wanted.place), "by": by, "only": only, "from": since or "", "to": until or ""}
    asked = {key: value for key, value in asked.items() if value}
    ahead = {"below": found.below or "", "upto": found.upto or ""}
    ahead = {key: value for key, value in ahead.items() if value}
    return page(
        request,
        visitor,
        "recon.html",
        places=known,
        wanted=wanted,
        found=found.rows,
        bys=BY,
        onlys=ONLY,
        at_newest=below is None and upto is None,
        newest=f"/recon?{urlencode(asked)}",
        older=f"/recon?{urlencode({**asked, **ahead})}" if ahead else "",
        done=done,
        acts=site.people.acts(language, DONE_TO_IT, about=reconacts.about_place(wanted.place)),
    )


@router.get("/hours")
def show_hours(
    request: Request, visitor: Viewer, place: Short = "", day: Annotated[Day, Query()] = None
) -> Response:
    """A day of a shop or a till, hour by hour; where none is named, the last one with sales."""
    site = site_of(request)
    office = site.seen(language_of(request))
    known = places(office)
    if not known:
        return page(request, visitor, "recon.html", places=known)
    whose = Place.named(place) if place else known[0]
    first, last = chartviews.days_with_sales(office, site.books, whose.shop, whose.till)
    meant = day or last
    found = chartviews.hours(office, site.books, whose.shop, whose.till, meant)
    return page(
        request,
        visitor,
        "hours.html",
        places=known,
        place=whose,
        found=found,
        chart=hours_chart(found),
        before=meant - timedelta(days=1) if meant > first else "",
        after=meant + timedelta(days=1) if meant < last else "",
    )


@router.get("/shifts/{row}")
def show_shift(
    request: Request, visitor: Viewer, row: Number, after: Annotated[Number | None, Query()] = None
) -> Response:
    site, above = site_of(request), -1 if after is None else after
    found = reconviews.shift_of(site.seen(language_of(request)), site.books, row, limit=DOCUMENTS, above=above)
    return page(request, visitor, "shift.html", shift=found, after=after)


@router.get("/export")
def ask_export(
    request: Request,
    visitor: Operator,
    place: Short,
    shift: Annotated[tuple[Number, ...], Query(max_length=AT_ONCE)] = (),
    every: bool = False,
    with_open: bool = False,
) -> Response:
    """Says which and how many there are; only the form on it writes them."""
    site, whose = site_of(request), Place.named(place)
    office = site.seen(language_of(request))
    if every:
        meant = reexport.undelivered(office, site.books, whose.shop, whose.till, with_open=with_open)
    else:
        meant = reexport.by_row(site.books, whose.shop, whose.till, shift)
    rows = [standing_row(one) for one in meant[:AT_ONCE]]
    return page(request, visitor, "recon-export.html", place=whose, shifts=rows, total=len(meant))


@router.post("/export", dependencies=[OurForm])
def export(
    request: Request,
    visitor: Operator,
    place: Named,
    shift: Annotated[tuple[Number, ...], Form(max_length=AT_ONCE)],
    again: Yes = False,
) -> Response:
    whose = Place.named(place)
    return _back(whose, reconacts.export_shifts(site_of(request), visitor.name, whose, shift, again=again))


@router.post("/ask", dependencies=[OurForm])
def ask(
    request: Request,
    visitor: Operator,
    place: Named,
    since: Annotated[Day, Form(alias="from")] = None,
    until: Annotated[Day, Form(alias="to")] = None,
    yes: Yes = False,
) -> Response:
    """From a week on it is asked first whether it is meant."""
    site, whose = site_of(request), Place.named(place)
    wanted = reconacts.questions(site, whose, since, until)
    if not yes and any(question.is_long for question in wanted):
        days = reconacts.longest(wanted)
        return page(
            request,
            visitor,
            "recon-ask.html",
            place=whose,
            since=since or "",
            until=until or "",
            days=days,
            tills=len(wanted),
        )
    return _back(whose, reconacts.ask_tills(site, visitor.name, whose, since, until, yes=yes))


def _back(place: Place, entry: int) -> Response:
    return RedirectResponse(f"/recon?{urlencode({'place': str(place), 'done': entry})}", 303)
