"""Whatever a till tells, its document for the ERP is well-formed, fits its schema by two validators, and says that."""

from __future__ import annotations

import base64
import contextlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost.converters import claim_sales, erp
from tillpost.converters.erpnames import ErpKind
from tillpost.converters.erpspelling import NAMESPACE, amount, plain, price, xml_text
from tillpost.converters.schemas import Shape, compiled, path, shape_of_root
from tillpost.errors import LANGUAGES, Reject
from tillpost.model import (
    SIGNS,
    Discount,
    Document,
    DocumentKind,
    DrawerRecord,
    Means,
    Move,
    Payment,
    Position,
    ReceiptLine,
    SalesEvent,
    SalesOptions,
    ShiftAccount,
    ShiftPlace,
    ShiftRecord,
    ShiftSums,
)

SCHEMAS = [f"{kind}.xsd" for kind in ErpKind]
COMMON = "documenttypes.xsd"
SAMPLES = Path(__file__).parents[2] / "samples" / "sales"
GOLDEN = sorted((Path(__file__).parent / "erp").iterdir())
SALES = sorted(page for page in SAMPLES.rglob("sale*.json") if "golden" not in page.parts)
SOME_PLACE = ShiftPlace("5", "1", 1)
README = Path(__file__).parents[2] / "README.md"


@cache
def second(schema: str) -> Any:
    return xmlschema.XMLSchema10(path(schema))


def parsed(page: bytes) -> Any:
    return etree.fromstring(page, etree.XMLParser(resolve_entities=False, no_network=True))


def fits(page: bytes) -> bool:
    root = parsed(page)
    schema = f"{etree.QName(root).localname}.xsd"
    ours = compiled(schema).validate(root)
    assert ours == second(schema).is_valid(page.decode()), page
    return bool(ours)


# --- what a till may tell ----------------------------------------------------------------------------------

# Every character that a string can hold, and those that XML and its readers stumble over more often.
AWKWARD = st.sampled_from(
    [*"\x00\x01\x08\t\n\x0b\r\x1d\x1f \x7f\x85\xa0\ud800\udfff\ufffd\ufffe\uffff\U0010ffff<>&\"']"]
)
TEXTS = st.text(AWKWARD | st.characters(exclude_categories=()), max_size=8)
MONEY = st.decimals(-(10**15), 10**15, places=2) | st.decimals(-1000, 1000, places=5) | st.just(Decimal("-0"))
SPENT = MONEY.map(abs)
QUANTITIES = st.decimals(-(10**9), 10**9, places=6) | st.sampled_from(
    [Decimal("1E+3"), Decimal("-0.0"), Decimal("0E-9")]
)
WHOLES = st.integers(-(10**9), 10**18)
COUNTS = st.integers(0, 10**6)
TIMES = st.none() | st.datetimes()

PLACES = st.builds(
    ShiftPlace,
    shop=st.text("0123456789AZaz_-", min_size=1, max_size=20),
    till=st.text("0123456789AZaz_-", min_size=1, max_size=20),
    number=WHOLES,
    opened=TIMES,
)
POSITIONS = st.builds(
    Position,
    *(WHOLES, TEXTS, QUANTITIES, MONEY, MONEY, TEXTS, TEXTS, WHOLES, st.none() | MONEY, MONEY),
    st.lists(st.builds(Discount, MONEY, TEXTS, TEXTS), max_size=2).map(tuple),
    st.none() | MONEY,
    st.lists(TEXTS, max_size=2).map(tuple),
    TEXTS,
    st.none() | WHOLES,
)
PAYMENTS = st.builds(Payment, WHOLES, WHOLES, st.sampled_from(Means), st.sampled_from(Move), SPENT)
TUPLES = st.lists(TEXTS, max_size=2).map(tuple)
DRAWERS = st.builds(DrawerRecord, TEXTS, *[st.none() | MONEY] * 4)


