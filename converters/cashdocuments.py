"""A cash machine's document to a noun: this file alone reads `xsd/cashdocument.xsd`.

A file is one document. One that is no XML, or cut short, is broken. One that breaks its schema, or says what cannot be
so (pieces that come to another sum, an operation that begins after its end), is refused as the one object of its file.

Failures: Reject `xml.*` as `reading` raises; what is refused becomes a RefusedSale.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import BinaryIO

from lxml import etree
from msgspec.structs import replace

from ..errors import Reason, Reject
from ..model import (
    NOTHING,
    DrawerDocument,
    DrawerMove,
    DrawerPieces,
    RefusedSale,
    SalesEvent,
    SalesOptions,
    Told,
    canonical,
    digest,
    quantity,
)
from .gates import Break, Gate
from .ownrecords import collapsed
from .reading import elements, line_of, shortened, sniff

NAMESPACE = "urn:tillpost:cash:1"
ROOT = "cashDocument"
SECTION = "cash"
HEAD = 64 * 1024  # bytes


class CashDocuments:
    """Implements `model.SalesConverter`."""

    name = "cash-documents"

    def claims(self, name: str, first: bytes) -> bool:
        """By its root, whatever the file is called."""
        try:
            head = sniff(first, name)
        except Reject:
            return False
        return (head.namespace, head.root) == (NAMESPACE, ROOT)

    def read(self, source: BinaryIO, options: SalesOptions) -> Iterator[SalesEvent]:
        head = sniff(source.read(HEAD), "")
        source.seek(0)
        for event, element in elements(source, head, (ROOT,)):
            if event == "end" and element.getparent() is None:
                yield _event(element)


def _event(root: etree._Element) -> DrawerDocument | RefusedSale:
    broken = _gate().break_of(root)
    if broken is not None:
        return _refused(root, broken)
    document = _document(root)
    broken = _contradiction(root, document)
    return document if broken is None else _refused(root, broken)


@cache
def _gate() -> Gate:
    return Gate("cashdocument.xsd", f"{{{NAMESPACE}}}{ROOT}")


def _document(root: etree._Element) -> DrawerDocument:
    said = {str(name): str(value) for name, value in root.attrib.items()}
    document = DrawerDocument(
        cash_code=said["till"],
        shop=collapsed(said["shop"]),
        machine=collapsed(said["machine"]),
        entry=int(said["entry"]),
        at=datetime.fromisoformat(collapsed(said["at"])),
        kind=collapsed(said["kind"]),
        verdict=collapsed(said["verdict"]),
        currency=collapsed(said["currency"]),
        number=int(said.get("number", 0)),
        within=int(said.get("within", 0)),
        unit=said.get("unit", ""),
        device=said.get("device", ""),
        amount=_money(said.get("amount", "")),
        owed=_money(said.get("owed", "")),
        pieces=tuple(_pieces(root)),
        about=_text(root, "about"),
        code=_text(root, "code"),
        by=_text(root, "by"),
        why=_text(root, "why"),
    )
    content = replace(document, cash_code="", shop="")
    return replace(document, digest=digest(canonical(content)))


def _pieces(root: etree._Element) -> Iterator[DrawerPieces]:
    for move in DrawerMove:
        for each in root.iterfind(f"{{{NAMESPACE}}}{move}/{{{NAMESPACE}}}pieces"):
            yield DrawerPieces(move, _money(each.get("denomination", "")), int(each.get("count", "0")))


def _contradiction(root: etree._Element, document: DrawerDocument) -> Break | None:
    """What a schema cannot say."""
    for field, number in (("number", document.number), ("within", document.within)):
        if number > document.entry:
            return field, Reason("drawer.number", field=field, got=number, entry=document.entry)
    for move in DrawerMove:
        cash = root.find(f"{{{NAMESPACE}}}{move}")
        denominations = [each.denomination for each in document.pieces if each.move is move]
        if len(set(denominations)) < len(denominations):
            return move, Reason("drawer.twice", field=move)
        told = NOTHING if cash is None else _money(cash.get("sum", ""))
        if told != document.sum(move):
            return move, Reason("drawer.sum", field=move, sum=told, pieces=document.sum(move))
    return None


def _money(text: str) -> Decimal:
    return quantity(Decimal(collapsed(text))) if text else NOTHING


def _text(root: etree._Element, name: str) -> str:
    return root.findtext(f"{{{NAMESPACE}}}{name}") or ""


def _refused(root: etree._Element, broken: Break) -> RefusedSale:
    field, reason = broken
    key = "/".join(filter(None, (shortened(root.get("machine", "")), shortened(root.get("entry", "")))))
    told = Told.of(reason)
    return RefusedSale(line_of(root), SECTION, key, field, told.code, told.parts, etree.tostring(root))
