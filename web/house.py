"""The pages of those who run the house: who did what, and the settings as they are.

Failures: those of the site and of the settings.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

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
    who: Short = "",
    about: Short = "",
    before: Annotated[Number | None, Query(ge=1)] = None,
) -> Response:
    asked: dict[str, Any] = {"who": who.strip(), "about": about.strip()}
    found = site_of(request).people.acts(language_of(request), ON_A_PAGE + 1, before=before, **asked)
    entries, more = found[:ON_A_PAGE], found[ON_A_PAGE:]
    older = urlencode({**asked, "before": entries[-1]["entry"]}) if more else ""
    return page(request, visitor, "log.html", entries=entries, before=before, older=older, **asked)


@router.get("/settings")
def show_settings(request: Request, visitor: Admin) -> Response:
    rows = show(site_of(request).office.root)
    tables: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        tables.setdefault(str(row["setting"]).rpartition(".")[0], []).append(row)
    return page(request, visitor, "settings.html", tables=tables)
