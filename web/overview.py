"""The first page: how every shop and till stands, what waits for somebody, how the jobs go.

Failures: those of the site.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..pipeline import chartviews
from ..pipeline.overview import overview
from .charts import hours_chart
from .rendering import page
from .visitors import Viewer, language_of, site_of

router = APIRouter(include_in_schema=False)

DRAWN = 6  # shops: of more there are links to their charts


@router.get("/")
def show_overview(request: Request, visitor: Viewer) -> Response:
    site = site_of(request)
    office = site.seen(language_of(request))
    found: dict[str, Any] = overview(office, site.books)
    shops = [shop["shop"] for shop in found["shops"]]
    renewed = "hx-request" in request.headers  # the page keeps its charts then
    hours = [] if renewed else [chartviews.hours(office, site.books, shop) for shop in shops[:DRAWN]]
    charts = {one["shop"]: (one, hours_chart(one)) for one in hours}
    return page(request, visitor, "overview.html", charts=charts, **found)
