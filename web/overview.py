"""The first page: how every shop and till stands, what waits for somebody, how the jobs go.

Failures: those of the site.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..pipeline.overview import overview
from .rendering import page
from .visitors import Viewer, language_of, site_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_overview(request: Request, visitor: Viewer) -> Response:
    site = site_of(request)
    found: dict[str, Any] = overview(site.seen(language_of(request)), site.books)
    return page(request, visitor, "overview.html", **found)
