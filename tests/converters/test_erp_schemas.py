"""Whatever a till tells, its document for the ERP is well-formed, fits its schema by two validators, and says that."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from tillpost.converters import claim_sales, erp
from tillpost.converters.erpspelling import NAMESPACE, xml_text
from tillpost.converters.schemas import compiled, path
from tillpost.errors import Reject
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

SAMPLES = Path(__file__).parents[2] / "samples" / "sales"
GOLDEN = sorted((Path(__file__).parent / "erp").iterdir())
SALES = sorted(page for page in SAMPLES.rglob("sale*.json") if "golden" not in page.parts)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine breaks no promise
SOME_PLACE = ShiftPlace("5", "1", 1)


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
# Not st.text of both: it draws from the two as from one heap of characters, in which the few drown.
TEXTS = st.lists(AWKWARD | st.characters(exclude_categories=()), max_size=8).map("".join)
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


@settings(UNHURRIED, max_examples=200)
@given(PAGES)
def test_every_document_fits_its_schema_by_both_validators(page: bytes) -> None:
    assert fits(page)


@pytest.mark.parametrize("page", GOLDEN, ids=lambda page: page.name)
def test_accepted_document_fits_its_schema_by_both_validators(page: Path) -> None:
    assert fits(page.read_bytes())


def test_documents_of_all_sales_samples_fit_their_schemas_by_both_validators() -> None:
    made = dict.fromkeys((DocumentKind.RECEIPT, DocumentKind.CASHBOX), 0)
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


@settings(UNHURRIED, max_examples=80)
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


@settings(UNHURRIED, max_examples=80)
@given(PLACES, RECEIPTS)
def test_marks_are_read_again_to_the_last_character(place: ShiftPlace, document: Document) -> None:
    root = parsed(erp.receipt(place, document, 1, lambda code: None))
    marks = root.findall(f"{{{NAMESPACE}}}position/{{{NAMESPACE}}}mark")
    assert [exact(mark) for mark in marks] == [mark for position in document.positions for mark in position.marks]


def exact(mark: Any) -> str:
    coded = mark.get("base64")
    return (mark.text or "") if coded is None else base64.b64decode(coded).decode("utf-8", "surrogatepass")


@settings(UNHURRIED, max_examples=80)
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


@settings(UNHURRIED, max_examples=60)
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
