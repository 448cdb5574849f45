"""What is read of our own format: each kind of record as its fact, and what is wrong refused alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tillpost.converters.own import NAMESPACE, Own
from tillpost.converters.reading import sniff
from tillpost.errors import LANGUAGES, Reject
from tillpost.model import (
    Alcohol,
    Barcode,
    BarcodeOf,
    Cashier,
    Drop,
    Event,
    Extent,
    ExtraPrice,
    Good,
    Group,
    Header,
    Kind,
    Plu,
    Price,
    Put,
    ReadOptions,
    Refused,
    Remark,
    Restriction,
    Seller,
    Tax,
    Unit,
)

GOOD = '<good code="1"><name>Хлеб</name></good>'
WHOLE_GOOD = """<good code=" 4100010462 ">
    <name> Корм
      Перфект Фит </name><receiptName>Корм</receiptName><article>A-7</article>
    <barcode>4008429033452</barcode><barcode quantity="6.0">4008429033469</barcode>
    <group>3703</group><unit>007</unit><tax>10</tax><department>2</department>
    <price>52.5</price><minPrice>50</minPrice><extraPrice code="2" name="МРЦ">55</extraPrice>
    <flag>weighed</flag><flag>noReturn</flag><flag>weighed</flag><age>18</age><mark>tobacco</mark>
    <alcohol code="200" strength="40.0" volume="0.50"/><paymentObject>1</paymentObject><plu scaleGroup="3">123</plu>
</good>"""

CASHIER = """<cashier code="7" login="l" rank="2">
    <name>А</name><password> p  w </password><role code="3"/><role code="01"/>
