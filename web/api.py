"""The same for programs, as JSON: what a GET answers is what the verb beside it prints with --json.

Whoever asks brings a token (`Authorization: Bearer …`), or is logged in. What is changed is changed by POST; an error
is `{"code": …, "text": …}`, its text in the language of the settings.

Failures: as the pages.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..pipeline import jobsview, views
from ..pipeline.exportsearch import Wanted, search
from ..pipeline.overview import overview
from ..pipeline.root import resync_size
from ..pipeline.settings import show
from . import acts, answers
from .answers import ALWAYS, UNREAD, errors
from .fields import Number
from .rendering import page
from .visitors import Admin, Operator, OurForm, Viewer, site_of

router = APIRouter(prefix="/api/v1", responses=ALWAYS)
CHANGE: dict[str, Any] = {  # what all routes have in common that change something
    "tags": ["change"],
    "dependencies": [OurForm],
    "response_model": answers.Entry,
    "responses": {**errors(403, 404, 409), **UNREAD},
}

MOST = 1000  # rows of one answer
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many, newest first.")]


def answer(found: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(found), status, headers, "application/json")


@router.get("", include_in_schema=False)
def show_api(request: Request, visitor: Viewer) -> Response:
    """The page of the API: what may be asked, made from its own description."""
    paths: dict[str, Any] = request.app.openapi()["paths"]
    return page(request, visitor, "api.html", paths=paths)


# --- to look on


@router.get("/overview", tags=["look"], response_model=answers.Overview)
def get_overview(request: Request, visitor: Viewer) -> Response:
    """Every shop and till with today's sales, what is held, the service and its jobs."""
    site = site_of(request)
    return answer(overview(site.seen(), site.books))


@router.get("/tills", tags=["look"], response_model=list[answers.Till])
def get_tills(request: Request, visitor: Viewer, shop: str = "") -> Response:
    """Tills and how they stand, as `tillpost till ls`."""
    return answer(views.tills(site_of(request).seen(), shop))


@router.get("/tills/{shop}/{till}/chunks", tags=["look"], response_model=list[answers.Chunk], responses=errors(404))
def get_chunks(request: Request, visitor: Viewer, shop: str, till: str) -> Response:
    """What stands in a till's folder, as `tillpost queue ls`."""
    office = site_of(request).seen()
    return answer(views.outstanding(office, views.till(office, shop, till)))


@router.get(
    "/tills/{shop}/{till}/chunks/{number}", tags=["look"], response_model=list[dict[str, Any]], responses=errors(404)
)
def get_commands(request: Request, visitor: Viewer, shop: str, till: str, number: Number) -> Response:
    """The commands of one chunk, as `tillpost queue show`."""
    office = site_of(request).seen()
    commands = views.commands(office, views.till(office, shop, till), number)
    return answer([msgspec.Raw(command.encode()) for command in commands])


@router.get("/tills/{shop}/{till}/resync", tags=["look"], response_model=answers.Size, responses=errors(404))
def get_resync(request: Request, visitor: Viewer, shop: str, till: str) -> Response:
    """How many commands a new filling of a till would take."""
    return answer({"commands": resync_size(site_of(request).seen(), shop, till)})


@router.get("/exports", tags=["look"], response_model=list[answers.Export])
def get_exports(
    request: Request,
    visitor: Viewer,
    limit: Limit = 50,
    state: str = "",
    shop: str = "",
    kind: str = "",
    name: str = "",
    unwell: bool = False,
    start: Annotated[Number | None, Query(ge=1, description="The newest that is wanted.")] = None,
) -> Response:
    """Exports, as `tillpost export ls`. Where there may be more, the header `X-Older` has the next `start`."""
    found = search(site_of(request).seen(), Wanted(state, shop, kind, name, unwell), limit, start)
    return answer(found.rows, headers={"X-Older": str(found.older)} if found.older else None)


@router.get("/exports/{arrival}", tags=["look"], response_model=answers.Verdict, responses=errors(404))
def get_export(request: Request, visitor: Viewer, arrival: Number) -> Response:
    """One export's verdict or plan, as `tillpost export show`."""
    office = site_of(request).seen()
    return answer(views.verdict(office, *views.export(office, arrival)))


@router.get("/jobs", tags=["look"], response_model=answers.Jobs)
def get_jobs(request: Request, visitor: Viewer) -> Response:
    """The service and its jobs, as `tillpost jobs ls`."""
    office = site_of(request).seen()
    return answer({"service": jobsview.service(office), "jobs": jobsview.rows(office)})


@router.get("/log", tags=["look"], response_model=list[answers.Entry], responses=errors(403))
def get_log(
    request: Request,
    visitor: Admin,
    limit: Limit = 50,
    who: str = "",
    about: str = "",
    before: Annotated[Number | None, Query(ge=1)] = None,
) -> Response:
    """Who did what, as `tillpost user log`."""
    site = site_of(request)
    language = site.office.settings.language
    return answer(site.people.acts(language, limit, before=before, who=who, about=about))


@router.get("/settings", tags=["look"], response_model=list[answers.Setting], responses=errors(403))
def get_settings(request: Request, visitor: Admin) -> Response:
    """Every setting, without passwords, as `tillpost config show`."""
    return answer(show(site_of(request).office.root))


# --- to change; each answers with its entry in the log


@router.post("/exports/{arrival}/release", **CHANGE)
def post_release(request: Request, visitor: Operator, arrival: Number) -> Response:
    """Lets a held export through, as `tillpost held release`."""
    return done(request, acts.release_export(site_of(request), visitor.name, arrival))


@router.post("/exports/{arrival}/refuse", **CHANGE)
def post_refuse(request: Request, visitor: Operator, arrival: Number) -> Response:
    """Refuses a held export, as `tillpost held refuse`."""
    return done(request, acts.refuse_export(site_of(request), visitor.name, arrival))


@router.post("/tills/{shop}/{till}/hold", **CHANGE)
def post_hold(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    """Offers a till nothing more, as `tillpost queue hold`."""
    return done(request, acts.hold_till(site_of(request), visitor.name, shop, till))


@router.post("/tills/{shop}/{till}/release", **CHANGE)
def post_release_till(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    """Lets a till on hold have its chunks again, as `tillpost queue release`."""
    return done(request, acts.release_till(site_of(request), visitor.name, shop, till))


@router.post("/tills/{shop}/{till}/resync", **CHANGE)
def post_resync(request: Request, visitor: Operator, shop: str, till: str) -> Response:
    """Empties a till and fills it anew, as `tillpost till resync`."""
    return done(request, acts.resync_till(site_of(request), visitor.name, shop, till))


def done(request: Request, entry: int) -> Response:
    site = site_of(request)
    (row,) = site.people.acts(site.office.settings.language, 1, before=entry + 1)
    return answer(row)
