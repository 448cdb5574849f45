"""Records: what a converter reads from an export, and what a converter is.

Failures: none; a `Converter` raises Reject for a file that is broken outside its records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

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


Event = Extent | Put | Drop | Refused | Remark


class ReadOptions(Noun, frozen=True, omit_defaults=True):
    """What the settings of an ERP connection tell a converter."""

    decimal_comma: bool = False
    till_code: str = "number"  # number, article, or requisite:<name>
    default_tax: str = ""  # tax id for goods that name none; "" = none
    without_vat: str = "none"  # tax id that stands for «Без НДС»
    deepest: int = 100  # levels of elements
    longest: int = 1_000_000  # bytes of a text


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
