"""Facts: what an ERP states.

A *fact* is one record of an export, keyed by (kind, scope, key); `scope` is a shop's id, or "" for the whole chain.

Failures: none; converters refuse bad values before a noun is made.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from .nouns import ONE, Noun


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
