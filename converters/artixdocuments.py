"""An Artix till's JSON objects as nouns: this file alone knows the names of their fields.

Only what identifies an object must be there: the shift, number and type of a document, the number of a shift, the
operation of a line of the security log. Whatever else is missing takes its default, and what is not known here is kept
in the raw JSON, and counts for the digest. Field names: https://docs.artix.su, and what open loaders of its files read.

Failures: none; an object that cannot be taken becomes a RefusedSale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from ..errors import Reason
from ..model import (
    NOTHING,
    Discount,
    Document,
    DrawerRecord,
    LogOn,
    Means,
    Move,
    Payment,
    Position,
    RefusedSale,
    SalesEvent,
    SalesOptions,
    ShiftRecord,
    digest,
)
from .artixjson import DEEPEST, canonical_json, decoded, items
from .artixvalues import (
    Tree,
    Unfit,
    amount,
    amount_or_none,
    listed,
    mark,
    measure,
    moment,
    often,
    rows,
    text,
    told,
    whole,
    whole_or_none,
)
from .reading import shortened

SECTIONS = SHIFTS, SALES, SECURITY = "shift info", "sales data", "securitylog info"

_GIFT_CARD_SOLD = 63  # operation of a position
_ANNULLED = 70  # operation of a failed payment
_SELF_CHECKOUT = "SSCO"
_MOVES = {
    70: Move.PAID,
    **dict.fromkeys((72, 76, 101), Move.CHANGE),
    **dict.fromkeys((74, 100), Move.REFUND),
}
_KEYS = {SHIFTS: ("shift",), SALES: ("docType", "docNum"), SECURITY: ("opcode",)}


class Objects:
    """Objects of one file, to be read with one set of options."""

    def __init__(self, options: SalesOptions) -> None:
        self._means = {
            code: means
            for means, codes in ((Means.GIFT, options.gift), (Means.CARD, options.card), (Means.CASH, options.cash))
            for code in codes
        }
        self._read: dict[str, Callable[[Tree, bytes, bytes], SalesEvent]] = {
            SHIFTS: _shift,
            SALES: self._document,
            SECURITY: _log_on,
        }

    def read(self, section: str, raw: bytes, line: int) -> Iterator[SalesEvent]:
        """What stands between two separators: an object, or a list of them. `raw` has no blanks around it."""
        written = items(raw) if section in SECTIONS and raw.startswith(b"[") else None
        if written is None:  # no list, or a list that is wrong, which is told as one
            yield self._event(section, raw, line)
            return
        at = 0
        for item in written:
            start = raw.index(item, at)
            line += raw.count(b"\n", at, start)
            yield self._event(section, item, line)
            line += item.count(b"\n")
            at = start + len(item)

    def _event(self, section: str, raw: bytes, line: int) -> SalesEvent:
        tree: Any = None
        try:
            if section in SECTIONS:
                tree = decoded(raw)
            return self._made(section, tree, raw)
        except msgspec.DecodeError as error:
            field, reason = "", _malformed(error, raw, line)
        except RecursionError:
            field, reason = "", Reason("sales.deep", limit=DEEPEST)
        except Unfit as error:  # which is held no longer than this: with its traceback it would hold itself, and `raw`
            field, reason = error.field, error.reason
        return RefusedSale(
            line=line,
            section=section,
            key=_key(section, tree),
            field=field,
            code=reason.code,
            parts={k: v if isinstance(v, int) else str(v) for k, v in reason.parts.items()},
            raw=raw,
        )

    def _made(self, section: str, tree: Any, raw: bytes) -> SalesEvent:
        """What an object says. Raises Unfit."""
        if section not in SECTIONS:
            raise Unfit("", Reason("sales.unknown-section", section=shortened(section)))
        if type(tree) is not dict:
            raise Unfit("", Reason("sales.not-object", field=section, got=told(tree)))
        return self._read[section](tree, digest(canonical_json(tree)), raw)

    def _document(self, tree: Tree, content: bytes, raw: bytes) -> Document:
        return Document(
            cash_code=text(tree, "cashCode"),
            shift=whole(tree, "shift", least=0),
            number=whole(tree, "docNum", least=0),
            type=whole(tree, "docType", least=0),
            digest=content,
            raw=raw,
            cashier=text(tree, "userCode"),
            began=moment(tree, "timeBeg"),
            ended=moment(tree, "timeEnd"),
            sum=amount(tree, "docSum"),
            positions=rows(tree, "inventPositions", _position),
            payments=rows(tree, "moneyPositions", self._payment),
            cards=tuple(filter(None, rows(tree, "cardPositions", _card))),
            lines_cancelled=len(listed(tree, "stornoPositions")),
            annulled=_ANNULLED in rows(tree, "failedMoneyPositions", _operation),
            self_checkout=text(tree, "cashType") == _SELF_CHECKOUT,
            identifier=text(tree, "identifier"),
            fiscal_number=text(tree, "frdocnum") or text(tree, "frDocCopy"),
            source=text(tree, "sourceidentifier"),
            reason=text(tree, "backReason"),
            certificates=_extras(tree, "certificatePositions"),
            coupons=_extras(tree, "couponPositions"),
            bonuses=_extras(tree, "bonusPositions"),
        )

    def _payment(self, tree: Tree, place: int) -> Payment:
        code, operation = whole(tree, "valCode", 0), whole(tree, "opCode", 0)
        return Payment(
            code=code,
            operation=operation,
            means=self._means.get(code, Means.OTHER),
            move=_MOVES.get(operation, Move.OTHER),
            sum=abs(amount(tree, "sumB")),
        )


def _position(tree: Tree, place: int) -> Position:
    code, operation = often(tree, "inventCode"), whole(tree, "opCode", 50)
    barcode = often(tree, "barCode")
    if barcode == code:  # typed by the cashier: the goods code is no barcode
        barcode = ""
    if operation == _GIFT_CARD_SOLD:
        barcode = text(tree, "bcode_main") or barcode
    discounts = rows(tree, "discountPositions", _discount) if "discountPositions" in tree else ()
    discount = amount_or_none(tree, "disc_abs")
    tax = _taxes(tree) if "taxes" in tree else None
    return Position(
        number=whole(tree, "posNum", place),
        code=code,
        quantity=measure(tree, "quant"),
        price=amount(tree, "price"),
        sum=amount(tree, "posSum"),
        barcode=barcode,
        name=often(tree, "name"),
        operation=operation,
        base_sum=amount_or_none(tree, "baseSum"),
        discount=sum((row.sum for row in discounts), NOTHING) if discount is None else discount,
        discounts=discounts,
        tax=tax,
        marks=_marks(tree, "excisemark") if "excisemark" in tree else (),
        extra_barcode=text(tree, "additionalbarcode") if "additionalbarcode" in tree else "",
        department=whole_or_none(tree, "deptCode"),
    )


def _discount(tree: Tree, place: int) -> Discount:
    return Discount(sum=amount(tree, "discSum"), name=text(tree, "discName"), type=text(tree, "discType"))


def _taxes(tree: Tree) -> Decimal | None:
    """All of a position's together; None where it tells none."""
    written = tree["taxes"]
    if type(written) is list and len(written) == 1 and type(written[0]) is dict:  # as nearly always
        try:
            return amount_or_none(written[0], "taxSum")
        except Unfit as unfit:
            raise unfit.within("taxes[1]") from None
    given = [tax for tax in rows(tree, "taxes", _tax) if tax is not None]
    return sum(given[1:], given[0]) if given else None


