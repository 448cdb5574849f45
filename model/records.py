"""Records: what a converter reads from an export, and what a converter is.

Failures: none; a `Converter` raises Reject for a file that is broken outside its records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

import msgspec

from ..errors import Reason
from .facts import Kind
from .nouns import Noun


class Head(Noun, frozen=True, omit_defaults=True):
    """What the first bytes of a file say, enough to claim it: nothing here is believed until it was read."""

    name: str  # the file's name, as dropped
    encoding: str  # the one to read with; see converters.xml
    root: str = ""  # local name of the root element; "" = not XML
    namespace: str = ""
    attributes: dict[str, str] = msgspec.field(default_factory=dict)  # of the root, by local name
    stale_encoding: str = ""  # the declared encoding, where the bytes prove it wrong


class Header(Noun, frozen=True, omit_defaults=True):
    """Who speaks: read from the root alone."""

    format: str  # the converter's name
    kind: str  # goods, prices, … as the format calls it; numbers count per (source, kind, scope)
    shop: str = ""  # "" = all shops
    number: int | None = None
    full: bool = False
    created: str = ""
    source: str = ""
    part_of: str = ""  # the set of files it is a part of; its claims to be complete hold for the whole set


class Extent(Noun, frozen=True, omit_defaults=True):
    """A file's claim to be complete: facts of `kind` and `origin` in the export's scope that it does not name
    are gone. `origin` keeps the catalogues of two ERPs apart; "" in our own format."""

    kind: Kind
    origin: str = ""


class Put(msgspec.Struct, frozen=True):
    """A record stated: it replaces the fact of its key whole."""

    kind: Kind
    key: tuple[str, ...]
    body: Noun
    line: int
    origin: str = ""
    code: str = ""  # the till code the ERP would like for a good whose id does not fit; may be refused
    mark: bytes = b""  # by which the record is known again, where its bytes say this and nothing else; see `Familiar`


class Same(msgspec.Struct, frozen=True):
    """So many records in a row, each of whose marks is known: they state what is known already."""

    count: int


class Drop(msgspec.Struct, frozen=True):
    """A record withdrawn. For PRICE: the base price and every dated one of that good."""

    kind: Kind
    key: tuple[str, ...]
    line: int


class Refused(msgspec.Struct, frozen=True):
    """A record that cannot be taken: its old value stays."""

    line: int
    kind: str
    key: str
    field: str
    reason: Reason


class Remark(msgspec.Struct, frozen=True):
    """A warning: the record is taken, and somebody should look."""

    reason: Reason
    line: int = 0
    key: str = ""


Event = Extent | Put | Same | Drop | Refused | Remark


class ReadOptions(Noun, frozen=True, omit_defaults=True):
    """What the settings of an ERP connection tell a converter."""

    decimal_comma: bool = False
    till_code: str = "number"  # number, article, or requisite:<name>
    default_tax: str = ""  # tax id for goods that name none; "" = none
    without_vat: str = "none"  # tax id that stands for «Без НДС»
    deepest: int = 100  # levels of elements
    longest: int = 1_000_000  # bytes of a text


class Familiar(Protocol):
    """Who knows records again by their marks: digests of their bytes."""

    def strange(self, marks: Sequence[bytes]) -> Sequence[int]:
        """The places, rising, of those of a file's next `marks` that are not known. The others stand in the file: each
        is the only one of its key that was. Raises Aside."""
        ...


class Aside(Exception):
    """No error: a file that cannot be skimmed after all, for whatever reason. It is read from its beginning."""


class Converter(Protocol):
    """Bytes to records. Pure: what it is given to read is a stream, and it keeps nothing."""

    @property
    def name(self) -> str: ...

    def claims(self, head: Head) -> bool:
        """Whether the file is this converter's; exactly one may say so."""
        ...

    def header(self, head: Head) -> Header:
        """Who speaks. Raises Reject where the root itself breaks the format."""
        ...

    def read(self, source: BinaryIO, head: Head, options: ReadOptions) -> Iterator[Event]:
        """The file's records in their order, in bounded memory. Raises Reject where the file is broken outside
        its records, possibly after many events: the caller books all or nothing."""
        ...


class Terms(NamedTuple):
    """All that decides what a record's bytes mean, besides themselves: under other terms no mark holds."""

    kind: Kind  # of the facts that marked records state
    text: str


@runtime_checkable
class Skimmer(Converter, Protocol):
    """A converter that need not read again what it has read before."""

    def terms(self, head: Head, options: ReadOptions) -> Terms | None:
        """None where such a file is not skimmed."""
        ...

    def skim(self, source: BinaryIO, head: Head, options: ReadOptions, familiar: Familiar) -> Iterator[Event]:
        """As `read`, but for a run of records whose marks are known there is one `Same`; and what has a line has a
        *place* instead, below 0, which `lines_at` turns into its line. Raises Aside, possibly after many events,
        wherever `read` would raise Reject, and where it cannot be sure to see what `read` sees."""
        ...

    def lines_at(self, source: BinaryIO, head: Head, places: Collection[int]) -> dict[int, int]:
        """The lines of places that `skim` told, in the same file."""
        ...
