"""Receipts and archives for programs, as JSON: the same rows as on the pages.

Failures: as the pages.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from ..pipeline.archivesearch import files, search, search_files
from ..pipeline.receiptviews import receipt, receipts
from . import acts, archives, receiptanswers
from .answers import ALWAYS, errors
from .api import CHANGE, MOST, Limit, answer, done
from .fields import Short
from .receipts import Asked, Row
from .visitors import Operator, Viewer, site_of

router = APIRouter(prefix="/api/v1", responses=ALWAYS)


@router.get("/receipts", tags=["look"], response_model=receiptanswers.Receipts, responses=errors(409))
def get_receipts(request: Request, visitor: Viewer, sought: Asked, limit: Limit = 50, below: Short = "") -> Response:
    """Receipts, newest first. Where there may be more, `older` is what `below` asks for next; there may be fewer than
    `limit` before it."""
    return answer(receipts(site_of(request).books, sought, limit, below))


@router.get("/receipts/{row}", tags=["look"], response_model=receiptanswers.Receipt, responses=errors(404))
def get_receipt(request: Request, visitor: Viewer, row: Row) -> Response:
    """One version of a receipt, whole."""
    return answer(receipt(site_of(request).books, row))


@router.get(
    "/archives",
    tags=["look"],
    response_model=receiptanswers.Archives | receiptanswers.ArchivedFiles,
    responses=errors(404, 409),
)
def get_archives(
    request: Request,
    visitor: Viewer,
    wanted: archives.Asked,
    limit: Limit = 50,
    file: Annotated[str, Query(max_length=200, description="Files called so, and not archives.")] = "",
    start: archives.Long = "",
) -> Response:
    """Archives, or files in them, newest first, as `tillpost archive ls`. `older` is the next `start`, "" = there are
    no more; `damaged` tells what could not be read to its end."""
    office = site_of(request).seen()
    if file.strip():
        return answer(search_files(office, wanted, file.strip(), limit, start))
    return answer(search(office, wanted, limit, start))


@router.get(
    "/archives/{folder}/{file}", tags=["look"], response_model=receiptanswers.ArchivedFiles, responses=errors(404, 409)
)
def get_archive(
    request: Request,
    visitor: Viewer,
    folder: str,
    file: str,
    limit: Limit = MOST,
    start: Annotated[int, Query(ge=0, le=archives.LAST)] = 0,
) -> Response:
    """The files in one archive, as `tillpost archive show`."""
    return answer(files(site_of(request).seen(), f"{folder}/{file}", limit, start))


@router.post("/archives/{folder}/{file}/restore", **CHANGE)
def post_restore(
    request: Request, visitor: Operator, folder: str, file: str, member: Annotated[str, Form(max_length=4000)]
) -> Response:
    """Brings one file back to where it lay, as `tillpost archive restore`."""
    return done(request, acts.restore_file(site_of(request), visitor.name, f"{folder}/{file}", member))
