"""What a cash machine writes is read as it was meant, and what cannot be so is refused with its field."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from cash_papers import SALE, page, paper, told_of
from hypothesis import HealthCheck, given, settings
from money_days import DAYS, Step
from tillpost.converters import SALES_CONVERTERS, claim_sales
from tillpost.converters.cashdocuments import CashDocuments
from tillpost.converters.schemas import shape_of_root
from tillpost.devices.machine.documents import DocumentKind
from tillpost.devices.machine.salesfolder import NAMESPACE, ROOT
from tillpost.devices.nouns import Pieces
from tillpost.errors import LANGUAGES, Reject
from tillpost.model import DrawerDocument, DrawerMove, DrawerPieces, RefusedSale, SalesOptions

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(data: bytes) -> DrawerDocument | RefusedSale:
    converter = claim_sales("cash.xml", data[:65536])
    assert converter.name == CashDocuments.name
    (event,) = converter.read(io.BytesIO(data), SalesOptions())
    assert isinstance(event, DrawerDocument | RefusedSale)
    return event


def refused(data: bytes) -> tuple[str, str]:
    """Field and code; the text is made, too."""
    event = read(data)
    assert isinstance(event, RefusedSale)
    assert event.section == "cash"
    assert event.line == 2
    assert all(event.why.text(language) for language in LANGUAGES)
    return event.field, event.code


@pytest.fixture
def sale(tmp_path: Path) -> bytes:
    return page(tmp_path)


# --- read as it was meant


def test_sale_is_read_as_the_machine_told_it(sale: bytes) -> None:
    document = read(sale)
    assert isinstance(document, DrawerDocument)
    assert document == DrawerDocument(
        cash_code="1",
        shop="5",
        machine="M1",
        entry=6,
        at=datetime(2026, 11, 20, 9, 15, 30, 250_000, UTC),
        kind="sale",
        verdict="committed",
        currency="RUB",
        digest=document.digest,
        number=1,
        about="receipt 12",
        device="notes",
        amount=Decimal(370),
        pieces=(
            DrawerPieces(DrawerMove.DEPOSITED, Decimal(500), 1),
            DrawerPieces(DrawerMove.GIVEN, Decimal(10), 13),
        ),
    )


def test_every_word_of_a_document_arrives(tmp_path: Path) -> None:
    moved = tuple(Pieces(denomination, 2) for denomination in (50, 100000))
    words = {"about": "чек <1>", "unit": "u", "device": "d", "code": "jam & more", "by": "Анна", "why": '"so"'}
    whole = paper(within=2, owed=1, deposited=moved, given=moved, taken=moved, removed=moved, unsure=moved, **words)
    document = read(page(tmp_path, whole))
    assert isinstance(document, DrawerDocument)
    assert {name: getattr(document, name) for name in words} == words
    assert (document.within, document.owed) == (2, Decimal("0.01"))
    assert {move: document.sum(move) for move in DrawerMove} == dict.fromkeys(DrawerMove, Decimal(2001))


@UNHURRIED
@given(day=DAYS)
def test_whatever_a_machine_tells_of_a_day_is_read(tmp_path: Path, day: list[Step]) -> None:
    for told in told_of(day):
        document = read(page(tmp_path / str(hash(told)), told))
        assert isinstance(document, DrawerDocument)
        assert (document.entry, document.kind, document.verdict) == (told.entry, told.kind, told.verdict)
        for move in DrawerMove:
            pieces = [(each.denomination * 100, each.count) for each in document.pieces if each.move is move]
            assert pieces == [(each.denomination, each.count) for each in getattr(told, move)]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"500"', b'"500.00"'), (b"\n  ", b" "), (b"UTF-8", b"utf-8"), (b"<about>", b"<!-- x --><about>"),
     (b'.250Z', b'.25Z'), (b'till="1"', b'till="_cash_8"')],
)  # fmt: skip
def test_same_content_has_the_same_digest_however_it_is_spelt(sale: bytes, old: bytes, new: bytes) -> None:
    spelt = read(sale.replace(old, new))
    assert isinstance(spelt, DrawerDocument)
    assert spelt.digest == read(sale).digest  # type: ignore[union-attr]


def test_other_content_has_another_digest(tmp_path: Path) -> None:
    others = [SALE, paper(amount=1), paper(given=()), paper(kind=DocumentKind.LATE), paper(why="x"), paper(entry=7)]
    digests = {read(page(tmp_path / str(at), other)).digest for at, other in enumerate(others)}  # type: ignore[union-attr]
    assert len(digests) == len(others)


def test_every_kind_of_the_machine_is_a_kind_of_the_schema() -> None:
    words = shape_of_root("cashdocument.xsd").attributes["kind"].words["en"]
    assert words.split(": ")[1].split() == [kind.value for kind in DocumentKind]


def test_every_value_has_words_for_what_it_must_be() -> None:
    shape = shape_of_root("cashdocument.xsd")
    values = [*shape.attributes.items(), *((child.name, child.shape) for child in shape.children.values())]
    assert [name for name, value in values if not value.children and set(value.words) != set(LANGUAGES)] == []


# --- whose it is


def test_exactly_one_converter_claims_it(sale: bytes) -> None:
    assert [converter.claims("sale_12.json", sale) for converter in SALES_CONVERTERS].count(True) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"### sales data begin ###\n### sales data end ###\n",
        b"{}",
        f"<{ROOT}/>".encode(),
        f'<other xmlns="{NAMESPACE}"/>'.encode(),
        f'<!DOCTYPE a><{ROOT} xmlns="{NAMESPACE}"/>'.encode(),
    ],
)
def test_nothing_else_is_claimed(data: bytes) -> None:
    assert not CashDocuments().claims("cash_M1_0000000006.xml", data)


# --- refused


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        (b' machine="M1"', b"", "machine", "gate.missing"),
        (b'entry="6"', b'entry="0"', "entry", "gate.value"),
        (b'kind="sale"', b'kind="gift"', "kind", "gate.value"),
        (b'count="13"', b'count="-13"', "count", "gate.value"),
        (b'denomination="10"', b'denomination="1e1"', "denomination", "gate.value"),
        (b"2026-11-20", b"2026-11-31", "at", "gate.value"),
        (b' amount="370"', b' amount="370" colour="x"', "colour", "gate.unknown-attribute"),
        (b"<about>receipt 12</about>", b"<note/>", "note", "gate.unexpected"),
        (b"<about>receipt 12</about>", b"<about/><about/>", "about", "gate.repeated"),
        (b"<about>receipt 12</about>", b"<given sum='1'><pieces denomination='1' count='1'/></given>", "deposited",
         "gate.order"),
        (b'number="1"', b'number="7"', "number", "drawer.number"),
        (b'sum="130"', b'sum="120"', "given", "drawer.sum"),
        (b'count="13"', b'count="12"', "given", "drawer.sum"),
        (b'<pieces denomination="500" count="1"/>', b'<pieces denomination="250" count="1"/>' * 2, "deposited",
         "drawer.twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_so_is_refused_with_its_field(
    sale: bytes, old: bytes, new: bytes, field: str, code: str
) -> None:
    assert old in sale
    assert refused(sale.replace(old, new, 1)) == (field, code)


def test_refusal_names_the_machine_and_the_entry_as_far_as_they_can_be_read(sale: bytes) -> None:
    event = read(sale.replace(b'sum="130"', b'sum="1"'))
    assert isinstance(event, RefusedSale)
    assert event.key == "M1/6"
    assert b"cashDocument" in event.raw


@pytest.mark.parametrize("cut", [-2, -20, 260])
def test_document_that_is_cut_short_is_broken(sale: bytes, cut: int) -> None:
    with pytest.raises(Reject) as caught:
        read(sale[:cut])
    assert caught.value.reason.code == "xml.malformed"


def test_document_within_a_document_is_refused(sale: bytes) -> None:
    body = sale.split(b"?>\n", 1)[1]
    assert refused(sale.replace(b"<about>receipt 12</about>", body)) == (ROOT, "gate.unexpected")
