"""The shared nouns: facts as an ERP states them, records as a converter reads them, commands as a till takes them.

A *fact* is one record of an export, keyed by (kind, scope, key); `scope` is a shop's id, or "" for the whole
chain. A *command* is what one shop's tills are told for one key, made from all its facts. Values are frozen;
nothing here reads a disk or a clock.

Money is `Decimal`, always with two digits (`money()`), and quantities are `Decimal` without trailing zeros,
so that equal facts have equal bytes.

Failures: none; converters refuse bad values before a noun is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum, StrEnum
from typing import BinaryIO, Protocol

import msgspec

from .errors import Reason

CENT = Decimal("0.01")
ONE = Decimal(1)  # the one object that stands for it: msgspec leaves a default out only when it is the very same


def money(value: Decimal) -> Decimal:
    """`value` with exactly two digits after the point, halves rounded up."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def quantity(value: Decimal) -> Decimal:
    """`value` in its one plain spelling: no exponent, no trailing zeros."""
    plain = value.normalize()
    if plain == ONE:
        return ONE
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


class Noun(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frozen value whose JSON is canonical: fields in their order, defaults left out."""


# --- facts: what an ERP states -----------------------------------------------------------------------------


class Kind(StrEnum):
    """What a fact is about. The order is the one in which files of one round are read."""

    UNIT = "unit"
    TAX = "tax"
    GROUP = "group"
    GOOD = "good"
    VARIANT = "variant"  # a size or colour of a good, sold under its own code
    BARCODE = "barcode"
    PRICE = "price"
    PROMO = "promo"  # a price with dates
    STOCK = "stock"
    CASHIER = "cashier"
    SELLER = "seller"
    RESTRICTION = "restriction"


class Barcode(Noun, frozen=True, omit_defaults=True):
    code: str
    quantity: Decimal = ONE


class ExtraPrice(Noun, frozen=True, omit_defaults=True):
    """A further price the cashier may choose, such as a tobacco good's highest retail price."""

    code: int
    price: Decimal
    name: str = ""


class Alcohol(Noun, frozen=True, omit_defaults=True):
    code: str | None = None
    strength: Decimal | None = None  # per cent by volume
    volume: Decimal | None = None  # litres


class Plu(Noun, frozen=True, omit_defaults=True):
    """The number of a good on the scales of a scale group."""

    number: int
    scale_group: int = 1


class Good(Noun, frozen=True, omit_defaults=True):
    """Key: (id,). References (group, unit, tax) are the ERP's own ids."""

    name: str
    receipt_name: str | None = None
    article: str | None = None
    barcodes: tuple[Barcode, ...] = ()
    group: str | None = None
    unit: str | None = None
    tax: str | None = None
    department: int = 1
    price: Decimal | None = None
    min_price: Decimal | None = None
    extra_prices: tuple[ExtraPrice, ...] = ()
    flags: tuple[str, ...] = ()  # sorted; of FLAGS
    age: int | None = None
    mark: str | None = None
    alcohol: Alcohol | None = None
    payment_object: int | None = None
    plu: Plu | None = None


FLAGS = ("ageCheck", "alcohol", "marked", "noReturn", "noSale", "tobacco", "weighed")


class Variant(Noun, frozen=True, omit_defaults=True):
    """Key: (good id, characteristic id). A till good with the id `good#characteristic`; what is None or empty
    here it takes from its good."""

    name: str | None = None
    article: str | None = None
    barcodes: tuple[Barcode, ...] = ()
    unit: str | None = None


class TypedPrice(Noun, frozen=True, omit_defaults=True):
    """One of several prices of a good; a shop's setting names the type (by id or name) that its tills take."""

    type: str
    price: Decimal
    name: str = ""


class Price(Noun, frozen=True, omit_defaults=True):
    """Body of PRICE, key (good id,), and of PROMO, key (good id, from, to), ISO dates, "" = open.

    Either `price`, or `types` where the ERP sends several prices for one good."""

    price: Decimal | None = None
    min_price: Decimal | None = None
    types: tuple[TypedPrice, ...] = ()


class BarcodeOf(Noun, frozen=True, omit_defaults=True):
    """Body of BARCODE, key (barcode,)."""

    good: str
    quantity: Decimal = ONE


class Stock(Noun, frozen=True, omit_defaults=True):
    """Body of STOCK, key (good id,): quantity by warehouse id ("" where the ERP names none); may be negative."""

    quantities: tuple[tuple[str, Decimal], ...]


class Group(Noun, frozen=True, omit_defaults=True):
    """Key: (id,)."""

    name: str
    parent: str | None = None


class Unit(Noun, frozen=True, omit_defaults=True):
    """Key: (id,)."""

    name: str
    fractional: bool = False


class Tax(Noun, frozen=True, omit_defaults=True):
    """Key: (id,). `rate` in per cent; None = without VAT, which is not a rate of zero."""

    name: str
    rate: Decimal | None = None


class Cashier(Noun, frozen=True, omit_defaults=True):
    """Key: (code,)."""

    name: str
    login: str
    password: str = ""
    rank: int = 1
    roles: tuple[int, ...] = ()


class Seller(Noun, frozen=True, omit_defaults=True):
    """Key: (code,)."""

    name: str


class Restriction(Noun, frozen=True, omit_defaults=True):
    """Key: (id,)."""

    type: str  # saleDenied, minPrice, maxDiscount
    subject: str  # good, group
    code: str
    value: Decimal | None = None
    since: str | None = None  # hh:mm, the shop's own time
    till: str | None = None
    days: tuple[str, ...] = ()  # MO TU WE TH FR SA SU
    age: int | None = None


Body = Good | Variant | Price | BarcodeOf | Stock | Group | Unit | Tax | Cashier | Seller | Restriction

BODIES: dict[Kind, type[Noun]] = {
    Kind.UNIT: Unit,
    Kind.TAX: Tax,
    Kind.GROUP: Group,
    Kind.GOOD: Good,
    Kind.VARIANT: Variant,
    Kind.BARCODE: BarcodeOf,
    Kind.PRICE: Price,
    Kind.PROMO: Price,
    Kind.STOCK: Stock,
    Kind.CASHIER: Cashier,
    Kind.SELLER: Seller,
    Kind.RESTRICTION: Restriction,
}


def canonical(body: Noun) -> bytes:
    """The bytes by which facts are compared: equal facts, equal bytes."""
    return msgspec.json.encode(body)


def digest(data: bytes) -> bytes:
    """16 bytes that stand for `data` (BLAKE2b)."""
    return hashlib.blake2b(data, digest_size=16).digest()


# --- records: what a converter reads -----------------------------------------------------------------------


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


# --- commands: what a till takes ---------------------------------------------------------------------------


class Rank(IntEnum):
    """The order of commands inside one booking: what is gone first, then what others refer to."""

    CLEAR = 0
    DELETE = 1  # barcodes and extra prices that left a good, goods that are gone
    UNIT = 2
    GROUP = 3
    TAX = 4
    GOOD = 5
    SCALE = 6
    CASHIER = 7


class ShopGood(Noun, frozen=True, omit_defaults=True):
    """A good as one shop sells it: `good` with price, barcodes, group, unit and tax already those of the till."""

    code: str
    good: Good
    remain: Decimal | None = None


class ShopGroup(Noun, frozen=True, omit_defaults=True):
    code: str
    name: str
    parent: str | None = None


class ShopUnit(Noun, frozen=True, omit_defaults=True):
    code: int
    name: str
    fractional: bool = False


class ShopTax(Noun, frozen=True, omit_defaults=True):
    code: int
    name: str
    rate: Decimal | None = None


class ShopCashier(Noun, frozen=True, omit_defaults=True):
    code: str
    cashier: Cashier


class ShopScale(Noun, frozen=True, omit_defaults=True):
    """A good's number on the scales; key of its own, because the till deletes it by that."""

    code: str
    plu: Plu


ShopNoun = ShopGood | ShopGroup | ShopUnit | ShopTax | ShopCashier | ShopScale


class Gone(StrEnum):
    """What a till can be told to forget, one by one."""

    GOOD = "good"  # key (code,)
    BARCODE = "barcode"  # key (barcode,)
    EXTRA_PRICE = "extraPrice"  # key (barcode, price code)
    SCALE = "scale"  # key (code,)


class TillFormat(Protocol):
    """Commands as bytes, one JSON object or whatever the tills read; no separators."""

    def put(self, noun: ShopNoun) -> bytes: ...

    def gone(self, what: Gone, key: tuple[str, ...]) -> bytes: ...

    def clear(self, rank: Rank) -> tuple[bytes, ...]:
        """The commands that empty a till of a rank's kind; () where none is known."""
        ...


class Shop(Noun, frozen=True, omit_defaults=True):
    """A shop as the catalogue must know it to make its commands, at one moment."""

    id: str
    today: date  # in the shop's own time zone
    prices_open: bool = True  # False: price changes wait for their hours
    clears_open: bool = True  # False: clear* commands wait for theirs
    price_type: str = ""  # id or name; "" = the only one, or the first
    warehouses: tuple[str, ...] = ()  # stock counts these; () = all
    send_stock: bool = True


class Change(Noun, frozen=True, omit_defaults=True):
    """One entry of a shop's change log."""

    revision: int
    command: bytes
