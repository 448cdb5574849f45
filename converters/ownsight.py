"""Records of our own format that need no parser: this file alone turns the texts of a pattern into facts.

What it makes of a record is what `ownrecords` makes of its element; a test compares the two.

Failures: none; what the pattern took is valid.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ..model import ONE, Alcohol, Barcode, ExtraPrice, Good, Kind, Plu, Put, money, quantity
from .ownrecords import plain_number
from .patterns import RecordPattern, Texts, meant


def good_at_sight(pattern: RecordPattern, texts: Texts, line: int) -> Put:
    """The good of a record that the pattern took; `texts` in the order of `GOOD_TEXTS`."""
    (
        code,
        name,
        receipt_name,
        article,
        barcodes,
        group,
        unit,
        tax,
        department,
        price,
        min_price,
        extra_prices,
        flags,
        age,
        mark,
        alcohol,
        alcohol_code,
        strength,
        volume,
        payment_object,
        scale_group,
        plu,
    ) = texts
    body = Good(
        name=name or "",
        receipt_name=receipt_name,
        article=article,
        barcodes=tuple(
            Barcode(text, quantity(Decimal(count)) if count else ONE)
            for count, text in pattern.repeated("barcode", barcodes)
        ),
        group=group,
        unit=None if unit is None else plain_number(unit),
        tax=None if tax is None else plain_number(tax),
        department=int(department or 1),
        price=None if price is None else money(Decimal(price)),
        min_price=None if min_price is None else money(Decimal(min_price)),
        extra_prices=tuple(
            ExtraPrice(int(number), money(Decimal(amount)), meant(title))
            for number, title, amount in pattern.repeated("extraPrice", extra_prices)
        )
        if extra_prices
        else (),
        flags=tuple(sorted({flag for (flag,) in pattern.repeated("flag", flags)})) if flags else (),
        age=None if age is None else int(age),
        mark=mark,
        alcohol=Alcohol(alcohol_code, _number(strength), _number(volume)) if alcohol else None,
        payment_object=None if payment_object is None else int(payment_object),
        plu=None if plu is None else Plu(int(plu), int(scale_group or 1)),
    )
    return Put(Kind.GOOD, (code or "",), body, line)


GOOD_TEXTS = (
    *("code", "name", "receiptName", "article", "barcode", "group", "unit", "tax", "department", "price", "minPrice"),
    *("extraPrice", "flag", "age", "mark", "alcohol", "alcohol.code", "alcohol.strength", "alcohol.volume"),
    *("paymentObject", "plu.scaleGroup", "plu"),
)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else quantity(Decimal(text))


AT_SIGHT: dict[str, Callable[[RecordPattern, Texts, int], Put]] = {"goods": good_at_sight}
"""By root."""
