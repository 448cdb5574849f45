"""CommerceML, the exports of 1C: this file alone knows how its files are named and laid out around their records.

    КоммерческаяИнформация
        Классификатор              groups; whole unless it says it holds changes only
        Каталог                    goods; whole when it says that it does not hold changes only
        ПакетПредложений           offers: prices, stock, characteristics, barcodes; likewise
        ИзмененияПакетаПредложений offers, never whole

Versions 2.03 to 3.1 differ in namespaces (all are matched by local name) and places (see `commercemlrecords`). A file
carries any of the four, since 3.1 often one kind of fact only; it is complete for what it really carries.

Source: facts measured on public files.

Failures: Reject `commerceml.nothing-known` where a file has none of the four, and what `reading` raises for a file that
is no XML. A record that breaks `xsd/commerceml.xsd` is refused alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import BinaryIO

from lxml import etree

from ..errors import Reason, Reject
from ..model import Event, Extent, Head, Header, Kind, Put, ReadOptions, Refused, Remark
from . import commercemlrecords as reduce
from .commercemlfacts import Facts
from .commercemlrecords import Record, local
from .gates import Gate
from .limits import Limits
from .reading import elements, line_of, shortened

ROOTS = ("КоммерческаяИнформация", "Классификатор")
KINDS = ("import", "offers", "prices", "rests")
BATCH = 500  # records validated at once
LONGEST_ID = 100  # characters; as in xsd/commerceml.xsd

_CLAIMS: dict[str, tuple[Kind, ...]] = {  # sections, and what a whole one may claim to be complete for
    "Классификатор": (Kind.GROUP,),
    "Каталог": (Kind.GOOD,),
    "ПакетПредложений": (Kind.VARIANT, Kind.BARCODE, Kind.PRICE, Kind.STOCK),
    "ИзмененияПакетаПредложений": (),
}
_PLACES = {  # of records
    ("Классификатор", "Группы", "Группа"),
    ("Группа", "Группы", "Группа"),
    ("Классификатор", "ЕдиницыИзмерения", "ЕдиницаИзмерения"),
    ("Каталог", "Товары", "Товар"),
    ("ПакетПредложений", "Предложения", "Предложение"),
    ("ИзмененияПакетаПредложений", "Предложения", "Предложение"),
}
_OF_NO_USE = ("Свойство", "Справочник", "Документ", "Контрагент")  # let go as they pass, because they may be many
_NAMES = frozenset([*_CLAIMS, *(place[-1] for place in _PLACES), "ТипЦены", "Товары", *_OF_NO_USE])
_NOUNS = {"Группа": Kind.GROUP, "Товар": Kind.GOOD, "ЕдиницаИзмерения": Kind.UNIT}

_PARTS = (
    re.compile(r"(?P<set>(?:import|goods|offers|prices|rests)\d+)_(?P<number>\d+)", re.IGNORECASE),
    re.compile(r"(?P<set>(?:import|goods|offers|prices|rests)_\d{1,3})_(?P<number>\d+)(?:_.*)?", re.IGNORECASE),
    re.compile(r"(?P<set>import|goods|offers|prices|rests)___(?P<number>).*", re.IGNORECASE),
)


def part_of(name: str) -> tuple[str, int] | None:
    """The set that a file is a part of, and its number in it; None for a file that stands alone.

    1C writes kind, number of the catalogue and number of the part: `import0_1.xml`, `offers1_12.xml`; since 3.1 with a
    GUID behind, new for each part: `prices_1_2_<guid>.xml`; or with both numbers left out, `rests___<guid>.xml`: then
    nobody can say which part it is, and its number is 0."""
    stem = name.rpartition(".")[0] or name
    for form in _PARTS:
        if match := form.fullmatch(stem):
            return match["set"], int(match["number"] or 0)
    return None


class CommerceML:
    """The converter for files of 1C."""

    name = "commerceml"

    def claims(self, head: Head) -> bool:
        return head.root in ROOTS

    def header(self, head: Head) -> Header:
        """The root tells little: the kind comes from the file's name, and what is whole is told further in."""
        stem = head.name.casefold()
        kind = next((kind for kind in KINDS if stem.startswith(kind)), "import")
        part = part_of(head.name)
        created = head.attributes.get("ДатаФормирования", "")
        return Header(self.name, kind, created=created, part_of=part[0] if part else "")

    def read(self, source: BinaryIO, head: Head, options: ReadOptions) -> Iterator[Event]:
        if head.stale_encoding:
            yield Remark(Reason("xml.stale-encoding", declared=head.stale_encoding, encoding=head.encoding))
        limits = Limits(options.deepest, options.longest)
        yield from _Reading(options).events(elements(source, head, _NAMES, limits))


