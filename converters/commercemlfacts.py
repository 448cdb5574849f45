"""What a reduced CommerceML record states: this file alone turns valid records into facts.

`Facts` lives as long as one file is read, and remembers what the file has said so far that later records need: names
of price types, units and taxes already stated.

What a till cannot use is left out of its good and told as a remark, so that a good does not go unsold for it:
a barcode with characters outside printable ASCII, a tax rate that is none, digits of a price below the cent.

Failures: none; records are valid when they come here, and everything a person should see is a Remark.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from ..errors import Reason
from ..model import (
    Barcode,
    BarcodeOf,
    Drop,
    Event,
    Good,
    Group,
    Kind,
    Noun,
    Price,
    Put,
    ReadOptions,
    Remark,
    Stock,
    Tax,
    TypedPrice,
    Unit,
    Variant,
    money,
    quantity,
)
from . import okei
from .commercemlrecords import Record
from .gates import wrong_check_digit
from .reading import shortened

_SCANNABLE = re.compile(r"[!-~](?:[ -~]{0,46}[!-~])?")
_RATE = re.compile(r"(?:НДС)?\s*(\d{1,2}(?:[.,]\d{1,2})?)\s*%?", re.IGNORECASE)
_NO_VAT = ("без ндс", "без налога", "не облагается")
_OFFERED = ("Наименование", "Артикул", "Штрихкод", "БазоваяЕдиница")  # what makes an offer more than prices and stock

T = TypeVar("T")
Telling = Generator[Event, None, T]  # yields what is to be told on the way to its value


class Facts:
    """The facts of one file, record by record. `origin`: the id of the catalogue or classifier that speaks."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._price_types: dict[str, str] = {}
        self._stated: set[tuple[Kind, str]] = set()  # units and taxes

    def price_type(self, type_id: str, name: str) -> None:
        self._price_types[type_id] = name

    def of(self, record: Record, origin: str) -> Iterator[Event]:
        match record.form.tag:
            case "Группа":
                return self._group(record, origin)
            case "Товар":
                return self._good(record, origin)
            case "Предложение":
                return self._offer(record, origin)
            case "ЕдиницаИзмерения":
                return self._unit_alone(record)
            case _:
                return self._deletion(record)

    # --- groups and goods

    def _group(self, record: Record, origin: str) -> Iterator[Event]:
        body = Group(record.text("Наименование"), record.text("Родитель") or None)
        yield Put(Kind.GROUP, (record.text("Ид"),), body, record.line, origin)

    def _good(self, record: Record, origin: str) -> Iterator[Event]:
        barcodes = yield from _barcodes(record)
        unit = yield from self._unit(record)
        tax = yield from self._tax(record)
        body = Good(
            name=record.text("Наименование"),
            article=record.text("Артикул") or None,
            barcodes=tuple(map(Barcode, barcodes)),
            group=record.text("Группа") or None,
            unit=unit,
            tax=tax,
            flags=("weighed",) if unit and okei.weighs(unit) else (),
        )
        yield Put(Kind.GOOD, (record.text("Ид"),), body, record.line, origin, record.text("КодКассы"))

    def _once(self, kind: Kind, key: str, body: Noun, record: Record) -> Iterator[Put]:
        """A unit or tax that goods refer to: a fact of its own, stated once in a file, and never claimed complete."""
        if (kind, key) not in self._stated:
            self._stated.add((kind, key))
            yield Put(kind, (key,), body, record.line)

    def _unit_alone(self, record: Record) -> Iterator[Event]:
        code = record.text("Ид")
        yield from self._once(Kind.UNIT, code, Unit(record.text("Наименование"), okei.measures(code)), record)

    def _unit(self, record: Record) -> Telling[str | None]:
        element = record.form.find("БазоваяЕдиница")
        if element is None:
            return None
        unit = element.text or ""
        yield from self._once(Kind.UNIT, unit, Unit(element.get("Название") or unit, okei.measures(unit)), record)
        return unit

    def _tax(self, record: Record) -> Telling[str | None]:
        """The id of the tax: its rate as a number; what stands for «Без НДС» or for a missing rate is a setting."""
        told = record.text("Ставка")
        if told.casefold() in _NO_VAT:
            yield from self._once(Kind.TAX, self._options.without_vat, Tax("Без НДС"), record)
            return self._options.without_vat
        match = _RATE.fullmatch(told)
        if match:
            rate = quantity(Decimal(match[1].replace(",", ".")))
            yield from self._once(Kind.TAX, str(rate), Tax(f"НДС {rate}%", rate), record)
            return str(rate)
        if told:
            yield _remark("commerceml.tax-rate", record, got=told)
        return self._options.default_tax or None

    # --- offers

    def _offer(self, record: Record, origin: str) -> Iterator[Event]:
        offer_id = record.text("Ид")
        good, _, characteristic = offer_id.partition("#")
        if characteristic:
            yield from self._variant(record, origin, (good, characteristic))
        else:
            for barcode in (yield from _barcodes(record)):
                yield Put(Kind.BARCODE, (barcode,), BarcodeOf(good), record.line, origin)
        prices = record.form.find("Цены")
        if prices is not None:
            types = yield from self._prices(prices, record)
            yield Put(Kind.PRICE, (offer_id,), Price(types=types), record.line, origin)
        stock = record.form.find("Остатки")
        if stock is not None:
            yield Put(Kind.STOCK, (offer_id,), _stock(stock), record.line, origin)

    def _variant(self, record: Record, origin: str, key: tuple[str, str]) -> Iterator[Event]:
        """A file of prices or stock alone names characteristics too, and must not strip them of their names."""
        if all(record.form.find(name) is None for name in _OFFERED):
            return
        barcodes = yield from _barcodes(record)
        unit = yield from self._unit(record)
        body = Variant(
            record.text("Наименование") or None, record.text("Артикул") or None, tuple(map(Barcode, barcodes)), unit
        )
        yield Put(Kind.VARIANT, key, body, record.line, origin)

    def _prices(self, prices: etree._Element, record: Record) -> Telling[tuple[TypedPrice, ...]]:
        """One price per type: that of the base unit where a type has several, for packs and boxes."""
        chosen: dict[str, tuple[Decimal, Decimal]] = {}
        for form in prices:
            type_id, factor = _text(form, "ИдТипаЦены"), _factor(_text(form, "Коэффициент"))
            if type_id not in chosen or (chosen[type_id][1] != 1 and factor == 1):
                chosen[type_id] = (Decimal(_text(form, "ЦенаЗаЕдиницу")), factor)
        for type_id, (price, factor) in chosen.items():
            yield from _doubts(type_id, price, factor, record)
        return tuple(
            TypedPrice(type_id, money(price), self._price_types.get(type_id, ""))
            for type_id, (price, _) in chosen.items()
        )

    # --- deletions

    def _deletion(self, record: Record) -> Iterator[Event]:
        key = record.text("Ид")
        match record.form.get("Вид"):
            case "Группа":
                yield Drop(Kind.GROUP, (key,), record.line)
            case "Товар":
                yield Drop(Kind.GOOD, (key,), record.line)
            case _:
                yield from _offer_deleted(record, key)


