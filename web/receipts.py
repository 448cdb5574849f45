"""The pages of receipts: the list with its filters, and one receipt as it was printed.

Failures: `Reject` for a receipt that does not exist; those of the site.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator, Field, NaiveDatetime

from ..books import Sought
from ..pipeline.receiptviews import TYPES, receipt, receipts
from .fields import Number, Short
from .rendering import page
from .visitors import Viewer, language_of, site_of

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 50  # receipts
MOST = 10**12  # money that anybody asks for

Row = Annotated[Number, Path()]


def _blank(told: Any) -> Any:
    """Browsers send an empty field as \"\"."""
    return told or None


def _with_point(told: Any) -> Any:
    return (told.strip().replace(",", ".") or None) if isinstance(told, str) else told


Some = Annotated[Number | None, BeforeValidator(_blank)]
Sum = Annotated[Annotated[Decimal, Field(ge=-MOST, le=MOST, decimal_places=4)] | None, BeforeValidator(_with_point)]
Moment = Annotated[NaiveDatetime | None, BeforeValidator(_blank)]


def sought_of(
    shop: Short = "",
    till: Short = "",
    type: Annotated[Some, Query(description="The till's own: 1 a sale, 2 a return …")] = None,  # noqa: A002
    number: Annotated[Some, Query()] = None,
    goods: Annotated[str, Query(max_length=200, description="A code, a barcode, or a part of a name.")] = "",
    cashier: Annotated[str, Query(max_length=200, description="A code.")] = "",
    least: Annotated[Sum, Query()] = None,
    most: Annotated[Sum, Query()] = None,
    since: Annotated[Moment, Query(alias="from", description="On the till's clock, 2026-11-20T10:00.")] = None,
    until: Annotated[Moment, Query(alias="to", description="To the end of that minute.")] = None,
) -> Sought:
    """What an address asks for."""
    types = () if type is None else (type,)
    sums = {"least": least, "most": most}
    last = until and _to_its_end(until)
    return Sought(
        shop.strip(), till.strip(), types, number, goods.strip(), cashier.strip(), **sums, since=since, until=last
    )


def _to_its_end(minute: datetime) -> datetime:
    whole = minute.second or minute.microsecond
    return minute if whole else minute.replace(second=59, microsecond=999_999)


Asked = Annotated[Sought, Depends(sought_of)]


@router.get("/receipts")
def show_receipts(request: Request, visitor: Viewer, sought: Asked, below: Short = "") -> Response:
    site = site_of(request)
    found = receipts(site.books, sought, ON_A_PAGE, below)
    asked = {name: value for name, value in request.query_params.items() if value and name != "below"}
    return page(
        request,
        visitor,
        "receipts.html",
        rows=found["receipts"],
        size=ON_A_PAGE,
        asked=asked,
        below=below,
        newest=f"/receipts?{urlencode(asked)}",
        older=f"/receipts?{urlencode({**asked, 'below': found['older']})}" if found["older"] else "",
        shops=list(site.seen(language_of(request)).settings.shops),
        types=TYPES,
    )


@router.get("/receipts/{row}")
def show_receipt(request: Request, visitor: Viewer, row: Row) -> Response:
    return page(request, visitor, "receipt.html", receipt=receipt(site_of(request).books, row))
