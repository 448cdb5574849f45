"""The pages of exports: the list with its filters, and one export: its verdict, its plan, and what a person decides.

Failures: `Reject` for an export that does not exist or is not held; those of the site.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from ..pipeline import views
from ..pipeline.acting import about_export
from ..pipeline.exportsearch import KINDS, Wanted, search
from ..pipeline.ledger import ExportState
from . import acts
from .fields import Number, Short
from .rendering import page
from .visitors import Operator, OurForm, Viewer, language_of, site_of

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 50  # exports
LINES = 200  # refused records of one export
DONE_TO_IT = 10  # entries of the audit beside it


@router.get("/exports")
def show_exports(
    request: Request,
    visitor: Viewer,
    state: Short = "",
    shop: Short = "",
    kind: Short = "",
    name: Short = "",
    unwell: bool = False,
    start: Annotated[Number | None, Query(ge=1)] = None,
) -> Response:
    office = site_of(request).seen(language_of(request))
    wanted = Wanted(state, shop, kind, name.strip(), unwell)
    found = search(office, wanted, ON_A_PAGE, start)
    asked = {key: value for key, value in msgspec.to_builtins(wanted).items() if value}
    return page(
        request,
        visitor,
        "exports.html",
        found=found,
        size=ON_A_PAGE,
        wanted=wanted,
        start=start,
        newest=f"/exports?{urlencode(asked)}",
        older=f"/exports?{urlencode({**asked, 'start': found.older})}" if found.older else "",
        states=[each.value for each in ExportState],
        kinds=KINDS,
        shops=list(office.settings.shops),
    )


@router.get("/exports/{arrival}")
def show_export(
    request: Request,
    visitor: Viewer,
    arrival: Number,
    start: Annotated[Number, Query()] = 0,
    done: Annotated[Number | None, Query()] = None,
) -> Response:
    site, language = site_of(request), language_of(request)
    office = site.seen(language)
    found = views.verdict(office, *views.export(office, arrival))
    return page(
        request,
        visitor,
        "export.html",
        export=found,
        start=start,
        lines_shown=LINES,
        done=done,
        acts=site.people.acts(language, DONE_TO_IT, about=about_export(arrival)),
    )


@router.post("/exports/{arrival}/release", dependencies=[OurForm])
def release(request: Request, visitor: Operator, arrival: Number) -> Response:
    return _back(arrival, acts.release_export(site_of(request), visitor.name, arrival))


@router.post("/exports/{arrival}/refuse", dependencies=[OurForm])
def refuse(request: Request, visitor: Operator, arrival: Number) -> Response:
    return _back(arrival, acts.refuse_export(site_of(request), visitor.name, arrival))


def _back(arrival: int, entry: int) -> Response:
    return RedirectResponse(f"/exports/{arrival}?done={entry}", 303)
