"""Coming, going, and the language: the pages that a visitor may ask for before anybody knows them.

A visitor who is not logged in has an id as well, drawn with the page of the log-in: its form is bound to it, so that no
other site logs somebody in under a name of its own. The id is drawn anew when somebody comes in.

Failures: `Denied` for a form that is not ours.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ..errors import LANGUAGES, Reject
from ..pipeline import passwords
from .rendering import page
from .visitors import LANGUAGE, SESSION, Denied, OurForm, language_of, site_of, visitor_of

router = APIRouter(include_in_schema=False)

A_YEAR = 365 * 86_400  # seconds


def own(place: str) -> str:
    """A place of these pages; never another site's, whatever stands in the address."""
    return place if place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable() else "/"


def keep(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """A cookie that no script reads, and no other site makes a browser send."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


@router.get("/login")
def show_log_in(request: Request, to: str = "/") -> Response:
    with suppress(Denied):
        visitor_of(request)
        return RedirectResponse(own(to), 303)
    return _log_in_page(request, own(to))


def _log_in_page(request: Request, to: str, *, name: str = "", trouble: str = "", status: int = 200) -> Response:
    session = request.cookies.get(SESSION, "") or passwords.drawn()
    values = {"to": to, "name": name, "trouble": trouble, "form": passwords.form_token(session)}
    response = page(request, None, "login.html", status=status, **values)
    keep(request, response, SESSION, session)
    return response


@router.post("/login", dependencies=[OurForm])
def log_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=4096)] = "",
    to: Annotated[str, Form()] = "/",
) -> Response:
    site = site_of(request)
    address = request.client.host if request.client else ""
    try:
        session = site.people.log_in(name, password, address)
    except Reject as no:
        site.office.log.warning("log_in_refused", user=name[:64], address=address)
        status = 429 if no.reason.code == "people.wait" else 401
        trouble = no.reason.text(language_of(request))
        response = _log_in_page(request, own(to), name=name, trouble=trouble, status=status)
        if status == 429:
            response.headers["retry-after"] = str(no.reason.parts["seconds"])
        return response
    site.office.log.info("logged_in", user=name[:64], address=address)
    response = RedirectResponse(own(to), 303)
    keep(request, response, SESSION, session)
    return response


@router.post("/logout", dependencies=[OurForm])
def log_out(request: Request) -> Response:
    site_of(request).people.log_out(request.cookies.get(SESSION, ""))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION)
    return response


@router.post("/language", dependencies=[OurForm])
def choose_language(
    request: Request, language: Annotated[str, Form()] = "", to: Annotated[str, Form()] = "/"
) -> Response:
    response = RedirectResponse(own(to), 303)
    if language in LANGUAGES:
        keep(request, response, LANGUAGE, language, A_YEAR)
    return response
