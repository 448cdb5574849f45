"""How a page comes to be from a template: its language, its words, times as people read them.

Failures: those of a template that asks for what it was not given; a test makes every page.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..errors import LANGUAGES, Reason
from . import words
from .visitors import Visitor, language_of, site_of

TIMES = {"en": "%Y-%m-%d %H:%M:%S", "ru": "%d.%m.%Y %H:%M:%S"}
TO_THE_MINUTE = {"en": "%Y-%m-%d %H:%M", "ru": "%d.%m.%Y %H:%M"}
DAYS = {"en": "%Y-%m-%d", "ru": "%d.%m.%Y"}
NARROW = "\u202f"  # between the thousands


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tillpost.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["grouped"] = grouped
    return environment


def page(
    request: Request, visitor: Visitor | None, template: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """`visitor`: None where nobody is logged in."""
    language = language_of(request)
    made = _environment().get_template(template)
    shown = made.render(
        t=partial(_text, language),
        word=partial(words.word, language=language),
        age=partial(words.age, language=language),
        when=partial(_when, ZoneInfo(site_of(request).office.settings.timezone), language),
        at_till=partial(_at_till, language),
        day=partial(_day, language),
        light=words.LIGHTS.get,
        language=language,
        languages=LANGUAGES,
        visitor=visitor,
        path=request.url.path,
        here=_here(request),
        **values,
    )
    return HTMLResponse(shown, status)


def _here(request: Request) -> str:
    """Where the visitor is, to come back to."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _text(language: str, code: str, **parts: object) -> str:
    return Reason(code, **parts).text(language)


def _when(zone: ZoneInfo, language: str, moment: str) -> Markup:
    """A moment as `pipeline.clock` tells it, on the clock of the shops; "" = never."""
    if not moment:
        return Markup("–")
    at = datetime.fromisoformat(moment).astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(moment, at.strftime(TIMES[language]))


def _at_till(language: str, time: str | None) -> Markup:
    """A time as a till told it, on its own clock; None = it told none."""
    if time is None:
        return Markup("–")
    shown = datetime.fromisoformat(time).strftime(TO_THE_MINUTE[language])
    return Markup('<time datetime="{}">{}</time>').format(time, shown)


def _day(language: str, day: str) -> str:
    return date.fromisoformat(day).strftime(DAYS[language])


def grouped(count: int) -> str:
    return f"{count:,}".replace(",", NARROW)
