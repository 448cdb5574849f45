"""Sales: what a till tells of a shift, and what the books make of it for the ERP.

A *document* is one act at a till: a receipt (sale, return, cancellation), cash in or out, or something of a type that
we do not know and keep all the same. A *shift record* is what the till says of a shift as a whole. Times are the
till's own local ones, without a zone. Each of them keeps its raw JSON and the digest of its content: equal content
has equal digests, however it is spelt.

Failures: none; a `SalesConverter` refuses bad values before a noun is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, Protocol

from ..errors import Reason
from .drawer import DrawerDocument
from .nouns import NOTHING, Noun

SALE, RETURN, CASH_IN, CASH_OUT = 1, 2, 3, 4
RETURN_CANCELLED, SALE_CANCELLED, INVOICE, RETURN_FREE = 7, 8, 18, 25
SIGNS = {SALE: 1, INVOICE: 1, RETURN_CANCELLED: 1, RETURN: -1, RETURN_FREE: -1, SALE_CANCELLED: -1}  # of receipts


class DocumentKind(StrEnum):
    """What a document is to the ERP, by its type."""

    RECEIPT = "receipt"
    CASHBOX = "cashbox"  # cash in, cash out
    OTHER = "other"  # kept and counted; no ERP document

    @classmethod
    def of(cls, code: int) -> DocumentKind:
        if code in SIGNS:
            return cls.RECEIPT
        return cls.CASHBOX if code in (CASH_IN, CASH_OUT) else cls.OTHER


class Means(StrEnum):
    """With what was paid; which of a till's codes mean which is a setting."""

    CASH = "cash"
    CARD = "card"
    GIFT = "gift"
    OTHER = "other"


class Move(StrEnum):
    """Which way a payment row moves money. The sign of its amount tells nothing: tills write change both ways."""

    PAID = "paid"
    CHANGE = "change"
    REFUND = "refund"
    OTHER = "other"


def direction(code: int, sign: int, move: Move) -> int:
    """1 where a payment row of a receipt of this type and sign brings money, -1 where it takes some away, else 0."""
    match move:
        case Move.PAID:
            return sign
        case Move.CHANGE:
            return -sign
        case Move.REFUND if sign:
            # a return that is cancelled shows the return's own rows: what was given back comes in again
            return 1 if code == RETURN_CANCELLED else -1
    return 0


class Discount(Noun, frozen=True, omit_defaults=True):
    sum: Decimal
    name: str = ""
    type: str = ""


class Position(Noun, frozen=True, omit_defaults=True):
    """One line of a receipt. `code` is the goods code that the till knows, which may be one that tillpost gave."""

    number: int
    code: str
    quantity: Decimal
    price: Decimal
    sum: Decimal
    barcode: str = ""
    name: str = ""
    operation: int = 50  # 50 sale, 63 gift-card sale
    base_sum: Decimal | None = None  # before discounts
    discount: Decimal = NOTHING
    discounts: tuple[Discount, ...] = ()
    tax: Decimal | None = None
    marks: tuple[str, ...] = ()  # excise and identification marks
    extra_barcode: str = ""
    department: int | None = None


class Payment(Noun, frozen=True, omit_defaults=True):
    code: int  # the till's own
    operation: int  # the till's own
    means: Means
    move: Move
    sum: Decimal  # never below zero


class Document(Noun, frozen=True, omit_defaults=True):
    cash_code: str
    shift: int
    number: int
    type: int
    digest: bytes
    raw: bytes  # the JSON object, UTF-8
    cashier: str = ""
    began: datetime | None = None
    ended: datetime | None = None
    sum: Decimal = NOTHING
    positions: tuple[Position, ...] = ()
    payments: tuple[Payment, ...] = ()
    cards: tuple[str, ...] = ()
    lines_cancelled: int = 0
    annulled: bool = False  # given up before it was paid: counts for no sum
    self_checkout: bool = False
    identifier: str = ""
    fiscal_number: str = ""
    source: str = ""  # a return's: the receipt it gives back
    reason: str = ""  # a return's
    certificates: tuple[str, ...] = ()  # each as JSON
    coupons: tuple[str, ...] = ()
    bonuses: tuple[str, ...] = ()

    @property
    def kind(self) -> DocumentKind:
        return DocumentKind.of(self.type)

    @property
    def sign(self) -> int:
        """1 where it brings money, -1 where it gives back, 0 where it is no receipt or was annulled."""
        return 0 if self.annulled else SIGNS.get(self.type, 0)

    def moved(self, *means: Means) -> Decimal:
        """The money that came (or, below zero, went) by these means; change is taken off whatever its sign was."""
        sign, total = self.sign, NOTHING
        if not sign:
            return NOTHING
        for row in self.payments:
            if row.means in means and (way := direction(self.type, sign, row.move)):
                total = total + row.sum if way > 0 else total - row.sum
        return total