def documents(types: list[int]) -> st.SearchStrategy[Document]:
    return st.builds(
        Document,
        *(
            TEXTS,
            WHOLES,
            WHOLES,
            st.sampled_from(types),
            st.just(b"digest"),
            st.just(b"{}"),
            TEXTS,
            TIMES,
            TIMES,
            MONEY,
        ),
        positions=st.lists(POSITIONS, max_size=2).map(tuple),
        payments=st.lists(PAYMENTS, max_size=3).map(tuple),
        cards=TUPLES,
        lines_cancelled=COUNTS,
        annulled=st.booleans(),
        self_checkout=st.booleans(),
        identifier=TEXTS,
        fiscal_number=TEXTS,
        source=TEXTS,
        reason=TEXTS,
        certificates=TUPLES,
        coupons=TUPLES,
        bonuses=TUPLES,
    )


RECEIPTS = documents(sorted(SIGNS))
CASH = documents([3, 4])
RECORDS = st.builds(
    ShiftRecord,
    *(TEXTS, WHOLES, st.just(b"digest"), st.just(b"{}"), TIMES, TIMES, st.none() | MONEY),
    st.lists(DRAWERS, max_size=2).map(tuple),
    st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
)
ACCOUNTS = st.builds(
    ShiftAccount,
    PLACES,
    st.builds(ShiftSums, COUNTS, COUNTS, *[MONEY] * 7),
    st.lists(st.builds(ReceiptLine, st.integers(-5, 99), WHOLES, MONEY, TIMES, st.booleans()), max_size=3).map(tuple),
    TIMES,
    st.none() | RECORDS,
    st.lists(st.tuples(WHOLES, WHOLES), max_size=2).map(tuple),
)
VERSIONS = st.integers(1, 1000)
OWN_IDS: st.SearchStrategy[Callable[[str], str | None]] = (st.none() | TEXTS).map(lambda own: lambda code: own)
PAGES = st.one_of(
    st.builds(erp.receipt, PLACES, RECEIPTS, VERSIONS, OWN_IDS),
    st.builds(erp.cashbox, PLACES, CASH, VERSIONS),
    st.builds(erp.shift_opening, PLACES, RECORDS, VERSIONS),
    st.builds(erp.shift, ACCOUNTS, VERSIONS),
)


@settings(max_examples=250, deadline=None)
@given(PAGES)
def test_every_document_fits_its_schema_by_both_validators(page: bytes) -> None:
    assert fits(page)


@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_accepted_document_fits_its_schema_by_both_validators(page: Path) -> None:
    assert fits(page.read_bytes())


def test_documents_of_all_sales_samples_fit_their_schemas_by_both_validators() -> None:
    made = {kind: 0 for kind in (DocumentKind.RECEIPT, DocumentKind.CASHBOX)}
    for event in sold():
        if isinstance(event, ShiftRecord):
            assert fits(erp.shift_opening(SOME_PLACE, event, 1))
        elif isinstance(event, Document) and event.kind in made:
            of_receipts = event.kind is DocumentKind.RECEIPT
            assert fits(erp.receipt(SOME_PLACE, event, 1, str) if of_receipts else erp.cashbox(SOME_PLACE, event, 1))
            made[event.kind] += 1
    assert all(made.values())


def sold() -> Iterator[SalesEvent]:
    """What is in the samples; of a broken one, what comes before its break."""
    for sample in SALES:
        data = sample.read_bytes()
        with contextlib.suppress(Reject):
            yield from claim_sales(sample.name, data[:65536]).read(io.BytesIO(data), SalesOptions())


# --- it says just that -------------------------------------------------------------------------------------


def texts_of(root: Any, name: str) -> list[str]:
    return [found.text or "" for found in root.findall(f"{{{NAMESPACE}}}{name}")]


@settings(max_examples=150, deadline=None)
@given(PLACES, RECEIPTS)
def test_texts_are_read_again_as_they_were_told(place: ShiftPlace, document: Document) -> None:
    root = parsed(erp.receipt(place, document, 1, lambda code: f"own {code}"))
    assert root.get("cashier", "") == xml_text(document.cashier)
    for name, said in (("identifier", document.identifier), ("source", document.source), ("reason", document.reason)):
        assert texts_of(root, name) == [xml_text(said)] * bool(said)
    for name, many in (("card", document.cards), ("coupon", document.coupons), ("bonus", document.bonuses)):
        assert texts_of(root, name) == [xml_text(text) for text in many]
    lines = root.findall(f"{{{NAMESPACE}}}position")
    assert [line.get("good") for line in lines] == [xml_text(f"own {position.code}") for position in document.positions]
    assert [texts_of(line, "name") for line in lines] == [
        [xml_text(position.name)] * bool(position.name) for position in document.positions
    ]


