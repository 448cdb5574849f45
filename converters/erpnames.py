"""How documents for the ERP are called: this file alone knows.

    receipt_<shop>_<till>_<shift>_<open date>_<type>_<number>.xml       cashbox_… likewise
    shiftOpen_<shop>_<till>_<shift>_<open date>.xml                     shift_… likewise

A correction ends in `_v2.xml`, the next one in `_v3.xml`. The open date is the shift's, 2026-11-20, or the word
`unopened` while no record of the shift has told it. An id may hold `_`, which cuts the parts of a name, but never a
point; so it is written with a point for each `_`, and different documents have different names. A name is safe on
every file system that we meet.

Failures: none of its own. A kind of document without what its name needs is a mistake of the caller (ValueError).
"""

from __future__ import annotations

from enum import StrEnum

from ..model import ShiftPlace

SUFFIX = ".xml"
UNOPENED = "unopened"


class ErpKind(StrEnum):
    """What is told to the ERP: the root of the document, its schema's name, and the first word of its own."""

    RECEIPT = "receipt"
    CASHBOX = "cashbox"  # cash in, cash out
    SHIFT_OPEN = "shiftOpen"
    SHIFT = "shift"


_NUMBERED = (ErpKind.RECEIPT, ErpKind.CASHBOX)


def stem(kind: ErpKind, place: ShiftPlace, document_type: int | None = None, number: int | None = None) -> str:
    """The name without version and suffix: what all versions of a document share."""
    parts: list[str | int] = [kind, _id(place.shop), _id(place.till), place.number, _open_date(place)]
    if (kind in _NUMBERED) != (document_type is not None and number is not None):
        raise ValueError(f"{kind}: type {document_type}, number {number}")
    if document_type is not None and number is not None:
        parts += [document_type, number]
    return "_".join(map(str, parts))


def file_name(
    kind: ErpKind, place: ShiftPlace, document_type: int | None = None, number: int | None = None, version: int = 1
) -> str:
    """The whole name. `document_type` and `number` belong to receipts and cash documents, and to no other."""
    return stem(kind, place, document_type, number) + ("" if version == 1 else f"_v{version}") + SUFFIX


def _id(name: str) -> str:
    return name.replace("_", ".")


def _open_date(place: ShiftPlace) -> str:
    return UNOPENED if place.opened is None else place.opened.date().isoformat()