</cashier>"""
RESTRICTION = """<restriction id="r1" type="saleDenied" subject="group" code="3" value="5"
    since="22:00" till="08:00" days="MO TU" age="18"/>"""


def export(root: str, inside: str, attributes: str = 'fullness="I"') -> str:
    return f'<{root} xmlns="{NAMESPACE}" {attributes}>{inside}</{root}>'


def read(text: str, options: ReadOptions | None = None) -> list[Any]:
    data = text.encode()
    return list(Own().read(io.BytesIO(data), sniff(data[:65536], "x.xml"), options or ReadOptions()))


def header(text: str) -> Header:
    return Own().header(sniff(text.encode(), "x.xml"))


def rejected(act: Callable[[], object]) -> Any:
    """Why `act` was rejected; said in every language without a slip."""
    with pytest.raises(Reject) as caught:
        act()
    assert all(caught.value.reason.text(language) for language in LANGUAGES)
    return caught.value.reason


# --- the root ----------------------------------------------------------------------------------------------


def test_header_says_all_that_the_root_says() -> None:
    said = 'fullness="F" number="17" shop=" 5 " created="2026-11-20T06:00:00+03:00" source="1C  main"'
    assert header(export("goods", "", said)) == Header(
        "tillpost", "goods", "5", 17, True, "2026-11-20T06:00:00+03:00", "1C main"
    )


def test_header_of_changes_for_all_shops() -> None:
    assert header(export("prices", "")) == Header("tillpost", "prices")


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ("", "fullness"),
        ('fullness="X"', "fullness"),
        ('fullness=""', "fullness"),
        ('fullness="I" number="0"', "number"),
        ('fullness="I" number="-1"', "number"),
        ('fullness="I" number="1.5"', "number"),
        ('fullness="I" number=""', "number"),
        ('fullness="I" number="99999999999999999999"', "number"),
        ('fullness="I" shop=""', "shop"),
        ('fullness="I" shop="../5"', "shop"),
        ('fullness="I" created="yesterday"', "created"),
        (f'fullness="I" source="{"x" * 201}"', "source"),
        ('fullness="I" numbr="1"', "numbr"),
    ],
)
def test_root_that_breaks_the_format_breaks_the_file(attributes: str, named: str) -> None:
    reason = rejected(lambda: header(export("goods", GOOD, attributes)))
    assert all(named in reason.text(language) for language in LANGUAGES)


# --- each kind ---------------------------------------------------------------------------------------------


def puts(events: list[Event]) -> list[tuple[Kind, tuple[str, ...], object]]:
    return [(event.kind, event.key, event.body) for event in events if isinstance(event, Put)]


def test_good_with_everything() -> None:
    assert puts(read(export("goods", WHOLE_GOOD))) == [
        (
            Kind.GOOD,
            ("4100010462",),
            Good(
                name="Корм Перфект Фит",
                receipt_name="Корм",
                article="A-7",
                barcodes=(Barcode("4008429033452"), Barcode("4008429033469", Decimal(6))),
                group="3703",
                unit="7",
                tax="10",
                department=2,
                price=Decimal("52.50"),
                min_price=Decimal("50.00"),
                extra_prices=(ExtraPrice(2, Decimal("55.00"), "МРЦ"),),
                flags=("noReturn", "weighed"),
                age=18,
                mark="tobacco",
                alcohol=Alcohol("200", Decimal(40), Decimal("0.5")),
                payment_object=1,
                plu=Plu(123, 3),
            ),
        )
    ]


@pytest.mark.parametrize(
    ("root", "record", "expected"),
    [
        ("goods", GOOD, (Kind.GOOD, ("1",), Good("Хлеб"))),
        (
            "prices",
            '<price good="1" min="1">2.5</price>',
            (Kind.PRICE, ("1",), Price(Decimal("2.50"), Decimal("1.00"))),
        ),
        (
            "prices",
            '<price good="1" from="2026-11-20" to="2026-11-30">2</price>',
            (Kind.PROMO, ("1", "2026-11-20", "2026-11-30"), Price(Decimal("2.00"))),
        ),
        (
            "prices",
            '<price good="1" to=" 2026-11-30 ">2</price>',
            (Kind.PROMO, ("1", "", "2026-11-30"), Price(Decimal("2.00"))),
        ),
        ("barcodes", '<barcode good="1">4008</barcode>', (Kind.BARCODE, ("4008",), BarcodeOf("1"))),
        (
            "barcodes",
            '<barcode good="1" quantity="0.500"> A B </barcode>',
            (Kind.BARCODE, ("A B",), BarcodeOf("1", Decimal("0.5"))),
        ),
        ("groups", '<group code="3" parent="2">Корм</group>', (Kind.GROUP, ("3",), Group("Корм", "2"))),
        ("units", '<unit code="01" fractional="1">кг</unit>', (Kind.UNIT, ("1",), Unit("кг", True))),
        ("units", '<unit code="1">шт</unit>', (Kind.UNIT, ("1",), Unit("шт"))),
        ("taxes", '<tax code="10" rate="10.0" name="НДС 10%"/>', (Kind.TAX, ("10",), Tax("НДС 10%", Decimal(10)))),
        ("taxes", '<tax code="5" rate="0" name="НДС 0%"/>', (Kind.TAX, ("5",), Tax("НДС 0%", Decimal(0)))),
        ("taxes", '<tax code="6" name="Без НДС"/>', (Kind.TAX, ("6",), Tax("Без НДС"))),
        (
            "cashiers",
            CASHIER,
            (Kind.CASHIER, ("7",), Cashier("А", "l", " p  w ", 2, (1, 3))),
        ),
        ("sellers", '<seller code="12"><name>Б</name></seller>', (Kind.SELLER, ("12",), Seller("Б"))),
        (
            "restrictions",
            RESTRICTION,
            (
                Kind.RESTRICTION,
                ("r1",),
                Restriction("saleDenied", "group", "3", Decimal(5), "22:00", "08:00", ("MO", "TU"), 18),
            ),
        ),
    ],
)
def test_record_states_its_fact(root: str, record: str, expected: object) -> None:
    assert puts(read(export(root, record))) == [expected]


@pytest.mark.parametrize(
    ("root", "record", "expected"),
    [
        ("goods", '<delete code="1"/>', (Kind.GOOD, ("1",))),
        ("prices", '<delete good="1"/>', (Kind.PRICE, ("1",))),
        ("barcodes", '<delete barcode=" 40  08 "/>', (Kind.BARCODE, ("40 08",))),
        ("units", '<delete code="007"/>', (Kind.UNIT, ("7",))),
        ("taxes", '<delete code="007"/>', (Kind.TAX, ("7",))),
        ("restrictions", '<delete id="r1"/>', (Kind.RESTRICTION, ("r1",))),
        ("cashiers", '<delete code="7"/>', (Kind.CASHIER, ("7",))),
    ],
)
def test_delete_withdraws_by_the_key_of_its_kind(root: str, record: str, expected: object) -> None:
    assert [(drop.kind, drop.key) for drop in read(export(root, record)) if isinstance(drop, Drop)] == [expected]


def test_delete_has_no_place_in_a_full_export() -> None:
    events = read(export("goods", GOOD + '<delete code="2"/>', 'fullness="F"'))
    assert [type(event) for event in events] == [Extent, Put, Refused]
    assert events[2].key == "2"
    assert events[2].reason.code == "own.delete-in-full"


@pytest.mark.parametrize(("root", "kinds"), [("goods", [Kind.GOOD]), ("prices", [Kind.PRICE, Kind.PROMO])])
def test_only_a_full_export_claims_to_be_complete(root: str, kinds: list[Kind]) -> None:
    assert read(export(root, "", 'fullness="F"')) == [Extent(kind) for kind in kinds]
    assert read(export(root, "")) == []


def test_decimal_comma_is_taken_where_the_settings_say_so() -> None:
    goods = export("goods", WHOLE_GOOD.replace("52.5", "52,5").replace('"6.0"', '"6,0"').replace("0.50", "0,50"))
    plain = read(export("goods", WHOLE_GOOD))
    assert read(goods, ReadOptions(decimal_comma=True)) == plain
    assert [type(event) for event in read(goods)] == [Refused]


# --- what is told beside the facts -------------------------------------------------------------------------


def test_wrong_check_digit_is_remarked_and_taken() -> None:
    events = read(export("barcodes", '<barcode good="1">4008429033451</barcode>'))
    assert [type(event) for event in events] == [Put, Remark]
    assert events[1].reason.code == "barcode.check-digit"


def test_key_that_stands_twice_is_remarked_and_the_later_stands_last() -> None:
    events = read(export("groups", '<group code="1">A</group><group code="1">B</group>'))
    assert [type(event) for event in events] == [Put, Remark, Put]
    assert events[2].body == Group("B")


def test_dated_prices_of_one_good_are_not_the_same_key() -> None:
    events = read(export("prices", '<price good="1">1</price><price good="1" from="2026-01-01">1</price>'))
    assert [type(event) for event in events] == [Put, Put]


def test_price_whose_first_day_is_after_its_last_is_refused() -> None:
    [refused] = read(export("prices", '<price good="1" from="2026-01-02" to="2026-01-01">1</price>'))
    assert (refused.key, refused.field, refused.reason.code) == ("1", "from", "own.dates")


# --- refusals ----------------------------------------------------------------------------------------------


MANY = 8000  # records, more than are shown to the schema at once


@pytest.mark.parametrize("place", [0, 1, 499, 500, 501, 3999, MANY - 2, MANY - 1])
def test_refused_record_says_line_key_and_field_and_the_rest_is_read(place: int) -> None:
    lines = [f'<good code="{n}"><name>A</name></good>' for n in range(MANY)]
    lines[place] = f'<good code="{place}"><name>A</name><price>1.234</price></good>'
    events = read(export("goods", "\n".join(lines)))
    assert [event.line for event in events] == list(range(1, MANY + 1))
    [refused] = [event for event in events if isinstance(event, Refused)]
    assert (refused.line, refused.kind, refused.key, refused.field) == (place + 1, "good", str(place), "price")
    assert all("1.234" in refused.reason.text(language) for language in LANGUAGES)


def test_stale_declaration_is_remarked_first() -> None:
    text = f'<?xml version="1.0" encoding="windows-1251"?><goods xmlns="{NAMESPACE}" fullness="F">{GOOD}</goods>'
    data = text.encode()
    events = list(Own().read(io.BytesIO(data), sniff(data, "x.xml"), ReadOptions()))
    assert [type(event) for event in events] == [Remark, Extent, Put]
    assert events[2].body == Good("Хлеб")