def _offer_deleted(record: Record, offer_id: str) -> Iterator[Drop]:
    good, _, characteristic = offer_id.partition("#")
    if characteristic:
        yield Drop(Kind.VARIANT, (good, characteristic), record.line)
    else:
        for barcode in record.form.iterfind("Штрихкод"):
            yield Drop(Kind.BARCODE, (barcode.text or "",), record.line)
    yield Drop(Kind.PRICE, (offer_id,), record.line)
    yield Drop(Kind.STOCK, (offer_id,), record.line)


def _text(form: etree._Element, name: str) -> str:
    return form.findtext(name) or ""


def _remark(code: str, record: Record, **parts: object) -> Remark:
    return Remark(Reason(code, **parts), record.line, record.text("Ид"))


def _barcodes(record: Record) -> Telling[tuple[str, ...]]:
    """The barcodes that a scanner can read; check digits are looked at, and kept as they are."""
    kept = []
    for element in record.form.iterfind("Штрихкод"):
        code = element.text or ""
        if not _SCANNABLE.fullmatch(code):
            yield _remark("commerceml.barcode", record, got=shortened(code))
            continue
        if wrong_check_digit(code):
            yield _remark("barcode.check-digit", record, barcode=code)
        kept.append(code)
    return tuple(kept)


def _factor(told: str) -> Decimal:
    """How many base units a price is for; 1 where nothing sensible is told."""
    return Decimal(told) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", told) else Decimal(1)


def _doubts(type_id: str, price: Decimal, factor: Decimal, record: Record) -> Iterator[Remark]:
    if money(price) != price:
        yield _remark("commerceml.price-rounded", record, type=type_id, got=price, taken=money(price))
    if factor != 1:
        yield _remark("commerceml.price-unit", record, type=type_id, factor=factor)


def _stock(stock: etree._Element) -> Stock:
    """Quantities by warehouse; those of one warehouse told in pieces are added up."""
    totals: dict[str, Decimal] = {}
    for remain in stock:
        warehouse = _text(remain, "Склад")
        totals[warehouse] = totals.get(warehouse, Decimal(0)) + Decimal(_text(remain, "Количество"))
    return Stock(tuple((warehouse, quantity(total)) for warehouse, total in totals.items()))
