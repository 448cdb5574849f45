"""What each record of our own format states: this file alone turns valid elements into facts.

Failures: none; records are valid when they come here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from ..model import (
    ONE,
    Alcohol,
    Barcode,
    BarcodeOf,
    Cashier,
    ExtraPrice,
    Good,
    Group,
    Kind,
    Plu,
    Price,
    Put,
    Restriction,
    Seller,
    Tax,
    Unit,
    money,
    quantity,
)

Element = etree._Element
NUMBERS = frozenset({"price", "minPrice", "extraPrice"})  # elements whose text is an amount
NUMBER_ATTRIBUTES = ("min", "quantity", "rate", "value", "strength", "volume")


def _same(key: str) -> str:
    return key


def plain_number(key: str) -> str:
    """A number in its one spelling: 007 is 7."""
    return str(int(key))


@dataclass(frozen=True)
class OwnKind:
    """What a root holds: the facts it is about (the first is the one it deletes), and its records."""

    facts: tuple[Kind, ...]
    record: str
    key: str  # the attribute that names a record; "" = its text does
    read: Callable[[Element, int], Put]
    delete_key: str = "code"
    spelled: Callable[[str], str] = _same


# --- plain values ------------------------------------------------------------------------------------------


def collapsed(text: str) -> str:
    """`text` with its white space collapsed as XML Schema does: a no-break space is none, and stays."""
    return _BLANKS.sub(" ", text).strip(" ") if _LOOSE.search(text) else text


_BLANKS = re.compile(r"[ \t\r\n]+")
_LOOSE = re.compile(r"[\t\r\n]|  |\A | \Z")


def _text(element: Element) -> str:
    return collapsed(element.text or "")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _money(text: str | None) -> Decimal | None:
    return None if text is None else money(Decimal(text.strip()))


def _number(text: str | None) -> Decimal | None:
    return None if text is None else quantity(Decimal(text.strip()))


def _said(element: Element, name: str) -> str | None:
    value = element.get(name)
    return None if value is None else collapsed(value)


def _whole(element: Element, name: str, default: int) -> int:
    return int(element.get(name, default))


def point_for_comma(form: Element) -> None:
    """Numbers with a decimal comma, for ERPs whose settings say that they write them so."""
    for element in form.iter(etree.Element):
        name = _local(element)
        if name in NUMBERS and element.text:
            element.text = element.text.replace(",", ".")
        for attribute in NUMBER_ATTRIBUTES:
            value = element.get(attribute)
            if value is not None:
                element.set(attribute, value.replace(",", "."))


# --- records -----------------------------------------------------------------------------------------------


class _Children:
    """The children of a record, by local name."""

    def __init__(self, element: Element) -> None:
        self._by: dict[str, list[Element]] = {}
        for child in element:
            self._by.setdefault(_local(child), []).append(child)

    def all(self, name: str) -> list[Element]:
        return self._by.get(name, [])

    def one(self, name: str) -> Element | None:
        found = self._by.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        found = self.one(name)
        return None if found is None else _text(found)


def _good(element: Element, line: int) -> Put:
    child = _Children(element)
    unit, tax = child.text("unit"), child.text("tax")
    body = Good(
        name=child.text("name") or "",
        receipt_name=child.text("receiptName"),
        article=child.text("article"),
        barcodes=tuple(map(_packing, child.all("barcode"))),
        group=child.text("group"),
        unit=None if unit is None else plain_number(unit),
        tax=None if tax is None else plain_number(tax),
        department=int(child.text("department") or 1),
        price=_money(child.text("price")),
        min_price=_money(child.text("minPrice")),
        extra_prices=tuple(map(_extra_price, child.all("extraPrice"))),
        flags=tuple(sorted({_text(flag) for flag in child.all("flag")})),
        age=_int(child.text("age")),
        mark=child.text("mark"),
        alcohol=_alcohol(child.one("alcohol")),
        payment_object=_int(child.text("paymentObject")),
        plu=_plu(child.one("plu")),
    )
    return Put(Kind.GOOD, (_said(element, "code") or "",), body, line)


def _packing(element: Element) -> Barcode:
    return Barcode(_text(element), _number(element.get("quantity")) or ONE)


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _extra_price(element: Element) -> ExtraPrice:
    return ExtraPrice(int(element.get("code", "")), money(Decimal(_text(element))), _said(element, "name") or "")


def _alcohol(element: Element | None) -> Alcohol | None:
    if element is None:
        return None
    return Alcohol(_said(element, "code"), _number(element.get("strength")), _number(element.get("volume")))


def _plu(element: Element | None) -> Plu | None:
    return None if element is None else Plu(int(_text(element)), _whole(element, "scaleGroup", 1))


def _price(element: Element, line: int) -> Put:
    good, since, till = (_said(element, name) or "" for name in ("good", "from", "to"))
    body = Price(money(Decimal(_text(element))), _money(element.get("min")))
    if since or till:
        return Put(Kind.PROMO, (good, since, till), body, line)
    return Put(Kind.PRICE, (good,), body, line)


def dates_reversed(put: Put) -> bool:
    """Whether a dated price ends before it begins, which no schema can forbid."""
    return put.kind is Kind.PROMO and put.key[1] > put.key[2] > ""


def _barcode(element: Element, line: int) -> Put:
    body = BarcodeOf(_said(element, "good") or "", _number(element.get("quantity")) or ONE)
    return Put(Kind.BARCODE, (_text(element),), body, line)


def _group(element: Element, line: int) -> Put:
    return Put(Kind.GROUP, (_said(element, "code") or "",), Group(_text(element), _said(element, "parent")), line)


def _unit(element: Element, line: int) -> Put:
    fractional = element.get("fractional", "").strip() in ("true", "1")
    return Put(Kind.UNIT, (plain_number(element.get("code", "")),), Unit(_text(element), fractional), line)


def _tax(element: Element, line: int) -> Put:
    body = Tax(_said(element, "name") or "", _number(element.get("rate")))
    return Put(Kind.TAX, (plain_number(element.get("code", "")),), body, line)


def _cashier(element: Element, line: int) -> Put:
    child = _Children(element)
    password = child.one("password")
    body = Cashier(
        name=child.text("name") or "",
        login=_said(element, "login") or "",
        password="" if password is None else password.text or "",
        rank=_whole(element, "rank", 1),
        roles=tuple(sorted({_whole(role, "code", 0) for role in child.all("role")})),
    )
    return Put(Kind.CASHIER, (_said(element, "code") or "",), body, line)


def _seller(element: Element, line: int) -> Put:
    return Put(Kind.SELLER, (_said(element, "code") or "",), Seller(_Children(element).text("name") or ""), line)


_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _restriction(element: Element, line: int) -> Put:
    age = _said(element, "age")
    body = Restriction(
        type=_said(element, "type") or "",
        subject=_said(element, "subject") or "",
        code=_said(element, "code") or "",
        value=_money(element.get("value")),
        since=_said(element, "since"),
        till=_said(element, "till"),
        days=tuple(sorted({*(_said(element, "days") or "").split()}, key=_WEEK.index)),
        age=_int(age),
    )
    return Put(Kind.RESTRICTION, (_said(element, "id") or "",), body, line)


KINDS: dict[str, OwnKind] = {
    "goods": OwnKind((Kind.GOOD,), "good", "code", _good),
    "prices": OwnKind((Kind.PRICE, Kind.PROMO), "price", "good", _price, delete_key="good"),
    "barcodes": OwnKind((Kind.BARCODE,), "barcode", "", _barcode, delete_key="barcode"),
    "groups": OwnKind((Kind.GROUP,), "group", "code", _group),
    "units": OwnKind((Kind.UNIT,), "unit", "code", _unit, spelled=plain_number),
    "taxes": OwnKind((Kind.TAX,), "tax", "code", _tax, spelled=plain_number),
    "cashiers": OwnKind((Kind.CASHIER,), "cashier", "code", _cashier),
    "sellers": OwnKind((Kind.SELLER,), "seller", "code", _seller),
    "restrictions": OwnKind((Kind.RESTRICTION,), "restriction", "id", _restriction, delete_key="id"),
}
