"""What is read of 1C's exports: the same from every version, namespace and encoding; bad records alone refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost.converters import commercemlrecords, okei
from tillpost.converters.commerceml import CommerceML, part_of
from tillpost.converters.reading import sniff
from tillpost.errors import Reject
from tillpost.model import (
    Barcode,
    BarcodeOf,
    Drop,
    Event,
    Extent,
    Good,
    Group,
    Header,
    Kind,
    Price,
    Put,
    ReadOptions,
    Refused,
    Remark,
    Stock,
    Tax,
    TypedPrice,
    Unit,
    Variant,
)

SHARED = Path(__file__).parents[3] / "shared" / "samples" / "commerceml"
OWN = Path(__file__).parents[2] / "samples" / "1c"
NAMESPACES = ("", "urn:1C.ru:commerceml_2", "urn:1C.ru:commerceml_208", "urn:1C.ru:commerceml_3")
VERSIONS = ("2.03", "2.04", "2.05", "2.07", "2.08", "2.09", "2.10", "3.1")
ENCODINGS = ("utf-8", "utf-8-sig", "windows-1251", "utf-16-le")


def export(body: str, namespace: str = "", version: str = "2.07", encoding: str = "utf-8") -> bytes:
    declared = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16"}.get(encoding, encoding)
    space = f' xmlns="{namespace}"' if namespace else ""
    text = (
        f'<?xml version="1.0" encoding="{declared}"?>\n<КоммерческаяИнформация{space} ВерсияСхемы="{version}" '
        f'ДатаФормирования="2026-11-20T06:00:00">\n{body}\n</КоммерческаяИнформация>\n'
    )
    return text.encode(encoding) if encoding != "utf-16-le" else b"\xff\xfe" + text.encode(encoding)


def read(data: bytes, name: str = "import.xml", options: ReadOptions | None = None) -> list[Event]:
    return list(CommerceML().read(io.BytesIO(data), sniff(data[:65536], name), options or ReadOptions()))


def header(name: str, data: bytes | None = None) -> Header:
    return CommerceML().header(sniff(data or export(""), name))


def catalogue(*goods: str, changes: str = ' СодержитТолькоИзменения="true"') -> str:
    return f"<Каталог{changes}><Ид>cat</Ид><Наименование>К</Наименование><Товары>{''.join(goods)}</Товары></Каталог>"


def offers(*records: str, changes: str = "true", section: str = "ПакетПредложений", before: str = "") -> str:
    flag = f' СодержитТолькоИзменения="{changes}"' if changes else ""
    return (
        f"<{section}{flag}><Ид>cat#</Ид><ИдКаталога>cat</ИдКаталога>{before}"
        f"<Предложения>{''.join(records)}</Предложения></{section}>"
    )


def good(good_id: str = "g1", name: str = "Чай", more: str = "") -> str:
    return f"<Товар><Ид>{escape(good_id)}</Ид><Наименование>{escape(name)}</Наименование>{more}</Товар>"


def offer(offer_id: str, more: str = "") -> str:
    return f"<Предложение><Ид>{escape(offer_id)}</Ид>{more}</Предложение>"


def price(value: str, type_id: str = "r", factor: str = "") -> str:
    told = f"<Коэффициент>{factor}</Коэффициент>" if factor else ""
    return f"<Цена><ИдТипаЦены>{type_id}</ИдТипаЦены><ЦенаЗаЕдиницу>{value}</ЦенаЗаЕдиницу>{told}</Цена>"


def kept(warehouse: str, count: int) -> str:
    return f'<Склад ИдСклада="{warehouse}" КоличествоНаСкладе="{count}"/>'


def remain(warehouse: str, count: int) -> str:
    return f"<Остаток><Склад><Ид>{warehouse}</Ид><Количество>{count}</Количество></Склад></Остаток>"


def prices(*values: str) -> str:
    return f"<Цены>{''.join(values)}</Цены>"


def puts(events: Iterable[Event], kind: Kind) -> list[Put]:
    return [event for event in events if isinstance(event, Put) and event.kind is kind]


def bodies(events: Iterable[Event], kind: Kind) -> dict[tuple[str, ...], object]:
    return {put.key: put.body for put in puts(events, kind)}


def one(body: str, options: ReadOptions | None = None) -> Good:
    (put,) = puts(read(export(catalogue(body)), options=options), Kind.GOOD)
    assert isinstance(put.body, Good)
    return put.body


def extents(events: Iterable[Event]) -> list[Extent]:
    return [event for event in events if isinstance(event, Extent)]


def remarks(events: Iterable[Event]) -> list[str]:
    return [event.reason.code for event in events if isinstance(event, Remark)]


# --- claiming, and what the root and the name say


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_root_is_claimed_in_every_namespace(namespace: str) -> None:
    assert CommerceML().claims(sniff(export("", namespace), "import.xml"))


def test_bare_classifier_is_claimed() -> None:
    data = "<Классификатор><Ид>c</Ид></Классификатор>".encode()
    assert CommerceML().claims(sniff(data, "classifier.xml"))


def test_other_roots_are_left_to_others() -> None:
    assert not CommerceML().claims(sniff(b'<goods xmlns="urn:tillpost:export:1"/>', "import.xml"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("import.xml", "import"),
        ("import0_1.xml", "import"),
        ("Offers.xml", "offers"),
        ("offers0_12.xml", "offers"),
        ("prices_1_2_5d24.xml", "prices"),
        ("rests___5d24.xml", "rests"),
        ("goods_1_1_d0b3.xml", "import"),
        ("выгрузка.xml", "import"),
    ],
)
def test_kind_comes_from_the_name(name: str, kind: str) -> None:
    assert header(name).kind == kind


def test_header_says_when_it_was_made_and_nothing_it_cannot_know() -> None:
    assert header("import.xml") == Header("commerceml", "import", created="2026-11-20T06:00:00")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("import.xml", None),
        ("offers.xml", None),
        ("import0_1.xml", ("import0", 1)),
        ("import0_2.xml", ("import0", 2)),
        ("offers1_12.xml", ("offers1", 12)),
        ("rests0_1.xml", ("rests0", 1)),
        ("prices_1_2.xml", ("prices_1", 2)),
        ("goods_1_10_0e3264b9-7cc6-48f7-89d6-90c4834feb95.xml", ("goods_1", 10)),
        ("rests_1_16_5e505506.xml", ("rests_1", 16)),
        ("import___0582b3d2-fdb7-4326-8fd5-8923c36c3961.xml", ("import", 0)),
        ("import_2026_11.xml", None),
        ("import_2.xml", None),
        ("my_import0_1.xml", None),
        ("Import0_1.XML", ("Import0", 1)),
        ("prices.xml", None),
        ("", None),
    ],
)
def test_parts_of_a_set_share_its_name(name: str, part: tuple[str, int] | None) -> None:
    assert part_of(name) == part
    assert header(name or "x.xml").part_of == (part[0] if part else "")


# --- every spelling reads the same


WHOLE = (
    "<Классификатор><Ид>cls</Ид><Наименование>К</Наименование><Группы>"
    "<Группа><Ид>1</Ид><Наименование>Чай и кофе</Наименование><Группы>"
    "<Группа><Ид>11</Ид><Наименование>Чай</Наименование></Группа></Группы></Группа></Группы></Классификатор>"
    '<Каталог СодержитТолькоИзменения="false"><Ид>cat</Ид><ИдКлассификатора>cls</ИдКлассификатора><Товары>'
    "<Товар><Ид>g1</Ид><Штрихкод>4008429033452</Штрихкод><Артикул>A-7</Артикул><Наименование>Чай  чёрный</Наименование>"
    '<БазоваяЕдиница Код="796 " НаименованиеПолное="Штука">шт</БазоваяЕдиница><Группы><Ид>11</Ид></Группы>'
    "<СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование><Ставка>20</Ставка></СтавкаНалога></СтавкиНалогов>"
    "</Товар></Товары></Каталог>"
    '<ПакетПредложений СодержитТолькоИзменения="false"><Ид>cat#</Ид><ИдКаталога>cat</ИдКаталога><ТипыЦен><ТипЦены>'
    "<Ид>r</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен><Предложения><Предложение><Ид>g1</Ид><Цены>"
    "<Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>52,50</ЦенаЗаЕдиницу></Цена></Цены><Количество>-3</Количество>"
    "</Предложение></Предложения></ПакетПредложений>"
)
TYPES = (TypedPrice("r", Decimal("52.50"), "Розничная"),)
FACTS = {
    (Kind.GROUP, ("1",)): (Group("Чай и кофе"), "cls"),
    (Kind.GROUP, ("11",)): (Group("Чай", "1"), "cls"),
    (Kind.UNIT, ("796",)): (Unit("шт"), ""),
    (Kind.TAX, ("20",)): (Tax("НДС 20%", Decimal(20)), ""),
    (Kind.GOOD, ("g1",)): (
        Good("Чай чёрный", article="A-7", barcodes=(Barcode("4008429033452"),), group="11", unit="796", tax="20"),
        "cat",
    ),
    (Kind.PRICE, ("g1",)): (Price(types=TYPES), "cat"),
    (Kind.STOCK, ("g1",)): (Stock((("", Decimal(-3)),)), "cat"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("version", VERSIONS)
def test_spellings_read_the_same(version: str, namespace: str, encoding: str) -> None:
    events = read(export(WHOLE, namespace, version, encoding))
    assert {(put.kind, put.key): (put.body, put.origin) for put in events if isinstance(put, Put)} == FACTS
    assert extents(events) == [
        Extent(Kind.GROUP, "cls"),
        Extent(Kind.GOOD, "cat"),
        Extent(Kind.PRICE, "cat"),
        Extent(Kind.STOCK, "cat"),
    ]


def test_lines_are_those_of_the_file() -> None:
    body = "\n" * 70_000 + catalogue("\n" + good(), "\n\n" + good("", "Кофе"))
    events = read(export(body))
    assert [event.line for event in events if isinstance(event, Put)] == [70_004]
    assert [event.line for event in events if isinstance(event, Refused)] == [70_006]


# --- groups


GROUPS = "<Группы><Группа><Ид>1</Ид><Наименование>Г</Наименование></Группа></Группы>"


@pytest.mark.parametrize(
    ("classifier", "whole"),
    [
        (f"<Классификатор><Ид>c</Ид>{GROUPS}</Классификатор>", True),
        (f'<Классификатор СодержитТолькоИзменения="false"><Ид>c</Ид>{GROUPS}</Классификатор>', True),
        (f'<Классификатор СодержитТолькоИзменения="true"><Ид>c</Ид>{GROUPS}</Классификатор>', False),
        ("<Классификатор><Ид>c</Ид><Наименование>Н</Наименование></Классификатор>", False),
    ],
)
def test_classifier_claims_its_groups_only_when_whole_and_there(classifier: str, whole: bool) -> None:
    assert extents(read(export(classifier))) == ([Extent(Kind.GROUP, "c")] if whole else [])


def test_group_of_a_group_knows_its_parent_at_any_depth() -> None:
    deep = "".join(f"<Группы><Группа><Ид>{n}</Ид><Наименование>Г{n}</Наименование>" for n in range(40))
    body = f"<Классификатор><Ид>c</Ид>{deep}{'</Группа></Группы>' * 40}</Классификатор>"
    groups = bodies(read(export(body)), Kind.GROUP)
    assert groups == {(str(n),): Group(f"Г{n}", str(n - 1) if n else None) for n in range(40)}


def test_deleted_group_is_dropped() -> None:
    marked = GROUPS.replace("</Ид>", "</Ид><ПометкаУдаления>true</ПометкаУдаления>")
    events = read(export(f'<Классификатор СодержитТолькоИзменения="true"><Ид>c</Ид>{marked}</Классификатор>'))
    assert [(event.kind, event.key) for event in events if isinstance(event, Drop)] == [(Kind.GROUP, ("1",))]
    assert not puts(events, Kind.GROUP)


# --- goods


def test_empty_children_say_nothing() -> None:
    body = good(more="<Штрихкод/><Артикул/><БазоваяЕдиница/><Группы/><СтавкиНалогов/><ЗначенияРеквизитов/><Описание/>")
    assert one(body) == Good("Чай")


def test_first_group_counts() -> None:
    assert one(good(more="<Группы><Ид>1</Ид><Ид>2</Ид></Группы>")).group == "1"


@pytest.mark.parametrize(
    ("element", "unit", "fact"),
    [
        ("<БазоваяЕдиница>796</БазоваяЕдиница>", "796", Unit("шт")),
        ('<БазоваяЕдиница Код="796">шт.</БазоваяЕдиница>', "796", Unit("шт.")),
        ('<БазоваяЕдиница Код="796 " МеждународноеСокращение="PCE"/>', "796", Unit("PCE")),
        ('<БазоваяЕдиница Код="715" НаименованиеПолное="Пара (2 шт.)"/>', "715", Unit("Пара (2 шт.)")),
        ('<БазоваяЕдиница Код="006" НаименованиеПолное="Метр">м</БазоваяЕдиница>', "6", Unit("м", fractional=True)),
        ("<БазоваяЕдиница>0166</БазоваяЕдиница>", "166", Unit("кг", fractional=True)),
        ("<БазоваяЕдиница>кг</БазоваяЕдиница>", "166", Unit("кг", fractional=True)),
        ('<БазоваяЕдиница Код="">Пог. м</БазоваяЕдиница>', "18", Unit("Пог. м", fractional=True)),
        ('<БазоваяЕдиница Код=" ">ведро</БазоваяЕдиница>', "ведро", Unit("ведро")),
        ("<БазоваяЕдиница>99999</БазоваяЕдиница>", "99999", Unit("99999")),
        ("<БазоваяЕдиница>000</БазоваяЕдиница>", "0", Unit("0")),
    ],
)
def test_unit_is_known_by_its_code(element: str, unit: str, fact: Unit) -> None:
    events = read(export(catalogue(good(more=element), good("g2", more=element))))
    assert {body.unit for body in bodies(events, Kind.GOOD).values() if isinstance(body, Good)} == {unit}
    assert [(put.key, put.body) for put in puts(events, Kind.UNIT)] == [((unit,), fact)], "once in a file"


def test_what_is_sold_by_mass_is_weighed_and_what_is_measured_is_not() -> None:
    assert one(good(more="<БазоваяЕдиница>166</БазоваяЕдиница>")).flags == ("weighed",)
    assert one(good(more="<БазоваяЕдиница>006</БазоваяЕдиница>")).flags == ()


def test_units_may_be_told_by_themselves() -> None:
    units = (
        "<ЕдиницаИзмерения><Ид>796</Ид><НаименованиеПолное>Штука</НаименованиеПолное>"
        "<НаименованиеКраткое>шт</НаименованиеКраткое></ЕдиницаИзмерения>"
        "<ЕдиницаИзмерения><Ид>u2</Ид><Код>166</Код><НаименованиеПолное>Килограмм</НаименованиеПолное></ЕдиницаИзмерения>"
        "<ЕдиницаИзмерения><НаименованиеПолное/></ЕдиницаИзмерения>"
    )
    body = f"<Классификатор><Ид>c</Ид><ЕдиницыИзмерения>{units}</ЕдиницыИзмерения></Классификатор>"
    events = read(export(body))
    assert bodies(events, Kind.UNIT) == {("796",): Unit("шт"), ("166",): Unit("Килограмм", fractional=True)}
    assert [event.kind for event in events if isinstance(event, Refused)] == ["unit"]
    assert extents(events) == []


def taxed(rate: str, name: str = "НДС") -> str:
    return good(
        more=f"<СтавкиНалогов><СтавкаНалога><Наименование>{name}</Наименование><Ставка>{rate}</Ставка>"
        "</СтавкаНалога></СтавкиНалогов>"
    )


@pytest.mark.parametrize(
    ("rate", "tax", "fact"),
    [
        ("18", "18", Tax("НДС 18%", Decimal(18))),
        ("10%", "10", Tax("НДС 10%", Decimal(10))),
        ("20.00", "20", Tax("НДС 20%", Decimal(20))),
        ("НДС22", "22", Tax("НДС 22%", Decimal(22))),
        ("8,5", "8.5", Tax("НДС 8.5%", Decimal("8.5"))),
        ("0", "0", Tax("НДС 0%", Decimal(0))),
        ("Без НДС", "none", Tax("Без НДС")),
        ("без налога", "none", Tax("Без НДС")),
    ],
)
def test_tax_is_known_by_its_rate(rate: str, tax: str, fact: Tax) -> None:
    assert one(taxed(rate)).tax == tax
    events = read(export(catalogue(taxed(rate), taxed(rate))))
    assert [(put.key, put.body) for put in puts(events, Kind.TAX)] == [((tax,), fact)], "once in a file"


def test_without_vat_and_missing_rates_are_settings() -> None:
    options = ReadOptions(without_vat="6", default_tax="22")
    assert one(taxed("Без НДС"), options).tax == "6"
    assert one(good(), options).tax == "22"
    assert one(good()).tax is None
    assert not puts(read(export(catalogue(good())), options=options), Kind.TAX)


def test_rate_nobody_understands_takes_the_default_and_is_told() -> None:
    events = read(export(catalogue(taxed("18/118"))), options=ReadOptions(default_tax="22"))
    assert remarks(events) == ["commerceml.tax-rate"]
    assert [put.body.tax for put in puts(events, Kind.GOOD) if isinstance(put.body, Good)] == ["22"]


def test_vat_is_taken_among_several_taxes() -> None:
    more = "".join(
        f"<СтавкаНалога><Наименование>{name}</Наименование><Ставка>{rate}</Ставка></СтавкаНалога>"
        for name, rate in (("Акциз", "5"), ("НДС", "20"))
    )
    assert one(good(more=f"<СтавкиНалогов>{more}</СтавкиНалогов>")).tax == "20"


def test_code_at_the_till_follows_the_setting() -> None:
    requisites = "".join(
        f"<ЗначениеРеквизита><Наименование>{name}</Наименование><Значение>{value}</Значение></ЗначениеРеквизита>"
        for name, value in (("ВидНоменклатуры", "Товар"), ("Код", "ФР-29"))
    )
    body = catalogue(good(more=f"<Артикул>A-7</Артикул><ЗначенияРеквизитов>{requisites}</ЗначенияРеквизитов>"))
    wishes = {
        rule: puts(read(export(body), options=ReadOptions(till_code=rule)), Kind.GOOD)[0].code
        for rule in ("number", "article", "requisite:Код", "requisite:Нет")
    }
    assert wishes == {"number": "", "article": "A-7", "requisite:Код": "ФР-29", "requisite:Нет": ""}


@pytest.mark.parametrize(
    "deleted",
    [
        '<Товар Статус="Удален"><Ид>g1</Ид></Товар>',
        '<Товар Статус="удалён"><Ид>g1</Ид><Наименование>Чай</Наименование></Товар>',
        "<Товар><Ид>g1</Ид><Статус>Удален</Статус></Товар>",
        "<Товар><Ид>g1</Ид><ПометкаУдаления>true</ПометкаУдаления><Наименование>Чай</Наименование></Товар>",
        "<Товар><Ид>g1</Ид><ПометкаУдаления>Да</ПометкаУдаления></Товар>",
    ],
)
def test_good_marked_as_deleted_is_dropped(deleted: str) -> None:
    (event,) = read(export(catalogue(deleted)))
    assert isinstance(event, Drop)
    assert (event.kind, event.key) == (Kind.GOOD, ("g1",))


@pytest.mark.parametrize("mark", ["<ПометкаУдаления>false</ПометкаУдаления>", "<Статус>Изменен</Статус>"])
def test_good_not_marked_stays(mark: str) -> None:
    assert one(good(more=mark)).name == "Чай"


@pytest.mark.parametrize(
    ("changes", "whole"),
    [
        (' СодержитТолькоИзменения="false"', True),
        (' СодержитТолькоИзменения="true"', False),
        ("", False),
    ],
)
def test_catalogue_claims_its_goods_only_when_it_says_so(changes: str, whole: bool) -> None:
    assert extents(read(export(catalogue(good(), changes=changes)))) == ([Extent(Kind.GOOD, "cat")] if whole else [])


def test_catalogue_without_a_list_of_goods_claims_none() -> None:
    body = '<Каталог СодержитТолькоИзменения="false"><Ид>cat</Ид><Наименование>К</Наименование></Каталог>'
    assert read(export(body)) == []


def test_barcodes_nobody_can_scan_are_left_out_and_told() -> None:
    events = read(export(catalogue(good(more="<Штрихкод>штрих</Штрихкод><Штрихкод>4008429033452</Штрихкод>"))))
    assert remarks(events) == ["commerceml.barcode"]
    (put,) = puts(events, Kind.GOOD)
    assert isinstance(put.body, Good)
    assert put.body.barcodes == (Barcode("4008429033452"),)


def test_wrong_check_digit_is_told_and_taken() -> None:
    events = read(export(catalogue(good(more="<Штрихкод>4008429033451</Штрихкод>"))))
    assert remarks(events) == ["barcode.check-digit"]
    assert bodies(events, Kind.GOOD) == {("g1",): Good("Чай", barcodes=(Barcode("4008429033451"),))}


def test_goods_elsewhere_than_in_a_catalogue_are_none() -> None:
    order = f"<Документ><Ид>1</Ид><Товары>{good()}</Товары></Документ>"
    part = f"<Комплектующие>{good('g2')}</Комплектующие>"
    assert list(bodies(read(export(catalogue(good(more=part)) + order)), Kind.GOOD)) == [("g1",)]


def test_file_with_nothing_for_a_till_is_rejected() -> None:
    with pytest.raises(Reject) as rejected:
        read(export(f"<Документ><Ид>1</Ид><Товары>{good()}</Товары></Документ>"))
    assert rejected.value.reason.code == "commerceml.nothing-known"


# --- offers


def test_characteristic_is_a_till_good_of_its_own() -> None:
    more = (
        "<Штрихкод>4008429033452</Штрихкод><Артикул>A</Артикул><Наименование>Носки (38)</Наименование>"
        f"<БазоваяЕдиница Код='715'>пар</БазоваяЕдиница>{prices(price('119'))}<Количество>5</Количество>"
    )
    events = read(export(offers(offer("g1#c1", more), changes="false")))
    assert bodies(events, Kind.VARIANT) == {
        ("g1", "c1"): Variant("Носки (38)", "A", (Barcode("4008429033452"),), "715")
    }
    assert bodies(events, Kind.PRICE) == {("g1#c1",): Price(types=(TypedPrice("r", Decimal("119.00")),))}
    assert bodies(events, Kind.STOCK) == {("g1#c1",): Stock((("", Decimal(5)),))}
    assert not puts(events, Kind.BARCODE)
    assert {put.origin for put in events if isinstance(put, Put) and put.kind is not Kind.UNIT} == {"cat"}
    assert extents(events) == [Extent(kind, "cat") for kind in (Kind.VARIANT, Kind.PRICE, Kind.STOCK)]


def test_prices_alone_leave_names_of_characteristics_alone() -> None:
    events = read(export(offers(offer("g1#c1", prices(price("119"))), changes="false")), "prices_1_1.xml")
    assert [put.kind for put in events if isinstance(put, Put)] == [Kind.PRICE]
    assert extents(events) == [Extent(Kind.PRICE, "cat")]


@pytest.mark.parametrize("offer_id", ["g1", "g1#", "g1#00000000-0000-0000-0000-000000000000"])
def test_offer_without_a_characteristic_is_its_goods(offer_id: str) -> None:
    more = f"<Штрихкод>4008429033452</Штрихкод><Наименование>Чай</Наименование>{prices(price('1'))}"
    events = read(export(offers(offer(offer_id, more), changes="false")))
    assert bodies(events, Kind.BARCODE) == {("4008429033452",): BarcodeOf("g1")}
    assert list(bodies(events, Kind.PRICE)) == [("g1",)]
    assert not puts(events, Kind.VARIANT)
    assert extents(events) == [Extent(Kind.BARCODE, "cat"), Extent(Kind.PRICE, "cat")]


def test_price_types_keep_the_names_the_file_tells() -> None:
    types = "<ТипыЦен><ТипЦены><Ид>r</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен>"
    body = offers(offer("g1", prices(price("10"), price("8", "o"))), before=types)
    expected = Price(types=(TypedPrice("r", Decimal("10.00"), "Розничная"), TypedPrice("o", Decimal("8.00"))))
    assert bodies(read(export(body)), Kind.PRICE) == {("g1",): expected}


def priced(*values: str) -> tuple[list[str], list[Decimal]]:
    events = read(export(offers(offer("g1", prices(*values)))))
    (put,) = puts(events, Kind.PRICE)
    assert isinstance(put.body, Price)
    return remarks(events), [typed.price for typed in put.body.types]


@pytest.mark.parametrize(
    ("told", "taken", "lost"),
    [
        ("1719", "1719.00", False),
        ("1 719,50", "1719.50", False),
        ("1\u00a0719,50", "1719.50", False),
        ("1\u202f719.5", "1719.50", False),
        (" 0 ", "0.00", False),
        ("10.005", "10.01", True),
        ("10.0049", "10.00", True),
        ("10.000", "10.00", False),
    ],
)
def test_price_is_read_as_1c_writes_it(told: str, taken: str, lost: bool) -> None:
    assert priced(price(told)) == (["commerceml.price-rounded"] if lost else [], [Decimal(taken)])


def test_price_of_the_base_unit_beats_that_of_a_box() -> None:
    assert priced(price("100", factor="10"), price("11", factor="1")) == ([], [Decimal("11.00")])
    assert priced(price("11"), price("100", factor="10")) == ([], [Decimal("11.00")])
    assert priced(price("100", factor="10")) == (["commerceml.price-unit"], [Decimal("100.00")])


def test_offer_with_an_empty_list_of_prices_has_none() -> None:
    assert bodies(read(export(offers(offer("g1", "<Цены/>")))), Kind.PRICE) == {("g1",): Price()}


@pytest.mark.parametrize(
    ("told", "quantities"),
    [
        ("<Количество>5</Количество>", {"": "5"}),
        ("<Количество>-1,200</Количество>", {"": "-1.2"}),
        ("<Количество/>", None),
        ("", None),
        (f"<Количество>5</Количество>{kept('w1', 3)}{kept('w2', 2)}", {"w1": "3", "w2": "2"}),
        ('<Склады ИдСклада="w1" КоличествоНаСкладе="0"/>', {"w1": "0"}),
        (f"<Остатки>{remain('w1', 4)}{remain('w2', 6)}</Остатки>", {"w1": "4", "w2": "6"}),
        ("<Остатки><Остаток><Количество>7</Количество></Остаток></Остатки>", {"": "7"}),
        (f"<Остатки>{remain('w1', 1)}{remain('w1', 2)}</Остатки>", {"w1": "3"}),
        ("<Остатки/>", {}),
    ],
)
def test_stock_is_read_from_all_its_places(told: str, quantities: dict[str, str] | None) -> None:
    events = read(export(offers(offer("g1", told))))
    expected = [] if quantities is None else [Stock(tuple((place, Decimal(n)) for place, n in quantities.items()))]
    assert list(bodies(events, Kind.STOCK).values()) == expected


def test_offer_marked_as_deleted_takes_all_it_stated() -> None:
    gone = (
        '<Предложение Статус="Удален"><Ид>g1#c1</Ид></Предложение>'
        "<Предложение><Ид>g2</Ид><Штрихкод>4008429033452</Штрихкод><ПометкаУдаления>true</ПометкаУдаления></Предложение>"
    )
    events = read(export(offers(gone)))
    assert [(event.kind, event.key) for event in events if isinstance(event, Drop)] == [
        (Kind.VARIANT, ("g1", "c1")),
        (Kind.PRICE, ("g1#c1",)),
        (Kind.STOCK, ("g1#c1",)),
        (Kind.BARCODE, ("4008429033452",)),
        (Kind.PRICE, ("g2",)),
        (Kind.STOCK, ("g2",)),
    ]


@pytest.mark.parametrize(("changes", "section"), [("", "ПакетПредложений"), ("false", "ИзмененияПакетаПредложений")])
def test_offers_that_do_not_say_they_are_whole_claim_nothing(changes: str, section: str) -> None:
    events = read(export(offers(offer("g1", prices(price("1"))), changes=changes, section=section)))
    assert extents(events) == []
    assert list(bodies(events, Kind.PRICE)) == [("g1",)]


def test_package_without_the_catalogues_id_speaks_for_its_own() -> None:
    body = offers(offer("g1", prices(price("1"))), changes="false").replace("<ИдКаталога>cat</ИдКаталога>", "")
    assert extents(read(export(body))) == [Extent(Kind.PRICE, "cat")]


# --- refused records


LONG = "x" * 101


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        (catalogue("<Товар><Наименование>Чай</Наименование></Товар>"), "good", "Ид"),
        (catalogue("<Товар><Ид/><Наименование>Чай</Наименование></Товар>"), "good", "Ид"),
        (catalogue(good(LONG)), "good", "Ид"),
        (catalogue(good("g1#c1")), "good", "Ид"),
        (catalogue("<Товар><Ид>g1</Ид></Товар>"), "good", "Наименование"),
        (catalogue("<Товар><Ид>g1</Ид><Наименование> </Наименование></Товар>"), "good", "Наименование"),
        (catalogue('<Товар Статус="Удален"><Наименование>Чай</Наименование></Товар>'), "good", "Ид"),
        (offers(offer("", prices(price("1")))), "price", "Ид"),
        (offers(offer(LONG, prices(price("1")))), "price", "Ид"),
        (offers(offer("a#b#c", "<Наименование>Н</Наименование>")), "variant", "Ид"),
        (offers(offer("g1", prices(price("дорого")))), "price", "ЦенаЗаЕдиницу"),
        (offers(offer("g1", prices(price("-1")))), "price", "ЦенаЗаЕдиницу"),
        (offers(offer("g1", prices(price("1.234,50")))), "price", "ЦенаЗаЕдиницу"),
        (offers(offer("g1", prices(price("")))), "price", "ЦенаЗаЕдиницу"),
        (offers(offer("g1", prices(price("1" * 19)))), "price", "ЦенаЗаЕдиницу"),
        (offers(offer("g1#c1", prices("<Цена><ИдТипаЦены>r</ИдТипаЦены></Цена>"))), "price", "ЦенаЗаЕдиницу"),
        (offers(offer("g1", "<Количество>много</Количество>")), "stock", "Количество"),
        (offers(offer("g1", "<Остатки><Остаток><Склад><Ид>w</Ид></Склад></Остаток></Остатки>")), "stock", "Количество"),
        (f"<Классификатор>{GROUPS.replace('<Ид>1</Ид>', '')}</Классификатор>", "group", "Ид"),
    ],
)
def test_record_without_what_a_till_needs_is_refused_alone(body: str, kind: str, field: str) -> None:
    sound = catalogue(good("sound"))
    events = read(export(body + sound))
    (refused,) = [event for event in events if isinstance(event, Refused)]
    assert (refused.kind, refused.field, refused.line) == (kind, field, 3)
    assert [put.key for put in events if isinstance(put, Put)] == [("sound",)]
    for language in ("en", "ru"):
        assert refused.reason.text(language)


def test_reason_says_what_was_got_and_what_was_expected() -> None:
    events = read(export(offers(offer("g1", prices(price("дорого"))))))
    (refused,) = [event for event in events if isinstance(event, Refused)]
    assert refused.key == "g1"
    assert re.search("дорого.*a price: a number from 0", refused.reason.text("en"))
    assert re.search("дорого.*цена: число от 0", refused.reason.text("ru"))


def test_refused_offer_is_named_by_its_whole_id_so_that_its_old_facts_are_kept() -> None:
    offer_id = "bd72d910-55bc-11d9-848a-00112f43529a#90c55447-d3a8-11e4-9423-e0cb4ed5eed4"
    events = read(export(offers(offer(offer_id, prices(price("x"))), offer(LONG, prices(price("1"))))))
    assert [event.key for event in events if isinstance(event, Refused)] == [offer_id, f"{'x' * 59}…"]


def test_bad_record_in_the_middle_of_many_is_found() -> None:
    goods = [good(f"g{n}", "" if n in (7, 700) else "Чай") for n in range(1200)]
    events = read(export(catalogue(*goods)))
    assert [event.key for event in events if isinstance(event, Refused)] == ["g7", "g700"]
    assert len(puts(events, Kind.GOOD)) == 1198


def test_stale_declaration_is_told_and_read_as_what_it_is() -> None:
    data = export(catalogue(good())).replace(b'encoding="utf-8"', b'encoding="windows-1251"')
    events = read(data)
    assert remarks(events) == ["xml.stale-encoding"]
    assert bodies(events, Kind.GOOD) == {("g1",): Good("Чай")}


def test_section_within_a_section_ends_alone() -> None:
    inner = f"<Классификатор><Ид>cls</Ид>{GROUPS}</Классификатор>"
    body = f'<Каталог СодержитТолькоИзменения="false"><Ид>cat</Ид>{inner}<Товары>{good()}</Товары></Каталог>'
    events = read(export(body))
    assert [put.origin for put in events if isinstance(put, Put)] == ["cls", "cat"]
    assert extents(events) == [Extent(Kind.GROUP, "cls"), Extent(Kind.GOOD, "cat")]


def test_same_bytes_are_read_the_same_again() -> None:
    assert read(export(WHOLE)) == read(export(WHOLE))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.999])
def test_torn_file_is_rejected(cut: float) -> None:
    whole = export(WHOLE)
    with pytest.raises(Reject):
        read(whole[: int(len(whole) * cut)])


# --- the gate: both validators of schemas agree


TEXTS = st.text(st.sampled_from("aЯ#1., -\u00a0\n"), max_size=6) | st.just(LONG) | st.sampled_from(("12", "0.5", "-3"))
FORMS = st.recursive(
    st.tuples(
        st.sampled_from(
            (
                *("Ид", "Наименование", "Артикул", "Штрихкод", "Группа", "Родитель", "БазоваяЕдиница", "Ставка"),
                *("ИдТипаЦены", "ЦенаЗаЕдиницу", "Количество", "Склад", "Чужое"),
            )
        ),
        TEXTS,
    ),
    lambda inner: st.tuples(
        st.sampled_from(
            ("Товар", "Предложение", "Группа", "Удаление", "Цены", "Цена", "Остатки", "Остаток", "ЕдиницаИзмерения")
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=8,
)


def element(form: object) -> etree._Element:
    assert isinstance(form, tuple)
    made = etree.Element(form[0])
    if isinstance(form[1], str):
        made.text = form[1]
    else:
        made.extend([element(inner) for inner in form[1]])
    return made


SCHEMA = files("tillpost").joinpath("xsd", "commerceml.xsd")
FAST = etree.XMLSchema(etree.fromstring(SCHEMA.read_bytes()))
SLOW = xmlschema.XMLSchema(SCHEMA.read_text("utf-8"))


def agree(record: etree._Element) -> bool:
    root = etree.Element("Записи")
    root.append(record)
    fast, slow = FAST.validate(root), SLOW.is_valid(root)
    assert fast == slow, etree.tostring(record, encoding="unicode")
    return bool(fast)


@settings(max_examples=300, deadline=None)
@given(FORMS)
def test_validators_agree_on_anything(form: object) -> None:
    agree(element(form))


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, TEXTS, st.sampled_from(("", "1", "1,5", "-1", "x", "1e3", "+1", "1.", ".5")))
def test_validators_agree_on_what_is_read(record_id: str, name: str, unit: str, amount: str) -> None:
    found = {"a": record_id, "n": name}
    goods = etree.fromstring(
        good(found["a"], found["n"], f"<БазоваяЕдиница Код='{unit}'/><Артикул>{name}</Артикул>").encode()
    )
    offered = etree.fromstring(
        offer(record_id, f"{prices(price(amount, unit))}<Количество>{amount}</Количество>").encode()
    )
    agree(commercemlrecords.good(goods, 1, "article").form)
    agree(commercemlrecords.offer(offered, 1).form)


def test_schema_documents_every_type_in_both_languages() -> None:
    schema = etree.fromstring(SCHEMA.read_bytes())
    xs = "{http://www.w3.org/2001/XMLSchema}"
    for kind in (*schema.iterfind(f"{xs}simpleType"), *schema.iterfind(f"{xs}complexType")):
        told = [note.get("{http://www.w3.org/XML/1998/namespace}lang") for note in kind.iter(f"{xs}documentation")]
        assert told == ["en", "ru"], kind.get("name")


def test_short_names_of_units_lead_back_to_their_codes() -> None:
    assert all(okei.code_of(okei.short_name(str(code))) == str(code) for code in okei.SHORT_NAMES)


# --- real files


def shared(name: str) -> list[Event]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"no real exports here: {SHARED}")
    return read(path.read_bytes(), path.name)


def texts(name: str, tag: str) -> Iterator[str]:
    """What a plain text search finds in a real file, to compare with what was read."""
    for match in re.finditer(f"<{tag}>([^<]*)</{tag}>", (SHARED / name).read_text("utf-8-sig")):
        yield match[1].strip()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("carono/import.xml", {Kind.GROUP: 22, Kind.GOOD: 2, Kind.UNIT: 1}),
        ("carono/import_wo_classifier.xml", {Kind.GOOD: 2, Kind.UNIT: 1}),
        ("carono/classifier.xml", {Kind.GROUP: 22}),
        ("carono/offers.xml", {Kind.VARIANT: 5, Kind.PRICE: 5, Kind.STOCK: 5, Kind.UNIT: 1}),
        ("argentcrusade/group-example.xml", {Kind.GROUP: 12}),
        ("argentcrusade/products-example.xml", {Kind.GOOD: 1, Kind.UNIT: 1, Kind.TAX: 1}),
        ("argentcrusade/prices-example.xml", {Kind.PRICE: 3}),
        ("argentcrusade/remainders-example.xml", {Kind.STOCK: 2}),
    ],
)
def test_real_file_is_read_whole(name: str, counts: dict[Kind, int]) -> None:
    events = shared(name)
    assert {kind: len(puts(events, kind)) for kind in Kind if puts(events, kind)} == counts
    assert not [event for event in events if isinstance(event, (Refused, Remark, Drop))]


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("carono/import.xml", [Kind.GROUP, Kind.GOOD]),
        ("carono/import_wo_classifier.xml", [Kind.GOOD]),
        ("carono/classifier.xml", [Kind.GROUP]),
        ("carono/offers.xml", [Kind.VARIANT, Kind.PRICE, Kind.STOCK]),
        ("argentcrusade/group-example.xml", []),
        ("argentcrusade/products-example.xml", []),
        ("argentcrusade/prices-example.xml", []),
        ("argentcrusade/remainders-example.xml", []),
    ],
)
def test_real_file_claims_only_what_it_carries(name: str, claims: list[Kind]) -> None:
    assert extents(shared(name)) == [Extent(kind, "07cfe53d-5145-4c4e-a81c-899be39cc5bd") for kind in claims]


@pytest.mark.parametrize("name", ["carono/offers.xml", "argentcrusade/prices-example.xml"])
def test_real_prices_are_those_in_the_file(name: str) -> None:
    read_prices = [put.body for put in puts(shared(name), Kind.PRICE)]
    taken = [str(typed.price) for body in read_prices if isinstance(body, Price) for typed in body.types]
    assert taken == [f"{told}.00" for told in texts(name, "ЦенаЗаЕдиницу")]


def test_real_names_and_groups_are_those_in_the_file() -> None:
    events = shared("carono/import.xml")
    goods = [body for body in bodies(events, Kind.GOOD).values() if isinstance(body, Good)]
    groups = bodies(events, Kind.GROUP)
    assert [(body.name, body.article, body.unit) for body in goods] == [
        ("Женские ботфорты коричневые", "Б-130001", "715"),
        ("Ботинки женские демисезонные", "Б- 130005", "715"),
    ]
    assert {body.group for body in goods} == {"e5a4c309-a659-11dd-acee-0015e9b8c48d"}
    assert groups["e5a4c309-a659-11dd-acee-0015e9b8c48d",] == Group("Обувь", "453d6e3a-7233-11e0-8636-0011951d229d")
    names = set(texts("carono/import.xml", "Наименование"))
    assert {" ".join(name.split()) for name in names} >= {getattr(body, "name", "") for body in groups.values()}