@dataclass
class _Section:
    """A classifier, catalogue or package of offers, as far as it was read."""

    element: etree._Element
    name: str
    records: list[Record] = field(default_factory=list)  # that wait for the gate
    carried: set[Kind] = field(default_factory=set)  # what its records stated so far

    @property
    def is_whole(self) -> bool:
        changes_only = (self.element.get("СодержитТолькоИзменения") or "").strip().casefold()
        if self.name == "Классификатор":
            return changes_only not in ("true", "1")
        return changes_only in ("false", "0")

    @cached_property
    def origin(self) -> str:
        """The id of the classifier or catalogue that speaks; it stands before the records."""
        found = reduce.children(self.element)
        own = reduce.text_of(found, "Ид").partition("#")[0]
        return own if self.name in ("Классификатор", "Каталог") else reduce.text_of(found, "ИдКаталога") or own

    def extents(self) -> Iterator[Extent]:
        """Its claim to be complete, for the kinds that it really carried."""
        for kind in _CLAIMS[self.name] if self.is_whole else ():
            if kind in self.carried:
                yield Extent(kind, self.origin)


class _Reading:
    """One file on its way through: sections open and close, records gather in batches for the gate."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._facts = Facts(options)
        self._open: list[_Section] = []

    def events(self, stream: Iterable[tuple[str, etree._Element]]) -> Iterator[Event]:
        sections = 0
        for event, element in stream:
            name = local(element)
            if name in _CLAIMS and event == "start":
                sections += 1
                self._open.append(_Section(element, name))
            elif name in _CLAIMS:
                yield from self._close(self._open.pop())
            elif self._open:
                yield from self._inside(self._open[-1], event, name, element)
        if not sections:
            raise Reject(Reason("commerceml.nothing-known"))

    def _inside(self, section: _Section, event: str, name: str, element: etree._Element) -> Iterator[Event]:
        if event == "start":
            _begin_list(section, name)
        elif name == "ТипЦены":
            found = reduce.children(element)
            self._facts.price_type(reduce.text_of(found, "Ид"), reduce.text_of(found, "Наименование"))
        elif _place(element) in _PLACES:
            section.records.append(self._record(name, element))
            if len(section.records) == BATCH:
                yield from self._pass(section)

    def _record(self, name: str, element: etree._Element) -> Record:
        line = line_of(element)
        match name:
            case "Группа":
                return reduce.group(element, line)
            case "Товар":
                return reduce.good(element, line, self._options.till_code)
            case "Предложение":
                return reduce.offer(element, line)
            case _:
                return reduce.unit(element, line)

    def _close(self, section: _Section) -> Iterator[Event]:
        """The end of a section: what is left of its records, and its claim to be whole."""
        yield from self._pass(section)
        yield from section.extents()

    def _pass(self, section: _Section) -> Iterator[Event]:
        """The waiting records through the gate."""
        batch, section.records = section.records, []
        broken = _gate().breaks([record.form for record in batch])
        for place, record in enumerate(batch):
            if place in broken:
                yield _refused(record, *_lacking(*broken[place]))
                continue
            for event in self._facts.of(record, section.origin):
                if isinstance(event, Put):
                    section.carried.add(event.kind)
                yield event


@cache
def _gate() -> Gate:
    return Gate("commerceml.xsd", "Записи")


def _begin_list(section: _Section, name: str) -> None:
    """A list of goods speaks of goods, even an empty one."""
    if name == "Товары" and section.name == "Каталог":
        section.carried.add(Kind.GOOD)


def _place(element: etree._Element) -> tuple[str, ...]:
    """Names from the element two levels up to itself: a good in a document or a set is no good of a catalogue."""
    parent = element.getparent()
    above = None if parent is None else parent.getparent()
    return tuple(local(part) for part in (above, parent, element) if part is not None)


def _lacking(where: str, reason: Reason) -> tuple[str, Reason]:
    """A reduced record has nothing in a wrong place, so what the schema does not expect stands where something is
    missing: the last of what it would take there, because what comes before that may be left out."""
    if reason.code not in ("gate.unexpected", "gate.missing"):
        return where, reason
    wanted = str(reason.parts.get("expected") or reason.parts["field"]).rpartition(", ")[2]
    return wanted, Reason("gate.missing", field=wanted)


def _refused(record: Record, where: str, reason: Reason) -> Refused:
    """The key is told whole, since by it the record's old facts are kept; one too long to be anybody's is shortened."""
    key = record.text("Ид")
    kind = _kind(record, where, key)
    return Refused(record.line, kind, key if len(key) <= LONGEST_ID else shortened(key), where, reason)


def _kind(record: Record, where: str, key: str) -> str:
    """What a person would call the record; an offer after the part of it that is wrong."""
    tag = record.form.get("Вид") or str(record.form.tag)
    if tag != "Предложение":
        return _NOUNS[tag]
    if where == "Количество":
        return Kind.STOCK
    return Kind.VARIANT if "#" in key and where != "ЦенаЗаЕдиницу" else Kind.PRICE
