"""The pages of the drawers, as the books see them: what cash machines told, and what it comes to.

Failures: `Reject` for a shop or till that does not exist; those of the site.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..pipeline import drawerviews
from ..pipeline.reconsearch import Place, places
from .fields import From, Number, Short, To
from .rendering import page
from .visitors import Viewer, language_of, site_of

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 50  # documents
DAYS = 7  # where nobody names a period


@router.get("/cash")
def show_cash(
    request: Request,
    visitor: Viewer,
    place: Short = "",
    since: From = None,
    until: To = None,
    machine: Short = "",
    entry: Annotated[Number | None, Query()] = None,
) -> Response:
    """`machine`, `entry`: the document with which the page before ended."""
    site = site_of(request)
    office = site.seen(language_of(request))
    known = places(office)
    if not known:
        return page(request, visitor, "cash.html", places=known)
    whose = Place.named(place) if place else known[0]
    if since is None and until is None:
        since, until = drawerviews.last_days(office, site.books, whose.shop, whose.till, days=DAYS)
    if whose.till:
        below = None if entry is None else (machine, entry)
        found = drawerviews.drawer(
            office, site.books, whose.shop, whose.till, since, until, limit=ON_A_PAGE, below=below
        )
    else:
        found = drawerviews.drawers(office, site.books, whose.shop, since, until)
    asked = {"place": str(whose), "from": since or "", "to": until or ""}
    ahead: Any = found.get("next")
    return page(
        request,
        visitor,
        "cash.html",
        places=known,
        place=whose,
        found=found,
        at_newest=entry is None,
        newest=f"/cash?{urlencode(asked)}",
        older=f"/cash?{urlencode({**asked, **ahead})}" if ahead else "",
    )
