"""The schemas as they are read for words, and as judges: both validators take every valid export, and judge alike."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost.converters.own import NAMESPACE
from tillpost.converters.ownrecords import KINDS
from tillpost.converters.schemas import Shape, compiled, path, shape_of_root
from tillpost.errors import LANGUAGES

ROOTS = sorted(KINDS)
SCHEMAS = [*(f"{root}.xsd" for root in ROOTS), "commerceml.xsd"]
SLOW = {root: xmlschema.XMLSchema10(path(f"{root}.xsd")) for root in ROOTS}


# --- read for words


def values(shape: Shape) -> list[tuple[str, Shape]]:
    """(name, type) of everything below that has a value."""
    found = list(shape.attributes.items())
    for child in shape.children.values():
        found += [(child.name, child.shape)] if not child.shape.children else []
        found += values(child.shape)
    return found


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_value_has_words_for_what_it_must_be(schema: str) -> None:
    found = values(shape_of_root(schema))
    assert found
    assert [name for name, shape in found if set(shape.words) != set(LANGUAGES)] == []


def test_words_of_a_value_with_attributes_are_those_of_its_text() -> None:
    good = shape_of_root("goods.xsd").children["good"].shape
    assert good.children["barcode"].shape.words["en"].startswith("a barcode: 4 to 14 digits")
    assert set(good.children["barcode"].shape.attributes) == {"quantity"}


def test_shape_knows_order_and_numbers() -> None:
    good = shape_of_root("goods.xsd").children["good"].shape
    assert list(good.children)[:4] == ["name", "receiptName", "article", "barcode"]
    assert [(child.least, child.most) for child in good.children.values()][:4] == [(1, 1), (0, 1), (0, 1), (0, None)]
    assert set(shape_of_root("goods.xsd").attributes) == {"fullness", "number", "shop", "created", "source"}


# --- as judges: valid exports, and mutated ones


CODES = st.text("0123456789AZaz._-", min_size=1, max_size=20)
WORDS = st.text(st.sampled_from("Чай «Склон» 100 г-\u00a0\U0001f375&<>'\""), min_size=1, max_size=30).filter(str.strip)
NUMBERS = st.integers(0, 999_999_999).map(str)
MONEY = st.decimals(0, 10**13 - 1, places=2).map(str) | st.sampled_from(["0", "1.5", "7.", ".5", "+3", "0000000001.10"])
QUANTITIES = st.decimals("0.001", 10**6, places=3).map(str)
BARCODES = st.from_regex(r"[0-9]{4,14}", fullmatch=True) | st.sampled_from(["A-1", "12 34-X", "0" * 48, "~"])
DATES = st.dates().filter(lambda day: day.year >= 1000).map(str)
CLOCKS = st.times().map(lambda time: f"{time:%H:%M}")
FLAGS = st.sampled_from(["noReturn", "noSale", "weighed", "tobacco", "marked", "alcohol", "ageCheck"])
SMALL = st.integers(1, 99).map(str)

Element = etree._Element
Made = tuple[str, dict[str, str], str, list[Any]]


def made(name: str, required: dict[str, Any] | None = None, optional: dict[str, Any] | None = None, text: Any = None,
         inside: Any = None) -> st.SearchStrategy[Made]:  # fmt: skip
    return st.tuples(
        st.just(name),
        st.fixed_dictionaries(required or {}, optional=optional or {}),
        text if text is not None else st.just(""),
        inside if inside is not None else st.just([]),
    )


def row(*parts: tuple[st.SearchStrategy[Made], int, int]) -> st.SearchStrategy[list[Made]]:
    """Children in their order, each at least and at most so many times."""
    return st.tuples(*(st.lists(part, min_size=least, max_size=most) for part, least, most in parts)).map(
        lambda lists: [child for found in lists for child in found]
    )


NAME = made("name", text=WORDS)
GOODS = made(
    "good",
    {"code": CODES},
    inside=row(
        (NAME, 1, 1),
        (made("receiptName", text=WORDS), 0, 1),
        (made("article", text=WORDS), 0, 1),
        (made("barcode", {}, {"quantity": QUANTITIES}, BARCODES), 0, 3),
        (made("group", text=CODES), 0, 1),
        (made("unit", text=NUMBERS), 0, 1),
        (made("tax", text=NUMBERS), 0, 1),
        (made("department", text=NUMBERS), 0, 1),
        (made("price", text=MONEY), 0, 1),
        (made("minPrice", text=MONEY), 0, 1),
        (made("extraPrice", {"code": SMALL}, {"name": WORDS}, MONEY), 0, 2),
        (made("flag", text=FLAGS), 0, 3),
        (made("age", text=SMALL), 0, 1),
        (made("mark", text=st.sampled_from(["tobacco", "draftBeer"])), 0, 1),
        (made("alcohol", {}, {"code": CODES, "strength": SMALL, "volume": SMALL}), 0, 1),
        (made("paymentObject", text=SMALL), 0, 1),
        (made("plu", {}, {"scaleGroup": SMALL}, SMALL), 0, 1),
    ),
)
RECORDS: dict[str, st.SearchStrategy[Made]] = {
    "goods": GOODS,
    "prices": made("price", {"good": CODES}, {"min": MONEY, "from": DATES, "to": DATES}, MONEY),
    "barcodes": made("barcode", {"good": CODES}, {"quantity": QUANTITIES}, BARCODES),
    "groups": made("group", {"code": CODES}, {"parent": CODES}, WORDS),
    "units": made("unit", {"code": NUMBERS}, {"fractional": st.sampled_from(["true", "false", "1", "0"])}, WORDS),
    "taxes": made("tax", {"code": NUMBERS, "name": WORDS}, {"rate": SMALL}),
    "cashiers": made(
        "cashier",
        {"code": CODES, "login": WORDS},
        {"rank": SMALL},
        inside=row((NAME, 1, 1), (made("password", text=WORDS), 0, 1), (made("role", {"code": SMALL}), 0, 3)),
    ),
    "sellers": made("seller", {"code": CODES}, inside=row((NAME, 1, 1))),
    "restrictions": made(
        "restriction",
        {
            "id": CODES,
            "type": st.sampled_from(["saleDenied", "minPrice", "maxDiscount"]),
            "subject": st.sampled_from(["good", "group"]),
            "code": CODES,
        },
        {"value": MONEY, "since": CLOCKS, "till": CLOCKS, "days": st.sampled_from(["MO", "TU MO"]), "age": SMALL},
    ),
}


def build(form: Made) -> Element:
    name, attributes, text, inside = form
    element = etree.Element(f"{{{NAMESPACE}}}{name}", attributes, nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    element.text = text
    element.extend([build(child) for child in inside])
    return element


def exported(root: str, records: list[Element]) -> Element:
    element = build((root, {"fullness": "I"}, "", []))
    element.extend(records)
    return element


def agree(root: str, export: Element) -> bool:
    text = etree.tostring(export, encoding="unicode")
    fast, slow = compiled(f"{root}.xsd").validate(etree.fromstring(text)), SLOW[root].is_valid(text)
    assert fast == slow, text
    return bool(fast)


@pytest.mark.parametrize("root", ROOTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_both_validators_take_valid_exports(root: str, data: st.DataObject) -> None:
    forms = data.draw(st.lists(RECORDS[root], max_size=3))
    assert agree(root, exported(root, [build(form) for form in forms]))


# xmlschema takes any blank of Unicode for white space, XML only its own four: others are not tried.
ODD = st.sampled_from(
    [
        *("", " ", "0", "-0", "-1", "1.234", "1,5", "1e3", "+1", ".", "1.", ".5", "NaN", "INF", "007", "٣", "1 2"),
        *("x" * 21, "x" * 49, "x" * 201, "9" * 16, "9" * 30, "0" * 30 + "1", "Чай", "\u007f", "\t a \n"),
        *("2026-02-30", "0000-01-01", "2026-01-01Z", "2026-1-1", "24:00", "22:60", "MO MO", "mo", "TRUE", "true"),
        *("a b", "a  b", "#", "\U0001f375", "]]>", "&", "<"),
    ]
) | st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs", "Zs", "Zl", "Zp"), exclude_characters="\x85\ufffe\uffff"),
    max_size=6,
)
NAMES = st.sampled_from(["name", "price", "good", "barcode", "delete", "flag", "colour", "code", "role", "password"])


def drop(at: Element, _: st.DataObject) -> None:
    parent = at.getparent()
    if parent is not None:
        parent.remove(at)


def double(at: Element, _: st.DataObject) -> None:
    at.addnext(copy.deepcopy(at))


def reorder(at: Element, data: st.DataObject) -> None:
    at[:] = data.draw(st.permutations(list(at)))


def rename(at: Element, data: st.DataObject) -> None:
    at.tag = data.draw(st.sampled_from([f"{{{NAMESPACE}}}", "", "{urn:other}"])) + data.draw(NAMES)


def retext(at: Element, data: st.DataObject) -> None:
    at.text = data.draw(ODD)


def set_attribute(at: Element, data: st.DataObject) -> None:
    at.set(data.draw(st.sampled_from([*map(str, at.keys()), "colour", "quantity", "code"])), data.draw(ODD))


def drop_attribute(at: Element, data: st.DataObject) -> None:
    if at.keys():
        del at.attrib[data.draw(st.sampled_from(sorted(map(str, at.keys()))))]


def nest(at: Element, data: st.DataObject) -> None:
    etree.SubElement(at, f"{{{NAMESPACE}}}{data.draw(NAMES)}").tail = data.draw(st.sampled_from(["", " ", "x"]))


MUTATIONS: list[Callable[[Element, st.DataObject], None]] = [
    *(drop, double, reorder, rename, retext, set_attribute, drop_attribute, nest)
]


def mutated(root: str, data: st.DataObject) -> Element:
    """An export with a record that was valid before something happened to it."""
    record = build(data.draw(RECORDS[root]))
    export = exported(root, [record])
    at = data.draw(st.sampled_from(list(record.iter())))
    data.draw(st.sampled_from(MUTATIONS))(at, data)
    return export


@pytest.mark.parametrize("root", ROOTS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_both_validators_judge_mutated_exports_alike(root: str, data: st.DataObject) -> None:
    agree(root, mutated(root, data))


ROOT_ODD = ODD | st.sampled_from(
    [
        *("F", "I", "2026-11-20T06:00:00", "2026-11-20T24:00:00", "2026-11-20T06:00:00+14:00", "1", "0017"),
        *("2026-11-20T06:00:00+14:01", "2026-11-20T06:00:00.123Z", "2026-02-29T00:00:00", "20260-01-01T00:00:00"),
    ]
)
ATTRIBUTES = st.dictionaries(st.sampled_from(["fullness", "number", "shop", "created", "source", "x"]), ROOT_ODD)


@settings(max_examples=300, deadline=None)
@given(ATTRIBUTES)
def test_both_validators_judge_roots_alike(attributes: dict[str, str]) -> None:
    root = build(("goods", attributes, "", []))
    agree("goods", root)
