"""What programs are answered of receipts and archives; as `answers`.

Failures: none.
"""

from __future__ import annotations

from pydantic import Field

from .answers import Answer, Moment, Money, Text
from .bookanswers import Day, Time

# --- receipts


class ReceiptLine(Answer):
    id: int
    shop: str
    till: str
    shift: int
    opened: Time | None
    type: int
    number: int
    ended: Time | None
    cashier: str
    sum: Money
    annulled: bool


class Receipts(Answer):
    receipts: list[ReceiptLine]
    older: str | None = Field(description="What `below` asks for next; null = there are no more.")


class Discount(Answer):
    name: str
    sum: Money


class Position(Answer):
    code: str
    barcode: str
    name: str
    quantity: str
    price: Money
    sum: Money
    discount: Money | None
    discounts: list[Discount]
    tax: Money | None
    department: int | None
    marks: list[str]


class Payment(Answer):
    means: str
    move: str
    code: int
    sum: Money


class ReceiptVersion(Answer):
    id: int
    counts: bool
    sum: Money
    ended: Time | None
    arrival: int
    file: str
    live: bool


class Receipt(Answer):
    """One version of a receipt."""

    id: int
    counts: bool
    shop: str
    till: str
    shift: int
    opened: Time | None
    type: int
    number: int
    began: Time | None
    ended: Time | None
    cashier: str
    cashier_name: str
    positions: list[Position]
    payments: list[Payment]
    sum: Money
    discount: Money
    tax: Money | None
    change: Money | None
    annulled: bool
    lines_cancelled: int
    self_checkout: bool
    fiscal_number: str
    source: str
    reason: Text
    cards: list[str]
    coupons: list[str]
    versions: list[ReceiptVersion]


# --- archives


class Archive(Answer):
    archive: str
    room: str
    trade: str
    day: Day
    bytes: int


class ArchivedFile(Answer):
    archive: str
    arrival: int | None
    name: str
    bytes: int
    changed: Moment
    file: bool = Field(description="Whether it is one, and can be brought back.")
    member: str


class _Found(Answer):
    older: str = Field(description='The next `start`; "" = there are no more.')
    damaged: list[str] = Field(description="What could not be read to its end.")


class Archives(_Found):
    rows: list[Archive]


class ArchivedFiles(_Found):
    rows: list[ArchivedFile]
