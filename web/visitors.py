"""Who asks for a page: somebody with a session's cookie, or a program with a token; in which language they read; and
whether what they send came from a form of ours.

Failures: `Denied`, told as a page, or to a program as JSON: 401 for nobody we know, 403 for a role that does not
suffice or a form that is not ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated

from fastapi import Depends, Form, Request

from ..books import Role
from ..errors import LANGUAGES, Reason
from ..pipeline.passwords import form_token
from .site import Site

SESSION, LANGUAGE = "tillpost_session", "tillpost_language"  # cookies
API = "/api/"


class Denied(Exception):
    """Not for this visitor."""

    def __init__(self, status: int, reason: Reason) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Visitor:
    """`session`: the id in the cookie, "" = a program; `form`: what a form of ours must bring."""

    name: str
    role: Role
    session: str = ""

    @property
    def form(self) -> str:
        return form_token(self.session)

    def may(self, role: str) -> bool:
        """For templates: whether the role suffices."""
        return self.role.suffices(Role(role))


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def language_of(request: Request) -> str:
    """As the visitor chose it; else as the browser asks; else as the settings say."""
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted = _accepted(request.headers.get("accept-language", ""))
    return next((one for one in wanted if one in LANGUAGES), site_of(request).office.settings.language)


def _accepted(header: str) -> list[str]:
    """Languages by how much they are wanted: `ru-RU, en;q=0.5` -> ru, en."""
    found: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        found.append((-weight, name.partition("-")[0].lower()))
    return [name for weight, name in sorted(found, key=lambda each: each[0]) if weight < 0]


def is_program(request: Request) -> bool:
    return request.url.path.startswith(API)


def token_of(request: Request) -> str:
    """What a program brings; "" where nobody does. No browser sends it along unasked, as it does other credentials."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and is_program(request) else ""


def visitor_of(request: Request) -> Visitor:
    """Raises Denied where it is nobody we know."""
    people = site_of(request).people
    if token := token_of(request):
        program = people.program(token)
        if program is not None:
            return Visitor(*program)
    elif session := request.cookies.get(SESSION, ""):
        visit = people.visit(session, stays="hx-request" not in request.headers)
        if visit is not None:
            return Visitor(visit.user, visit.role, session)
    raise Denied(401, Reason("web.log-in-first"))


class AtLeast:
    """A dependency: the visitor, whose role must suffice."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def __call__(self, request: Request) -> Visitor:
        visitor = visitor_of(request)
        if not visitor.role.suffices(self._role):
            raise Denied(403, Reason("web.role", role=self._role, mine=visitor.role))
        return visitor


def check_form(request: Request, form: Annotated[str, Form()] = "") -> None:
    """A dependency of everything that changes something. Whoever brings a token needs no form. A script of ours may
    bring the form's token in a header."""
    if token_of(request):
        return
    brought = form or request.headers.get("x-form-token", "")
    session = request.cookies.get(SESSION, "")
    if not session and is_program(request):
        raise Denied(401, Reason("web.log-in-first"))
    if not session or not compare_digest(brought.encode(), form_token(session).encode()):
        raise Denied(403, Reason("web.form"))


Viewer = Annotated[Visitor, Depends(AtLeast(Role.VIEWER))]
Operator = Annotated[Visitor, Depends(AtLeast(Role.OPERATOR))]
Admin = Annotated[Visitor, Depends(AtLeast(Role.ADMIN))]
OurForm = Depends(check_form)
