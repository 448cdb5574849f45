"""The drawer: what a till's cash machine tells of cash that went in and out.

A drawer document is no receipt and changes no takings: the same money stands in the till's own sales. It is known by
shop, till, machine and the entry of the machine's journal that ended it.

Failures: none; a `SalesConverter` refuses bad values before a noun is made.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .nouns import NOTHING, Noun


class DrawerMove(StrEnum):
    """Which way pieces went. The drawer holds more by what was deposited and taken, less by what was given and removed;
    what is unsure may have gone any way."""

    DEPOSITED = "deposited"
    GIVEN = "given"
    TAKEN = "taken"  # put in by hand, or found to be there
    REMOVED = "removed"  # taken out by staff, or found to lack
    UNSURE = "unsure"


class DrawerPieces(Noun, frozen=True, omit_defaults=True):
    move: DrawerMove
    denomination: Decimal
    count: int

    @property
    def sum(self) -> Decimal:
        return self.denomination * self.count


class DrawerDocument(Noun, frozen=True, omit_defaults=True):
    """Amounts in major units."""

    cash_code: str
    shop: str
    machine: str
    entry: int
    at: datetime  # with its zone
    kind: str
    verdict: str
    currency: str
    digest: bytes = b""  # of all the rest
    number: int = 0  # of the operation, in the machine's journal
    within: int = 0  # the operation that it was a part of
    about: str = ""  # which receipt
    unit: str = ""
    device: str = ""
    amount: Decimal = NOTHING  # of the sale, or asked for
    owed: Decimal = NOTHING  # still due to the customer
    pieces: tuple[DrawerPieces, ...] = ()
    code: str = ""  # the device's own word for why
    by: str = ""  # who decided what nobody knew
    why: str = ""

    def sum(self, move: DrawerMove) -> Decimal:
        return sum((each.sum for each in self.pieces if each.move is move), NOTHING)
