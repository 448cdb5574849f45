"""The application: which pages there are, and what becomes of errors.

Failures: none go up. `Reject` is 404 for what does not exist and 409 for what cannot be done, `Retry` 503, `Halt` and
what nobody foresaw 500; a person gets a page, a program JSON.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from .. import __version__
from ..errors import Halt, Reason, Reject, Retry
from . import (
    api,
    apibooks,
    apihistory,
    apirecon,
    archives,
    cash,
    exports,
    house,
    logins,
    overview,
    receipts,
    recon,
    tills,
)
from .describing import description_of
from .headers import STATIC, Strict
from .rendering import page
from .site import Site
from .visitors import Denied, Visitor, is_program, language_of, site_of, visitor_of

NOT_THERE = frozenset(
    {"view.no-arrival", "view.no-till", "view.no-chunk", "view.no-shop", "sales.no-shift", "recon.no-shift"}
    | {"view.no-receipt", "archive.none", "archive.no-member"}
)
APIS = (api, apirecon, apibooks, apihistory)
AGAIN = "30"  # seconds after which a try may do better



def application(site: Site) -> FastAPI:
    app = FastAPI(
        title="tillpost",
        version=__version__,
        description=api.__doc__ or "",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's own pages fetch their scripts elsewhere; ours is /api/v1
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    app.openapi = description_of(app)  # type: ignore[method-assign]
    for part in (logins, overview, exports, tills, recon, cash, receipts, archives, house, *APIS):
        app.include_router(part.router)
    app.mount(STATIC, StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_middleware(Strict)
    app.add_exception_handler(Denied, _denied)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _no_such_page)
    for trouble in (Reject, Retry, Halt):
        app.add_exception_handler(trouble, _trouble)
    app.add_exception_handler(Exception, _surprise)
    return app


def _told(request: Request, status: int, reason: Reason, visitor: Visitor | None = None) -> Response:
    """An error, for people or for programs."""
    if is_program(request):
        text = reason.text(site_of(request).office.settings.language)
        return api.answer({"code": reason.code, "text": text}, status)
    return page(request, visitor, "trouble.html", status=status, number=status, text=reason.text(language_of(request)))


def _known(request: Request) -> Visitor | None:
    try:
        return visitor_of(request)
    except Denied:
        return None


def _denied(request: Request, denied: Exception) -> Response:
    assert isinstance(denied, Denied)  # noqa: S101 - as it is registered
    if denied.status != 401:
        return _told(request, denied.status, denied.reason, _known(request))
    if is_program(request):
        response = _told(request, 401, denied.reason)
        response.headers["www-authenticate"] = "Bearer"
        return response
    if "hx-request" in request.headers:  # a part of a page: the page as a whole must go
        return Response(status_code=401, headers={"hx-redirect": "/login"})
    if request.method != "GET":
        return RedirectResponse("/login", 303)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/login?to={quote(request.url.path + query)}", 303)


def _trouble(request: Request, trouble: Exception) -> Response:
    assert isinstance(trouble, Reject | Retry | Halt)  # noqa: S101 - as it is registered
    if isinstance(trouble, Reject):
        status = 404 if trouble.reason.code in NOT_THERE else 409
    else:
        status = 503 if isinstance(trouble, Retry) else 500
    if status >= 500:
        site_of(request).office.log.error("page_failed", path=request.url.path, reason=str(trouble))
    response = _told(request, status, trouble.reason, _known(request) if status < 500 else None)
    if status == 503:
        response.headers["retry-after"] = AGAIN
    return response


def _not_understood(request: Request, trouble: Exception) -> Response:
    return _told(request, 400, Reason("web.not-understood"), _known(request))


def _no_such_page(request: Request, trouble: Exception) -> Response:
    assert isinstance(trouble, HTTPException)  # noqa: S101 - as it is registered
    reason = Reason("web.no-page") if trouble.status_code == 404 else Reason("web.not-understood")
    response = _told(request, trouble.status_code, reason, _known(request))
    response.headers.update(trouble.headers or {})  # which methods there are, where it was none of them
    return response


def _surprise(request: Request, surprise: Exception) -> Response:
    """A fault of our own; the server's log has its trace."""
    site_of(request).office.log.error("page_not_understood", path=request.url.path, kind=type(surprise).__name__)
    return _told(request, 500, Reason("job.surprise", kind=type(surprise).__name__))
