"""A sales file's record and its file: from what was found to the record, and from the record to the name on the disk.

Failures: none.
"""

from __future__ import annotations

from pathlib import Path

from ..books import FileState, SalesFile
from ..errors import Fault
from ..queues.inbox import Found
from ..queues.layout import ONLINE
from ..queues.names import back, kept, printable


def arrived(arrival: int, found: Found, now: float) -> SalesFile:
    """The record of a file that is about to be claimed."""
    shown = printable(found.name)
    return SalesFile(
        arrival,
        shown,
        FileState.CLAIMED,
        now,
        kept="" if shown == found.name else kept(found.name),
        shop=printable(found.shop),
        till=printable(found.till),
        live=found.live,
        size=found.size,
    )


def file_name(file: SalesFile) -> str:
    """The name's own spelling."""
    return back(file.kept) if file.kept else file.name


def folder_of(file: SalesFile) -> str:
    """Where it was dropped, seen from the sales folder."""
    return Path(file.shop, file.till, ONLINE if file.live else "").as_posix().removeprefix(".")


def state_of(fault: Fault) -> FileState:
    """Where a rejected sales file ends."""
    return FileState.BROKEN if fault is Fault.BROKEN else FileState.ERROR
