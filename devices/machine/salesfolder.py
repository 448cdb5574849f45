"""A machine's documents as XML in its till's sales folder, as `xsd/cashdocument.xsd` has them: this module alone knows
how they are spelt and called.

    cash_<machine>_<entry of the journal, 10 digits>.xml

A document is written whole: under a name that begins with a dot, which no till and no `collect` takes for a document,
then synced, then renamed. Whoever takes it may take it at once; so one that is published again, because the power went
before that was noted, comes a second time, byte for byte the same.

Amounts are in major units ("100.50"). What XML 1.0 cannot hold is replaced by U+FFFD.

Failures: `Retry` (documents.unwritten, documents.no-folder) where the folder is away, full or fails; `Halt`
(documents.clash) where another document bears the name, and (documents.name) for names that no document may bear.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from lxml import etree

from ...errors import Halt, Reason, Retry
from ..journal.paper import sync_folder
from ..money.blocking import spelt
from ..nouns import Pieces
from .documents import CashDocument
from .nouns import total

NAMESPACE = "urn:tillpost:cash:1"
ROOT = "cashDocument"

LONGEST = 200  # characters of a text

_NAME = re.compile(r"[0-9A-Za-z_-]{1,20}")
_SIGNED = re.compile(r"\S(.{,198}\S)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOVES = ("deposited", "given", "taken", "removed", "unsure")


class SalesFolder:
    """Implements `Documents`. `path` must be there: a missing folder is a share that is away. `till` as the till signs
    its sales; `digits` of the minor unit. Raises Halt."""

    def __init__(
        self, path: Path, *, shop: str, till: str, machine: str, currency: str = "RUB", digits: int = 2
    ) -> None:
        for name, pattern in ((shop, _NAME), (till, _SIGNED), (machine, _NAME), (currency, _CURRENCY)):
            if not pattern.fullmatch(name):
                raise Halt(Reason("documents.name", name=name, expected=pattern.pattern))
        self._path = path
        self._machine = machine
        self._digits = digits
        self._place = {"shop": shop, "till": till, "machine": machine, "currency": currency}

    def publish(self, document: CashDocument) -> None:
        path = self._path / f"cash_{self._machine}_{document.entry:010}.xml"
        data = self._written(document)
        try:
            if not _stands(path, data):
                _write(path, data)
            sync_folder(self._path)  # also for what stood there: the power may have gone before that
        except OSError as error:
            raise Retry(
                Reason("documents.unwritten", path=path, detail=error.strerror or type(error).__name__)
            ) from error

    def check(self) -> None:
        if not (self._path.is_dir() and os.access(self._path, os.W_OK | os.X_OK)):
            raise Retry(Reason("documents.no-folder", path=self._path))

    def _written(self, document: CashDocument) -> bytes:
        root = etree.Element(f"{{{NAMESPACE}}}{ROOT}", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
        values = {
            **self._place,
            "entry": str(document.entry),
            "at": document.at,
            "kind": document.kind.value,
            "verdict": document.verdict.value,
            "number": str(document.number or ""),
            "within": str(document.within or ""),
            "unit": document.unit,
            "device": document.device,
            "amount": self._money(document.amount),
            "owed": self._money(document.owed),
        }
        for name, value in values.items():
            if value:
                root.set(name, _xml_text(value))
        _told(root, "about", document.about)
        for move in _MOVES:
            self._cash(root, move, getattr(document, move))
        for name in ("code", "by", "why"):
            _told(root, name, getattr(document, name))
        etree.indent(root)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"

    def _cash(self, root: etree._Element, move: str, pieces: tuple[Pieces, ...]) -> None:
        if pieces:
            cash = etree.SubElement(root, f"{{{NAMESPACE}}}{move}", {"sum": self._money(total(pieces))})
            for each in pieces:
                attributes = {"denomination": self._money(each.denomination), "count": str(each.count)}
                etree.SubElement(cash, f"{{{NAMESPACE}}}pieces", attributes)

    def _money(self, amount: int) -> str:
        """ "" = nothing."""
        return spelt(amount, self._digits) if amount else ""


def _told(root: etree._Element, name: str, text: str) -> None:
    if text:
        etree.SubElement(root, f"{{{NAMESPACE}}}{name}").text = _xml_text(text)


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text[:LONGEST])


def _stands(path: Path, data: bytes) -> bool:
    """Whether the name stands for this document already. Raises Halt where it stands for another."""
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        return False
    if there != data:
        raise Halt(Reason("documents.clash", name=path))
    return True


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")  # the same each time: what a kill leaves is written over
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
