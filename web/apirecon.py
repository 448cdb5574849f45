"""Reconciliation and drawers for programs, as JSON: what a GET answers is what `recon` and `sales drawer` print.

Failures: as the pages.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from ..pipeline import drawerviews, reconviews
from ..pipeline.reconsearch import Place
from . import bookanswers, reconacts
from .answers import ALWAYS, errors
from .api import CHANGE, Limit, answer, done
from .fields import Day, From, Number, To
from .recon import AT_ONCE
from .visitors import Operator, Viewer, site_of

router = APIRouter(prefix="/api/v1", responses=ALWAYS)

By = Literal["", "shifts", "days", "departments"]
Below = Annotated[Number | None, Query(description="The shift with which the answer before ended.")]


@router.get(
    "/recon/{shop}",
    tags=["look"],
    response_model=bookanswers.Days | bookanswers.Shifts | bookanswers.Departments,
    responses=errors(404, 409),
)
def get_recon(
    request: Request,
    visitor: Viewer,
    shop: str,
    till: str = "",
    by: By = "",
    since: From = None,
    until: To = None,
    undelivered: bool = False,
    only_open: Annotated[bool, Query(alias="open")] = False,
    limit: Limit = 50,
    below: Below = None,
) -> Response:
    """A shop's days, or shifts, beside what tills count, as `tillpost recon ls`."""
    site = site_of(request)
    about = (site.seen(), site.books, shop, till, since, until)
    if by == "departments":
        return answer(reconviews.by_department(*about, limit=limit))
    if by == "days" or not (by or till or undelivered or only_open):
        return answer(reconviews.by_day(*about, limit=limit))
    which: dict[str, Any] = {"only_undelivered": undelivered, "only_open": only_open, "below": below}
    return answer(reconviews.by_shift(*about, limit=limit, **which))


@router.get("/recon/{shop}/{till}/{shift}", tags=["look"], response_model=bookanswers.WholeShift, responses=errors(404))
def get_shift(
    request: Request,
    visitor: Viewer,
    shop: str,
    till: str,
    shift: Number,
    opened: Annotated[Day, Query(description="The day on which it was opened.")] = None,
    after: Annotated[Number | None, Query(description="Documents from the next number on.")] = None,
    limit: Limit = 50,
) -> Response:
    """One shift whole, as `tillpost recon show`."""
    site, above = site_of(request), -1 if after is None else after
    return answer(reconviews.shift(site.seen(), site.books, shop, till, shift, opened, limit=limit, above=above))


@router.get("/cash/{shop}", tags=["look"], response_model=bookanswers.Drawers, responses=errors(404, 409))
def get_drawers(request: Request, visitor: Viewer, shop: str, since: From = None, until: To = None) -> Response:
    """What went in and out of the drawers of a shop's tills."""
    site = site_of(request)
    return answer(drawerviews.drawers(site.seen(), site.books, shop, since, until))


@router.get("/cash/{shop}/{till}", tags=["look"], response_model=bookanswers.Drawer, responses=errors(404, 409))
def get_drawer(
    request: Request,
    visitor: Viewer,
    shop: str,
    till: str,
    since: From = None,
    until: To = None,
    limit: Limit = 50,
    machine: Annotated[str, Query(description="With `entry`: the document with which the answer before ended.")] = "",
    entry: Annotated[Number | None, Query()] = None,
) -> Response:
    """What went in and out of a till's cash machine, as `tillpost sales drawer`."""
    site, below = site_of(request), None if entry is None else (machine, entry)
    found = drawerviews.drawer(site.seen(), site.books, shop, till, since, until, limit=limit, below=below)
    return answer(found)


@router.post("/recon/{shop}/export", **CHANGE)
def post_export(
    request: Request,
    visitor: Operator,
    shop: str,
    shift: Annotated[tuple[Number, ...], Form(max_length=AT_ONCE, description="Their `id`.")],
    again: Annotated[bool, Form(description="Also what the ERP was told just so before.")] = False,
) -> Response:
    """Writes shifts' documents for the ERP as they are now, as `tillpost recon export`."""
    entry = reconacts.export_shifts(site_of(request), visitor.name, Place(shop), shift, again=again)
    return done(request, entry)


@router.post("/recon/{shop}/ask", **CHANGE)
def post_ask(
    request: Request,
    visitor: Operator,
    shop: str,
    till: Annotated[str, Form(description="None = all of the shop.")] = "",
    since: Annotated[Day, Form(alias="from")] = None,
    until: Annotated[Day, Form(alias="to")] = None,
    yes: Annotated[bool, Form(description="Needed from a week on.")] = False,
) -> Response:
    """Asks tills for their sales of a period, as `tillpost sales request`."""
    entry = reconacts.ask_tills(site_of(request), visitor.name, Place(shop, till), since, until, yes=yes)
    return done(request, entry)