def _tax(tree: Tree, place: int) -> Decimal | None:
    return amount_or_none(tree, "taxSum")


def _card(tree: Tree, place: int) -> str:
    return text(tree, "number")


def _operation(tree: Tree, place: int) -> int | None:
    return whole_or_none(tree, "opCode")


def _marks(tree: Tree, field: str) -> tuple[str, ...]:
    """One mark, or a list of them. A mark's own blanks and separators belong to it."""
    value = tree.get(field)
    found = listed(tree, field) if value is None or type(value) is list else [value]
    marks = [mark(item, field) for item in found if item is not None]
    return tuple(item for item in marks if item.strip(" ") not in ("", "null"))


def _extras(tree: Tree, field: str) -> tuple[str, ...]:
    """Rows of which nothing more is known, each as JSON: the document's own, or, where it has none, its positions'."""

    def of_position(position: Tree, place: int) -> list[Any]:
        return listed(position, field)

    found = listed(tree, field)
    if not found and [1 for position in listed(tree, "inventPositions") if field in position]:
        found = [row for rows_ in rows(tree, "inventPositions", of_position) for row in rows_]
    return tuple(canonical_json(row).decode() for row in found)


def _shift(tree: Tree, content: bytes, raw: bytes) -> ShiftRecord:
    return ShiftRecord(
        cash_code=text(tree, "cashCode"),
        number=whole(tree, "shift", least=0),
        digest=content,
        raw=raw,
        opened=moment(tree, "timeBeg"),
        closed=moment(tree, "timeEnd"),
        gain=amount_or_none(tree, "sumGain"),
        drawers=rows(tree, "kkms", _drawer),
        users=rows(tree, "users", _user),
    )


def _drawer(tree: Tree, place: int) -> DrawerRecord:
    return DrawerRecord(
        serial=text(tree, "serialNum"),
        cash_end=amount_or_none(tree, "sumCashEnd"),
        protected_begin=amount_or_none(tree, "sumProtectedBeg"),
        protected_end=amount_or_none(tree, "sumProtectedEnd"),
        back=amount_or_none(tree, "sumBack"),
    )


def _user(tree: Tree, place: int) -> tuple[str, str]:
    return text(tree, "usercode"), text(tree, "username")


def _log_on(tree: Tree, content: bytes, raw: bytes) -> LogOn:
    return LogOn(
        cash_code=text(tree, "cashcode"),
        operation=whole(tree, "opcode"),
        digest=content,
        raw=raw,
        at=moment(tree, "optime"),
        user=text(tree, "usercode") or text(tree, "cashiercard"),
    )


# --- what is told of a refused object ------------------------------------------------------------------------


def _malformed(error: msgspec.DecodeError, raw: bytes, line: int) -> Reason:
    """In the line in which the parser stopped, where it says so."""
    said = str(error)
    byte = said.rpartition("(byte ")[2].rstrip(")")
    at = int(byte) if byte.isdecimal() else 0
    return Reason("sales.malformed", line=line + raw.count(b"\n", 0, at), detail=said)


def _key(section: str, tree: Any) -> str:
    """By what a person finds the object again: type/number of a document, as far as they can be read."""
    if type(tree) is not dict:
        return ""
    return "/".join(told(tree[field]) for field in _KEYS.get(section, ()) if tree.get(field) is not None)
