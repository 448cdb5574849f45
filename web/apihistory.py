"""What the charts and the log draw on, for programs, as JSON: sales by the hour, depths of queues, what happened.

Failures: as the pages.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator, Field

from ..pipeline import chartviews
from ..pipeline.eventviews import Wanted, happened
from .answers import ALWAYS, Answer, Moment, Money, Text, errors
from .api import Limit, answer
from .fields import Day, Number, Short
from .visitors import Admin, Viewer, site_of

router = APIRouter(prefix="/api/v1", responses=ALWAYS)

Days = Annotated[Literal[1, 7, 30], BeforeValidator(int), Query(description="How far back.")]
Kind = Literal["", "exports", "sales", "tills", "house"]


class Hour(Answer):
    """`hour`: 0 to 23, on the tills' clocks."""

    hour: int
    receipts: int
    sales: Money
    returns: Money
    takings: Money


class Hours(Answer):
    shop: str
    till: str | None
    day: str
    receipts: int
    sales: Money
    returns: Money
    takings: Money
    hours: list[Hour] = Field(description="Those with receipts.")


class Part(Answer):
    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    chunks: int | None = Field(description="The most that stood there at one time; null = nobody looked.")
    commands: int
    waited_seconds: int


class Depths(Answer):
    shop: str
    till: str
    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    parts: list[Part] = Field(description="The whole period, oldest first.")


class Event(Answer):
    kind: Kind
    number: int
    at: Moment
    event: str
    about: str
    text: Text


class Events(Answer):
    events: list[Event]
    older: int | None = Field(description="What `below` asks for next; null = there are no more.")


@router.get("/recon/{shop}/hours", tags=["look"], response_model=Hours, responses=errors(404))
def get_hours(
    request: Request, visitor: Viewer, shop: str, till: str = "", day: Annotated[Day, Query()] = None
) -> Response:
    """A day of a shop or a till, hour by hour; where none is named, today."""
    site = site_of(request)
    return answer(chartviews.hours(site.seen(), site.books, shop, till, day))


@router.get("/tills/{shop}/{till}/depths", tags=["look"], response_model=Depths, responses=errors(404))
def get_depths(request: Request, visitor: Viewer, shop: str, till: str, days: Days = 1) -> Response:
    """How deep a till's queue was, part by part of the last days."""
    site = site_of(request)
    return answer(chartviews.depths(site.seen(), site.books, shop, till, days))


@router.get("/events", tags=["look"], response_model=Events, responses=errors(403))
def get_events(
    request: Request,
    visitor: Admin,
    kind: Kind = "",
    about: Annotated[Short, Query(description="`export 7`, `till 5/1` …")] = "",
    limit: Limit = 50,
    below: Annotated[Number | None, Query(ge=1)] = None,
) -> Response:
    """What happened, newest first. There may be fewer than `limit` before `older`."""
    rows, older = happened(site_of(request).seen(), Wanted(kind, about=about.strip()), limit, below)
    return answer({"events": rows, "older": older})
