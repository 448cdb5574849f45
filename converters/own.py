"""Our own export format, version 1: one kind of information per file, as its schemas in `xsd/` say.

The root's name is the kind. Its namespace, names of elements and attributes are a promise to ERP teams. Records are
shown to their schema in batches; one that breaks it is refused alone, and what is wrong outside of records breaks the
file.

Failures: Reject `own.root-attribute`, `own.root-without`, `own.root-unknown` for a root that breaks the format,
`own.unknown-record` for children of the root that are no records (a full export of which a part is not understood must
not delete anything), and what `reading` raises.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from io import BytesIO
from itertools import chain
from typing import BinaryIO, NamedTuple

from lxml import etree
from msgspec.structs import replace

from .. import __version__
from ..errors import Reason, Reject
from ..model import (
    Aside,
    Barcode,
    Drop,
    Event,
    Extent,
    Familiar,
    Good,
    Head,
    Header,
    Kind,
    Put,
    ReadOptions,
    Refused,
    Remark,
    Same,
    Terms,
)
from .encoding import UTF8
from .gates import Gate, wrong_check_digit
from .limits import Limits
from .ownrecords import KINDS, OwnKind, collapsed, dates_reversed, point_for_comma
from .patterns import RecordPattern
from .reading import Record, records, shortened
from .schemas import fingerprint, shape_of_root
from .skimming import Cut, Cutting, lines_at, mark

NAMESPACE = "urn:tillpost:export:1"
SKIMMED = frozenset({"goods", "prices", "barcodes"})  # roots of which there may be a million records
READ_AT_ONCE = 256 * 1024  # bytes of strange records
PASSED_AT_ONCE = 10_000  # known records, after which somebody wants to hear how far the file is


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
            yield from chain.from_iterable(reading.take(batch))

    # --- what was read before

    def terms(self, head: Head, options: ReadOptions) -> Terms | None:
        if head.root not in SKIMMED:
            return None
        return Terms(KINDS[head.root].facts[0], f"{__version__} {fingerprint(f'{head.root}.xsd')} {options!r}")

    def skim(self, source: BinaryIO, head: Head, options: ReadOptions, familiar: Familiar) -> Iterator[Event]:
        kind, header = KINDS[head.root], self.header(head)
        if head.stale_encoding:
            yield Remark(Reason("xml.stale-encoding", declared=head.stale_encoding, encoding=head.encoding))
        if header.full:
            yield from (Extent(fact) for fact in kind.facts)
        cutting = Cutting(source, head, kind.record)
        try:
            yield from _Skimming(cutting, _Reading(kind, head, options, full=header.full), familiar).events()
        except Reject as reject:
            raise Aside from reject

    def lines_at(self, source: BinaryIO, head: Head, places: Collection[int]) -> dict[int, int]:
        return lines_at(source, head.encoding, places)


class _Reading:
    """One file on its way through."""

    def __init__(self, kind: OwnKind, head: Head, options: ReadOptions, *, full: bool) -> None:
        self._kind = kind
        self._head = head
        self._options = options
        self._full = full
        self._record = f"{{{NAMESPACE}}}{kind.record}"
        self._delete = f"{{{NAMESPACE}}}delete"
        self._pattern = None if kind.at_sight is None or options.decimal_comma else _pattern(head.root)
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
        broken = _gate(self._head.root).breaks([form for _, form in batch], self._head.attributes)
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
        yield from self._taken(put)

    def at_sight(self, record: bytes, line: int) -> Put | None:
        """What a record says that needs no parser: its pattern takes it. `record` is without its end tag."""
        pattern, kind = self._pattern, self._kind
        if pattern is None or kind.at_sight is None:
            return None
        try:
            texts = pattern.read(record.decode())
        except UnicodeDecodeError:
            return None
        return None if texts is None else kind.at_sight(pattern, texts, line)

    def taken(self, put: Put) -> list[Event]:
        """A valid record, and what is to be said of it."""
        return list(self._taken(put))

    def _taken(self, put: Put) -> Iterator[Event]:
        yield from self._again(put.key, put.line)
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


class _Skimming:
    """One file whose known records are passed over. The strange ones are read some hundred at a time."""

    def __init__(self, cutting: Cutting, reading: _Reading, familiar: Familiar) -> None:
        self._cutting = cutting
        self._reading = reading
        self._familiar = familiar
        self._passed = 0  # known records since the last strange one
        self._waiting: list[_Strange] = []
        self._size = 0

    def events(self) -> Iterator[Event]:
        for cut in self._cutting:
            self._sort(cut)
            if self._size > READ_AT_ONCE or (not self._waiting and self._passed > PASSED_AT_ONCE):
                yield from self._read()
        yield from self._read()

    def _sort(self, cut: Cut) -> None:
        marks = list(map(mark, cut.records))
        strange = self._familiar.strange(marks)
        places = self._cutting.places(cut) if strange else ()
        after = 0
        for at in strange:
            record = cut.records[at]
            self._waiting.append(_Strange(self._passed + at - after, places[at], record, marks[at]))
            self._size += len(record)
            self._passed, after = 0, at + 1
        self._passed += len(marks) - after

    def _read(self) -> Iterator[Event]:
        waiting, reading = self._waiting, self._reading
        puts = [reading.at_sight(one.record, one.place) for one in waiting]
        parsed = self._parsed([one for one, put in zip(waiting, puts, strict=True) if put is None])
        for one, put in zip(waiting, puts, strict=True):
            events = next(parsed) if put is None else reading.taken(put)
            if one.before:
                yield Same(one.before)
            if len(events) == 1 and isinstance(events[0], Put):
                yield replace(events[0], mark=one.mark)
            else:
                yield from events
        if self._passed:
            yield Same(self._passed)
        self._waiting, self._size, self._passed = [], 0, 0

    def _parsed(self, strange: list[_Strange]) -> Iterator[list[Event]]:
        if not strange:
            return iter(())
        forms = self._reading.forms(self._cutting.document([one.record for one in strange]))
        if len(forms) != len(strange):
            raise Aside
        return self._reading.take([(one.place, form) for one, form in zip(strange, forms, strict=True)])


class _Strange(NamedTuple):
    before: int  # known records between it and the one before
    place: int
    record: bytes
    mark: bytes


@cache
def _pattern(root: str) -> RecordPattern:
    return RecordPattern(f"{root}.xsd", KINDS[root].record)


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
