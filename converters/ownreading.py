"""The records of one file in our own format: read by a parser, or at sight where a pattern takes them.

Failures: Reject `own.unknown-record` for a child of the root that is no record: a full export of which a part is not
understood must not delete anything. A record that breaks the schema is `Refused` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO

from lxml import etree
from msgspec.structs import replace

from ..errors import Reason, Reject
from ..model import Barcode, Drop, Event, Good, Head, Kind, Put, ReadOptions, Refused, Remark
from .encoding import UTF8
from .gates import Gate, wrong_check_digit
from .limits import Limits
from .ownrecords import KINDS, OwnKind, collapsed, dates_reversed, point_for_comma
from .ownsight import AT_SIGHT
from .patterns import RecordPattern
from .reading import Record, records, shortened

NAMESPACE = "urn:tillpost:export:1"


class Reading:
    """One file on its way through."""

    def __init__(self, kind: OwnKind, head: Head, options: ReadOptions, *, full: bool) -> None:
        self._kind = kind
        self._head = head
        self._options = options
        self._full = full
        self._record = f"{{{NAMESPACE}}}{kind.record}"
        self._delete = f"{{{NAMESPACE}}}delete"
        self._pattern = None if head.root not in AT_SIGHT or options.decimal_comma else _pattern_of(head.root)
        self._seen: set[tuple[str, ...]] = set()

    def forms(self, document: bytes) -> list[etree._Element]:
        """The records of a part of the file, cut out of it."""
        head = replace(self._head, encoding=UTF8)
        limits = Limits(self._options.deepest, self._options.longest)
        names = (self._kind.record, "delete")
        return [form for batch in records(BytesIO(document), head, names, limits) for _, form in batch]

    def take(self, batch: list[Record]) -> Iterator[list[Event]]:
        """What each record of a batch states."""
        for line, form in batch:
            if form.tag not in (self._record, self._delete):
                raise Reject(self._unknown(line, form))
            if self._options.decimal_comma:
                point_for_comma(form)
        broken = gate_of(self._head.root).breaks([form for _, form in batch], self._head.attributes)
        for place, (line, form) in enumerate(batch):
            if place in broken:
                yield [self._refused(line, form, *broken[place])]
            elif form.tag == self._delete:
                yield list(self._deleted(line, form))
            else:
                yield list(self._stated(line, form))

    def _unknown(self, line: int, form: etree._Element) -> Reason:
        got = shortened(str(form.tag).removeprefix(f"{{{NAMESPACE}}}"))
        return Reason("own.unknown-record", line=line, got=got, expected=f"{self._kind.record}, delete")

    def _refused(self, line: int, form: etree._Element, field: str, reason: Reason) -> Refused:
        """Its key is spelt as that of the fact: by it the old fact is known, which stays."""
        kind = self._kind
        name = kind.delete_key if form.tag == self._delete else kind.key
        key = shortened(collapsed((form.get(name) if name else form.text) or ""))
        if key.isascii() and key.isdecimal():
            key = kind.spelled(key)
        is_dated = kind.record == "price" and (form.get("from") or form.get("to"))
        return Refused(line, Kind.PROMO if is_dated else kind.facts[0], key, field, reason)

    def _stated(self, line: int, form: etree._Element) -> Iterator[Event]:
        """What a valid record says."""
        put = self._kind.read(form, line)
        if dates_reversed(put):
            _, since, till = put.key
            yield self._refused(line, form, "from", Reason("own.dates", since=since, till=till))
            return
        yield from self.taken(put)

    def at_sight(self, record: bytes, line: int) -> Put | None:
        """What a record says that needs no parser: its pattern takes it. `record` is without its end tag."""
        pattern = self._pattern
        if pattern is None:
            return None
        try:
            texts = pattern.read(record.decode())
        except UnicodeDecodeError:
            return None
        return None if texts is None else AT_SIGHT[self._head.root](pattern, texts, line)

    def taken(self, put: Put) -> list[Event]:
        """A valid record, and what is to be said of it."""
        again = list(self._again(put.key, put.line))
        repeats: list[Remark] = []
        if isinstance(put.body, Good) and len(put.body.barcodes) > 1:
            put, repeats = _without_repeats(put, put.body)
        return [*again, *repeats, put, *_check_digits(put)]

    def _deleted(self, line: int, form: etree._Element) -> Iterator[Event]:
        if self._full:
            yield self._refused(line, form, "delete", Reason("own.delete-in-full"))
            return
        key = (self._kind.spelled(collapsed(form.get(self._kind.delete_key, ""))),)
        yield from self._again(key, line)
        yield Drop(self._kind.facts[0], key, line)

    def _again(self, key: tuple[str, ...], line: int) -> Iterator[Remark]:
        """Told when a key stands twice in the file: the later record replaces the earlier."""
        if key in self._seen:
            name = " ".join(filter(None, key))
            yield Remark(Reason("own.twice", kind=self._kind.record, key=name), line, key[0])
        self._seen.add(key)


@cache
def _pattern_of(root: str) -> RecordPattern:
    return RecordPattern(f"{root}.xsd", KINDS[root].record)


@cache
def gate_of(root: str) -> Gate:
    return Gate(f"{root}.xsd", f"{{{NAMESPACE}}}{root}")


def _without_repeats(put: Put, good: Good) -> tuple[Put, list[Remark]]:
    """A good in which each barcode stands once, and what was left out."""
    kept: dict[str, Barcode] = {}
    remarks = []
    for barcode in good.barcodes:
        if barcode.code in kept:
            remarks.append(Remark(Reason("own.barcode-again", barcode=barcode.code), put.line, put.key[0]))
        kept.setdefault(barcode.code, barcode)
    if remarks:
        good = replace(good, barcodes=tuple(kept.values()))
    return Put(put.kind, put.key, good, put.line), remarks


def _check_digits(put: Put) -> list[Remark]:
    if isinstance(put.body, Good):
        wrong = [barcode.code for barcode in put.body.barcodes if wrong_check_digit(barcode.code)]
    else:
        wrong = [code for code in put.key if wrong_check_digit(code)] if put.kind is Kind.BARCODE else []
    return [Remark(Reason("barcode.check-digit", barcode=code), put.line, put.key[0]) for code in wrong]
