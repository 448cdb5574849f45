"""What the tills have dropped at one moment: sales files, live receipts, and what can be neither.

    sales/<shop>/<till>/NAME          what the till was asked for, or sends by itself
    sales/<shop>/<till>/online/NAME   its live receipts
    sales/<shop>/NAME, sales/NAME     no till's: found all the same, with no till, so that somebody is told

Whose a file is, its folders say. Links are seen, never followed; folders in a till's folder, but for `online`, are
found as what they are. Names that begin with a dot or say that their file is not finished are passed over, and so is
our own request for sales.

Failures: `Missing` where the tills' folder is not there, else as the disk says. A folder in it that cannot be read
stops no other: its trouble stands in the scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import Reason, Trouble
from .asking import is_request
from .disk import Entry, FileKind, Reading
from .inbox import Found, Scan, is_seen
from .layout import ONLINE
from .troubles import Missing


def scan_sales(disk: Reading, sales: Path) -> Scan:
    """Everything that has arrived, in no order. Sales files have no flags."""
    looked = _Look(disk)
    top = [entry for entry in disk.entries(sales) if is_seen(entry)]
    found = list(_found(sales, _files(top)))
    for shop in _folders(top):
        entries = looked.into(sales / shop)
        found += _found(sales / shop, _files(entries), shop)
        for till in _folders(entries):
            folder = sales / shop / till
            entries = looked.into(folder)
            found += _found(folder, (entry for entry in entries if not _is_online(entry)), shop, till)
            if any(map(_is_online, entries)):
                found += _found(folder / ONLINE, looked.into(folder / ONLINE), shop, till, live=True)
    return Scan(tuple(found), (), tuple(looked.unread))


class _Look:
    """Looks into one folder after another, and notes which could not be read."""

    def __init__(self, disk: Reading) -> None:
        self._disk = disk
        self.unread: list[Reason] = []

    def into(self, folder: Path) -> list[Entry]:
        try:
            return [entry for entry in self._disk.entries(folder) if is_seen(entry)]
        except Missing:  # removed since
            return []
        except Trouble as trouble:
            self.unread.append(trouble.reason)
            return []


def _folders(entries: Iterable[Entry]) -> Iterator[str]:
    return (entry.name for entry in entries if entry.kind is FileKind.FOLDER)


def _files(entries: Iterable[Entry]) -> Iterator[Entry]:
    """All that is no folder."""
    return (entry for entry in entries if entry.kind is not FileKind.FOLDER)


def _is_online(entry: Entry) -> bool:
    return entry.kind is FileKind.FOLDER and entry.name == ONLINE


def _found(
    folder: Path, entries: Iterable[Entry], shop: str = "", till: str = "", *, live: bool = False
) -> Iterator[Found]:
    for entry in entries:
        if not (till and not live and is_request(entry)):  # anywhere else no till would see it
            yield Found(
                folder, shop, entry.name, entry.kind, entry.size, entry.mtime_ns, entry.inode, entry.device,
                till=till, live=live,
            )  # fmt: skip
