"""Our own export format, version 1: one kind of information per file, as its schemas in `xsd/` say.

The root's name is the kind. Its namespace, names of elements and attributes are a promise to ERP teams. Records are
shown to their schema in batches; one that breaks it is refused alone, and what is wrong outside of records breaks the
file.

Failures: Reject `own.root-attribute`, `own.root-without`, `own.root-unknown` for a root that breaks the format,
`own.unknown-record` for children of the root that are no records (a full export of which a part is not understood must
not delete anything), and what `reading` raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

from lxml import etree
from msgspec.structs import replace

from ..errors import Reason, Reject
from ..model import Barcode, Drop, Event, Extent, Good, Head, Header, Kind, Put, ReadOptions, Refused, Remark
from .gates import Gate, wrong_check_digit
from .limits import Limits
from .ownrecords import KINDS, OwnKind, collapsed, dates_reversed, point_for_comma
from .reading import Record, records, shortened
from .schemas import shape_of_root

NAMESPACE = "urn:tillpost:export:1"


class Own:
    """`Converter` of our own format."""

    name = "tillpost"

    def claims(self, head: Head) -> bool:
        return head.namespace == NAMESPACE and head.root in KINDS

    def header(self, head: Head) -> Header:
        broken = _gate(head.root).breaks_of_root(head.attributes)
        if broken is not None:
            raise Reject(_of_root(head, *broken))
        said = {name: collapsed(value) for name, value in head.attributes.items()}
        return Header(
            format=self.name,
            kind=head.root,
            shop=said.get("shop", ""),
            number=int(said["number"]) if "number" in said else None,
            full=said["fullness"] == "F",
            created=said.get("created", ""),
            source=said.get("source", ""),
        )

    def read(self, source: BinaryIO, head: Head, options: ReadOptions) -> Iterator[Event]:
        header = self.header(head)
        if head.stale_encoding:
            yield Remark(Reason("xml.stale-encoding", declared=head.stale_encoding, encoding=head.encoding))
        kind = KINDS[head.root]
        if header.full:
            yield from (Extent(fact) for fact in kind.facts)
        reading = _Reading(kind, head, options, full=header.full)
        for batch in records(source, head, (kind.record, "delete"), Limits(options.deepest, options.longest)):
            yield from reading.take(batch)


class _Reading:
    """One file on its way through."""

    def __init__(self, kind: OwnKind, head: Head, options: ReadOptions, *, full: bool) -> None:
        self._kind = kind
        self._head = head
        self._options = options
        self._full = full
        self._record = f"{{{NAMESPACE}}}{kind.record}"
        self._delete = f"{{{NAMESPACE}}}delete"
        self._seen: set[tuple[str, ...]] = set()

    def take(self, batch: list[Record]) -> Iterator[Event]:
        """What a batch of records states."""
        for line, form in batch:
            if form.tag not in (self._record, self._delete):
                raise Reject(self._unknown(line, form))
            if self._options.decimal_comma:
                point_for_comma(form)
        broken = _gate(self._head.root).breaks([form for _, form in batch], self._head.attributes)
        for place, (line, form) in enumerate(batch):
            if place in broken:
                yield self._refused(line, form, *broken[place])
            elif form.tag == self._delete:
                yield from self._deleted(line, form)
            else:
                yield from self._stated(line, form)

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
        yield from self._again(put.key, line)
        if isinstance(put.body, Good):
            put, remarks = _without_repeats(put, put.body)
            yield from remarks
        yield put
        yield from _check_digits(put)

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
def _gate(root: str) -> Gate:
    return Gate(f"{root}.xsd", f"{{{NAMESPACE}}}{root}")


def _of_root(head: Head, attribute: str, why: Reason) -> Reason:
    """What the gate says of the root, told as of a root."""
    known = shape_of_root(f"{head.root}.xsd").attributes
    if attribute not in known:
        return Reason("own.root-unknown", attribute=shortened(attribute), expected=", ".join(known))
    said = {f"expected_{language}": words for language, words in known[attribute].words.items()}
    if why.code == "gate.missing":
        return Reason("own.root-without", attribute=attribute, **said)
    got = shortened(head.attributes.get(attribute, ""))
    return Reason("own.root-attribute", attribute=attribute, got=got, **said)


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


def _check_digits(put: Put) -> Iterator[Remark]:
    codes = [barcode.code for barcode in put.body.barcodes] if isinstance(put.body, Good) else list(put.key)
    for code in codes if put.kind in (Kind.GOOD, Kind.BARCODE) else ():
        if wrong_check_digit(code):
            yield Remark(Reason("barcode.check-digit", barcode=code), put.line, put.key[0])
