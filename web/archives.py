"""The pages of archives: which there are, what is in one, a file that is looked for, and bringing it back.

Failures: `Reject` for an archive or a file that does not exist, or cannot be brought back; those of the site.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator

from ..pipeline import archive as finding
from ..pipeline.acting import about_archive
from ..pipeline.archivesearch import Wanted, files, search, search_files
from ..queues.layout import ARCHIVED, Room, Trade
from . import acts
from .fields import Day, Number, Short
from .rendering import page
from .visitors import Operator, OurForm, Viewer, language_of, site_of

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 50  # archives, or files that were looked for
FILES = 200  # of one archive
DONE_TO_IT = 10  # entries of the audit beside it
LAST = 10**9  # file of an archive that anybody asks for

Long = Annotated[str, Query(max_length=4000)]  # a path in an archive


def _blank(told: Any) -> Any:
    """Browsers send an empty field as \"\"."""
    return told or None


def wanted_of(
    room: Annotated[Room | None, BeforeValidator(_blank), Query()] = None,
    trade: Annotated[Trade | None, BeforeValidator(_blank), Query()] = None,
    day: Annotated[Day, Query()] = None,
) -> Wanted:
    """What an address asks for."""
    return Wanted(room, trade, day)


Asked = Annotated[Wanted, Depends(wanted_of)]


@router.get("/archives")
def show_archives(request: Request, visitor: Viewer, wanted: Asked, file: Short = "", start: Long = "") -> Response:
    office = site_of(request).seen(language_of(request))
    words = file.strip()
    found = search_files(office, wanted, words, ON_A_PAGE, start) if words else search(office, wanted, ON_A_PAGE, start)
    told = {"room": wanted.room, "trade": wanted.trade, "day": wanted.day, "file": words}
    asked = {name: str(value) for name, value in told.items() if value}
    return page(
        request,
        visitor,
        "archives.html",
        found=found,
        asked=asked,
        start=start,
        newest=f"/archives?{urlencode(asked)}",
        older=f"/archives?{urlencode({**asked, 'start': found.older})}" if found.older else "",
        rooms=[room.value for room in ARCHIVED],
        trades=[trade.value for trade in Trade],
    )


@router.get("/archives/{folder}/{file}")
def show_archive(
    request: Request,
    visitor: Viewer,
    folder: str,
    file: str,
    start: Annotated[int, Query(ge=0, le=LAST)] = 0,
    done: Annotated[Number | None, Query()] = None,
) -> Response:
    site, language, name = site_of(request), language_of(request), f"{folder}/{file}"
    office = site.seen(language)
    return page(
        request,
        visitor,
        "archive.html",
        archive=finding.archive_row(finding.one(office, name)),
        found=files(office, name, FILES, start),
        start=start,
        done=done,
        acts=site.people.acts(language, DONE_TO_IT, about=about_archive(name)),
    )


@router.get("/archives/{folder}/{file}/restore")
def ask_restore(request: Request, visitor: Operator, folder: str, file: str, member: Long) -> Response:
    """Says which file it is; only the form on it brings it back."""
    office = site_of(request).seen(language_of(request))
    archive = finding.one(office, f"{folder}/{file}")
    row = finding.file_row(archive, finding.member(office, archive, member))
    return page(request, visitor, "restore.html", row=row)


@router.post("/archives/{folder}/{file}/restore", dependencies=[OurForm])
def restore(
    request: Request,
    visitor: Operator,
    folder: str,
    file: str,
    member: Annotated[str, Form(max_length=4000)],
) -> Response:
    entry = acts.restore_file(site_of(request), visitor.name, f"{folder}/{file}", member)
    return RedirectResponse(f"/archives/{quote(folder)}/{quote(file)}?done={entry}", 303)
