"""The pages of a till: what stands in its folder, the commands inside, and what a person does with it.

Failures: `Reject` for a till or a chunk that does not exist; those of the site.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator

from ..pipeline import chartviews, views
from ..pipeline.acting import about_till
from ..pipeline.root import resync_size
from . import acts
from .charts import depth_chart, depth_rows
from .fields import Number
from .rendering import page
from .visitors import Operator, OurForm, Viewer, language_of, site_of

router = APIRouter(include_in_schema=False, prefix="/tills/{shop}/{till}")

COMMANDS = 100  # on a page
DONE_TO_IT = 10  # entries of the audit beside it


@router.get("")
def show_till(
    request: Request,
    visitor: Viewer,
    shop: str,
    till: str,
    days: Annotated[Literal[1, 7, 30], BeforeValidator(int), Query()] = 1,
    done: Annotated[Number | None, Query()] = None,
) -> Response:
    """`days`: how far its chart looks back."""
    site, language = site_of(request), language_of(request)
    office = site.seen(language)
    state = views.till(office, shop, till)
    depths = chartviews.depths(office, site.books, shop, till, days)
    zone = ZoneInfo(office.settings.timezone)
    return page(
        request,
        visitor,
        "till.html",
        till=next(row for row in views.tills(office, shop) if row["till"] == till),
        chunks=views.outstanding(office, state),
        on_hold=state.held,
        days=days,
        periods=list(chartviews.PERIODS),
        depths=depth_rows(depths),
        chart=depth_chart(depths, days, zone, language),
        done=done,
        acts=site.people.acts(language, DONE_TO_IT, about=about_till(shop, till)),
    )


@router.get("/chunks/{number}")
def show_chunk(
    request: Request, visitor: Viewer, shop: str, till: str, number: Number, start: Annotated[Number, Query()] = 0
) -> Response:
    office = site_of(request).seen(language_of(request))
    commands = views.commands(office, views.till(office, shop, till), number)
    shown = commands[start : start + COMMANDS]
    place: dict[str, Any] = {"shop": shop, "till": till, "number": number}
    return page(
        request, visitor, "chunk.html", commands=shown, start=start, total=len(commands), size=COMMANDS, **place
    )


@router.get("/resync")
def ask_resync(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    """Says how much it would be; only the form on it does it."""
    office = site_of(request).seen(language_of(request))
    return page(request, visitor, "resync.html", shop=shop, till=till, commands=resync_size(office, shop, till))


@router.post("/resync", dependencies=[OurForm])
def resync(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    return _back(shop, till, acts.resync_till(site_of(request), visitor.name, shop, till))


@router.post("/hold", dependencies=[OurForm])
def hold(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    return _back(shop, till, acts.hold_till(site_of(request), visitor.name, shop, till))


@router.post("/release", dependencies=[OurForm])
def release(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    return _back(shop, till, acts.release_till(site_of(request), visitor.name, shop, till))


def _back(shop: str, till: str, entry: int) -> Response:
    return RedirectResponse(f"/tills/{shop}/{till}?done={entry}", 303)