@settings(max_examples=150, deadline=None)
@given(PLACES, RECEIPTS)
def test_marks_are_read_again_to_the_last_character(place: ShiftPlace, document: Document) -> None:
    root = parsed(erp.receipt(place, document, 1, lambda code: None))
    marks = root.findall(f"{{{NAMESPACE}}}position/{{{NAMESPACE}}}mark")
    assert [exact(mark) for mark in marks] == [mark for position in document.positions for mark in position.marks]


def exact(mark: Any) -> str:
    coded = mark.get("base64")
    return (mark.text or "") if coded is None else base64.b64decode(coded).decode("utf-8", "surrogatepass")


@settings(max_examples=150, deadline=None)
@given(PLACES, RECEIPTS)
def test_numbers_and_times_are_read_again_as_they_were_told(place: ShiftPlace, document: Document) -> None:
    root = parsed(erp.receipt(place, document, 1, lambda code: None))
    assert root.get("opened") == (place.opened.isoformat() if place.opened else None)
    assert (None if root.get("ended") is None else datetime.fromisoformat(root.get("ended"))) == document.ended
    assert abs(Decimal(root.get("sum")) - document.sum) <= Decimal("0.005")
    assert Decimal(root.get("cash")) + Decimal(root.get("cashless")) == pytest.approx(
        document.moved(*Means), abs=Decimal("0.01")
    )
    lines = root.findall(f"{{{NAMESPACE}}}position")
    assert [Decimal(line.get("quantity")) for line in lines] == [line.quantity for line in document.positions]


@given(TEXTS)
def test_text_for_xml_keeps_its_length_and_all_that_xml_holds(text: str) -> None:
    shown = xml_text(text)
    assert len(shown) == len(text)
    assert xml_text(shown) == shown
    for was, now in zip(text, shown, strict=True):
        assert now == (was if holds(ord(was)) else "\ufffd")


def holds(code: int) -> bool:
    """What XML 1.0 calls a Char."""
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


@given(MONEY)
def test_amount_has_two_digits_and_nothing_has_no_sign(value: Decimal) -> None:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]{2}", amount(value))
    assert amount(value) != "-0.00"
    assert abs(Decimal(amount(value)) - value) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("value", "spelt"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.004", "1.00"), ("1E+2", "100.00")]
)
def test_halves_of_a_cent_are_rounded_away_from_nothing(value: str, spelt: str) -> None:
    assert amount(Decimal(value)) == spelt


@given(MONEY)
def test_price_is_exact_and_has_two_digits_at_least(value: Decimal) -> None:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]{2,}", price(value))
    assert Decimal(price(value)) == value


@given(QUANTITIES)
def test_quantity_is_plain_and_exact(value: Decimal) -> None:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", plain(value))
    assert plain(value) != "-0"
    assert Decimal(plain(value)) == value


@settings(max_examples=60, deadline=None)
@given(PLACES, RECEIPTS)
def test_equal_documents_have_equal_bytes_however_their_numbers_are_spelt(
    place: ShiftPlace, document: Document
) -> None:
    spelt = respelt(document)
    assert spelt == document
    assert erp.receipt(place, spelt, 1, lambda code: None) == erp.receipt(place, document, 1, lambda code: None)


def respelt(value: Any) -> Any:
    """The same with another spelling of every decimal: 1.5 for 1.50."""
    if isinstance(value, Decimal):
        return value.normalize()
    if isinstance(value, tuple):
        return tuple(map(respelt, value))
    if hasattr(value, "__struct_fields__"):
        return type(value)(**{name: respelt(getattr(value, name)) for name in value.__struct_fields__})
    return value


