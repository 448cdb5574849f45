"""The pages of those who run the house: what happened and who did what, and the settings as they are.

Failures: those of the site and of the settings.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..pipeline.eventviews import KINDS, Spot, Wanted, past
from ..pipeline.settings import show
from .fields import Number, Short
from .rendering import page
from .visitors import Admin, language_of, site_of

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 100  # entries


@router.get("/log")
def show_log(
    request: Request,
    visitor: Admin,
    kind: Short = "",
    who: Short = "",
    about: Short = "",
    act: Annotated[Number | None, Query(ge=1)] = None,
    event: Annotated[Number | None, Query(ge=1)] = None,
) -> Response:
    """`act`, `event`: where in both lists the page before ended."""
    site = site_of(request)
    wanted = Wanted(kind, who.strip(), about.strip())
    found = past(site.seen(language_of(request)), site.people, wanted, ON_A_PAGE, Spot(act, event))
    asked = {key: value for key, value in msgspec.to_builtins(wanted).items() if value}
    ahead = {key: value for key, value in msgspec.to_builtins(found.older).items() if value} if found.older else {}
    return page(
        request,
        visitor,
        "log.html",
        rows=found.rows,
        wanted=wanted,
        kinds=KINDS,
        at_newest=act is None and event is None,
        newest=f"/log?{urlencode(asked)}",
        older=f"/log?{urlencode({**asked, **ahead})}" if ahead else "",
    )


@router.get("/settings")
def show_settings(request: Request, visitor: Admin) -> Response:
    rows = show(site_of(request).office.root)
    tables: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        tables.setdefault(str(row["setting"]).rpartition(".")[0], []).append(row)
    return page(request, visitor, "settings.html", tables=tables)