class DrawerRecord(Noun, frozen=True, omit_defaults=True):
    """One fiscal printer's counters."""

    serial: str = ""
    cash_end: Decimal | None = None
    protected_begin: Decimal | None = None
    protected_end: Decimal | None = None
    back: Decimal | None = None


class ShiftRecord(Noun, frozen=True, omit_defaults=True):
    cash_code: str
    number: int
    digest: bytes
    raw: bytes
    opened: datetime | None = None
    closed: datetime | None = None
    gain: Decimal | None = None  # the till's own count of what the shift brought
    drawers: tuple[DrawerRecord, ...] = ()
    users: tuple[tuple[str, str], ...] = ()  # code, name

    @property
    def cash_end(self) -> Decimal | None:
        """The cash that lay in the drawer at the shift's end, as the till counts it; None where it tells none."""
        told = [drawer.cash_end for drawer in self.drawers if drawer.cash_end is not None]
        return sum(told, NOTHING) if told else None


class LogOn(Noun, frozen=True, omit_defaults=True):
    """One line of the till's security log: 3 = log-on, 4 and 13 = log-off; others are kept, too."""

    cash_code: str
    operation: int
    digest: bytes
    raw: bytes
    at: datetime | None = None
    user: str = ""


class RefusedSale(Noun, frozen=True, omit_defaults=True):
    """An object of a sales file that cannot be taken: kept raw, and told."""

    line: int  # where it begins in its file
    section: str
    key: str  # as far as it can be read: type and number
    field: str
    code: str
    parts: dict[str, str | int]
    raw: bytes

    @property
    def why(self) -> Reason:
        return Reason(self.code, **self.parts)


SalesEvent = Document | ShiftRecord | LogOn | DrawerDocument | RefusedSale


class SalesOptions(Noun, frozen=True, omit_defaults=True):
    """Which of the tills' payment codes mean what; all others are `Means.OTHER`."""

    cash: tuple[int, ...] = (1,)
    card: tuple[int, ...] = (4,)
    gift: tuple[int, ...] = (6, 7)


class SalesConverter(Protocol):
    """A till's sales file to documents. Pure."""

    @property
    def name(self) -> str: ...

    def claims(self, name: str, first: bytes) -> bool:
        """Whether a file of this name, whose first bytes (64 KiB at most) are these, is this converter's."""
        ...

    def read(self, source: BinaryIO, options: SalesOptions) -> Iterator[SalesEvent]:
        """The file's objects in their order, in memory bounded by the largest object. Raises Reject where the file
        is broken outside its objects, possibly after many events: the caller books all or nothing."""
        ...


# --- what the books tell the ERP ---------------------------------------------------------------------------


class ShiftPlace(Noun, frozen=True, omit_defaults=True):
    """Where a document belongs: the resolved shift. `opened` is None while no record of the shift has come."""

    shop: str
    till: str
    number: int
    opened: datetime | None = None


class ShiftSums(Noun, frozen=True, omit_defaults=True):
    """Computed from the receipts that count. Returns are told as what was given back: above zero."""

    receipts: int = 0
    annulled: int = 0
    sales_cash: Decimal = NOTHING
    sales_cashless: Decimal = NOTHING
    returns_cash: Decimal = NOTHING
    returns_cashless: Decimal = NOTHING
    cash_in: Decimal = NOTHING
    cash_out: Decimal = NOTHING
    gain: Decimal = NOTHING  # sum of the receipts' own sums, each with its sign

    @property
    def takings_cash(self) -> Decimal:
        return self.sales_cash - self.returns_cash

    @property
    def takings_cashless(self) -> Decimal:
        return self.sales_cashless - self.returns_cashless

    @property
    def drawer_change(self) -> Decimal:
        """By how much cash the drawer holds more than before; below zero, less."""
        return self.cash_in - self.cash_out + self.takings_cash


class ReceiptLine(Noun, frozen=True, omit_defaults=True):
    """A document as its shift lists it."""

    type: int
    number: int
    sum: Decimal
    ended: datetime | None = None
    annulled: bool = False
    id: int = 0  # its row in the books, where it is asked for


class ShiftAccount(Noun, frozen=True, omit_defaults=True):
    """A shift as the books have it."""

    place: ShiftPlace
    sums: ShiftSums
    documents: tuple[ReceiptLine, ...] = ()  # all that count, by number, then type
    closed: datetime | None = None
    record: ShiftRecord | None = None  # the one that counts
    missing: tuple[tuple[int, int], ...] = ()  # ranges of document numbers, both ends missing

    @property
    def difference(self) -> Decimal | None:
        """Ours minus the till's count of what the shift brought; None where the till tells none."""
        if self.record is None or self.record.gain is None:
            return None
        return self.sums.gain - self.record.gain
