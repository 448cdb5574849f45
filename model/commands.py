"""Commands: what one shop's tills are told, and the nouns they are made from.

A *command* is what one shop's tills are told for one key, made from all its facts.

Failures: none.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Protocol

from .facts import Cashier, Good, Plu
from .nouns import Noun


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

    def unsupported(self, noun: ShopNoun) -> tuple[str, ...]:
        """The fields of `noun` that its command cannot say, or not wholly; () where it says everything."""
        ...

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