# --- the schemas, and what README tells of them ------------------------------------------------------------


def shapes(name: str, shape: Shape) -> list[tuple[str, Shape]]:
    """(name, type) of an element and of everything below that has attributes or children."""
    found = [(name, shape)] if shape.children or shape.attributes else []
    return found + [inner for child in shape.children.values() for inner in shapes(child.name, child.shape)]


ELEMENTS = [(schema, *found) for schema in SCHEMAS for found in shapes(schema[:-4], shape_of_root(schema))]


@pytest.mark.parametrize(("schema", "name", "shape"), ELEMENTS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_value_has_words_for_what_it_is(schema: str, name: str, shape: Shape) -> None:
    plain_children = [(child.name, child.shape) for child in shape.children.values() if not child.shape.children]
    values = [*shape.attributes.items(), *((name, kind) for name, kind in plain_children if not kind.attributes)]
    assert [value for value, kind in values if set(kind.words) != set(LANGUAGES)] == []


def test_no_two_schemas_give_one_name_to_two_types() -> None:
    """Who reads all documents loads their schemas together."""
    tops = [etree.parse(path(schema)).getroot() for schema in [COMMON, *SCHEMAS]]
    kinds = ("{*}simpleType", "{*}complexType", "{*}attributeGroup")
    names = [str(kind.get("name")) for top in tops for kind in top.iterchildren(*kinds)]
    assert sorted(names) == sorted(set(names))


def test_no_element_has_an_attribute_and_a_child_of_one_name() -> None:
    """Who turns elements into objects has one property for both."""
    assert [name for _, name, shape in ELEMENTS if set(shape.attributes) & set(shape.children)] == []


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_schema_takes_no_other_document(page: Path, schema: str) -> None:
    root = parsed(page.read_bytes())
    assert compiled(schema).validate(root) == (schema == f"{etree.QName(root).localname}.xsd")


def test_accepted_documents_show_everything_that_the_schemas_take() -> None:
    seen = {
        (root.tag, element.tag, etree.QName(part).localname)
        for root in (parsed(page.read_bytes()) for page in GOLDEN)
        for element in root.iter()
        for part in (*map(str, element.keys()), *element)
    }
    taken = {
        (f"{{{NAMESPACE}}}{schema[:-4]}", f"{{{NAMESPACE}}}{name}", part)
        for schema, name, shape in ELEMENTS
        for part in (*shape.attributes, *shape.children)
    }
    assert taken == seen


def section() -> str:
    found = re.search(r"^### What the ERP gets\n(.*?)(?=^#+ )", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def told() -> list[tuple[list[str], list[str]]]:
    """(elements, what README says stands in them), row by row."""
    rows = re.findall(r"^\| (`[^|]*|every root) \| (.*) \|$", section().split("| element |")[1], re.MULTILINE)
    return [(re.findall("`([^`]+)`", name) or [kind.value for kind in ErpKind], re.findall("`([^`]+)`", says))
            for name, says in rows]  # fmt: skip


@pytest.mark.parametrize(("schema", "name", "shape"), ELEMENTS, ids=lambda part: part if isinstance(part, str) else "")
def test_readme_tells_everything_in_an_element_and_nothing_else(schema: str, name: str, shape: Shape) -> None:
    said = {part for names, parts in told() if name in names for part in parts}
    everywhere = [other for _, same, other in ELEMENTS if same == name]
    assert {*shape.attributes, *shape.children} <= said
    assert said == {part for other in everywhere for part in (*other.attributes, *other.children)}


def test_readme_shows_a_document_that_fits() -> None:
    block = re.search(r"^    <receipt .*?^    </receipt>$", section(), re.MULTILINE | re.DOTALL)
    assert block
    assert fits(re.sub("^    ", "", block[0], flags=re.MULTILINE).encode())


def test_readme_tells_every_type_with_its_word_and_its_sign() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ([A-Za-z]+) \| ([^|]*) \|$", section(), re.MULTILINE)
    assert {int(type_): (word, sign) for type_, word, sign in rows} == {
        type_: (word, str(SIGNS.get(type_, ""))) for type_, word in erp.KINDS.items()
    }
