"""Documents of a cash machine for tests: of a sale of 370.00 in which 500.00 was put in, and of whole days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from money_days import Step, noon, play
from msgspec.structs import replace
from tillpost.devices.journal.journal import Journal
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.devices.machine.documents import CashDocument, DocumentKind, documents
from tillpost.devices.machine.salesfolder import SalesFolder
from tillpost.devices.nouns import Pieces

SALE = CashDocument(
    6,
    "2026-11-20T09:15:30.250Z",
    DocumentKind.SALE,
    number=1,
    about="receipt 12",
    device="notes",
    amount=37000,
    deposited=(Pieces(50000, 1),),
    given=(Pieces(1000, 13),),
)


def paper(**changes: Any) -> CashDocument:
    """The sale with `changes`."""
    return replace(SALE, **changes)


def folder(path: Path, **place: Any) -> SalesFolder:
    path.mkdir(parents=True, exist_ok=True)
    return SalesFolder(path, **{"shop": "5", "till": "1", "machine": "M1", **place})


def page(path: Path, document: CashDocument = SALE, **place: Any) -> bytes:
    """What a machine writes of `document`, by way of the folder `path`."""
    folder(path, **place).publish(document)
    (written,) = path.glob(f"cash_*_{document.entry:010}.xml")
    return written.read_bytes()


def told_of(day: list[Step]) -> list[CashDocument]:
    """What a day's journal comes to."""
    journal = Journal(MemoryPaper(), noon)
    for step in day:
        play(journal, step)
    return documents(journal.entries)
