"""Documents for the ERP: each sale as the file beside these tests shows it, byte for byte. After a change: --accept."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree
from tillpost.converters import erp
from tillpost.converters.erpnames import ErpKind, file_name
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
    ShiftAccount,
    ShiftPlace,
    ShiftRecord,
    ShiftSums,
)

GOLDEN = Path(__file__).parent / "erp"
NS = {"d": "urn:tillpost:document:1"}
D = Decimal
at = datetime.fromisoformat

PLACE = ShiftPlace("5", "1", 12, at("2026-11-20T08:00:00"))
OWN_IDS = {"1000001": "7a1f0c9e-2b7d-11ec-9d64-0242ac120002#3", "1001": "1001"}

SALE = Document(
    "_cash_8_99dec44a",
    12,
    7,
    1,
    digest=b"7",
    raw=b"{}",
    cashier="3",
    began=at("2026-11-20T09:14:02"),
    ended=at("2026-11-20T09:15:30"),
    sum=D("342.7"),
    positions=(
        Position(1, "1001", D("2"), D("89.9"), D("169.80"), barcode="9520000010014", name="Чай «Склон» 100 г & мёд",
                 base_sum=D("179.8"), discount=D(10), discounts=(Discount(D(10), "Утро", "1"),), tax=D("28.3"),
                 department=1),
        Position(2, "1000001", D("0.514"), D("336.3846"), D("172.90"), barcode="2200012005146", name="Сыр <весовой>",
                 tax=D("28.816666")),
        Position(3, "55", D(1), D(0), D(0), operation=63, marks=("010952000001001421ab'&\x1d91EE10",),
                 extra_barcode="]C1019520000010021\x1d"),
    ),
    payments=(
        Payment(4, 70, Means.CARD, Move.PAID, D("142.7")),
        Payment(1, 70, Means.CASH, Move.PAID, D(500)),
        Payment(1, 72, Means.CASH, Move.CHANGE, D(300)),
    ),
    cards=("9990001234567",),
    lines_cancelled=1,
    identifier="8a1f5f44-0001",
    fiscal_number="4211",
    certificates=('{"number":"G-1","sum":100}',),
    coupons=('{"code":"NOV"}',),
    bonuses=('{"add":3.42}', '{"take":0}'),
)  # fmt: skip
RETURN = Document("_cash_8_99dec44a", 12, 8, 2, b"8", b"{}", cashier="3", ended=at("2026-11-20T10:00:00.25"),
                  sum=D("89.9"), self_checkout=True, source="8a1f5f44-0001", reason="Брак",
                  positions=(Position(1, "1001", D("1.000"), D("89.9"), D("89.9")),),
                  payments=(Payment(1, 74, Means.CASH, Move.REFUND, D("89.9")),))  # fmt: skip
CASH_IN = Document("_cash_8_99dec44a", 12, 6, 3, b"6", b"{}", cashier="3", began=at("2026-11-20T08:00:40"),
                   ended=at("2026-11-20T08:01:00"), sum=D(1000), identifier="8a1f5f44-0000", fiscal_number="4210",
                   source="8a1f5f43-0031", reason="Размен",
                   payments=(Payment(1, 70, Means.CASH, Move.PAID, D(1000)),))  # fmt: skip
RECORD = ShiftRecord(
    "_cash_8_99dec44a",
    12,
    digest=b"s",
    raw=b"{}",
    opened=at("2026-11-20T08:00:00"),
    closed=at("2026-11-20T22:10:00"),
    gain=D("252.8"),
    drawers=(DrawerRecord("0001", D("1110.1"), D("10000"), D("10252.80"), D("89.9")), DrawerRecord("0002")),
    users=(("3", "Иванова А. П."), ("4", "")),
)
ACCOUNT = ShiftAccount(
    PLACE,
    ShiftSums(
        receipts=2,
        annulled=1,
        sales_cash=D(200),
        sales_cashless=D("142.7"),
        returns_cash=D("89.9"),
        cash_in=D(1000),
        gain=D("252.8"),
    ),
    documents=(
        ReceiptLine(3, 6, D(1000), at("2026-11-20T08:01:00")),
        ReceiptLine(1, 7, D("342.7"), at("2026-11-20T09:15:30")),
        ReceiptLine(2, 8, D("89.9"), at("2026-11-20T10:00:00.25")),
        ReceiptLine(1, 9, D(55), annulled=True),
        ReceiptLine(99, 10, D(0)),
    ),
    closed=at("2026-11-20T22:10:00"),
    record=RECORD,
)
OPEN = msgspec.structs.replace(
    ACCOUNT,
    closed=None,
    missing=((1, 5), (11, 11)),
    record=msgspec.structs.replace(RECORD, closed=None, gain=D("300")),
)

PAGES = {
    file_name(ErpKind.RECEIPT, PLACE, 1, 7): erp.receipt(PLACE, SALE, 1, OWN_IDS.get),
    file_name(ErpKind.RECEIPT, PLACE, 2, 8, 2): erp.receipt(PLACE, RETURN, 2, OWN_IDS.get),
    file_name(ErpKind.CASHBOX, PLACE, 3, 6): erp.cashbox(PLACE, CASH_IN, 1),
    file_name(ErpKind.SHIFT_OPEN, PLACE): erp.shift_opening(PLACE, RECORD, 1),
    file_name(ErpKind.SHIFT, PLACE): erp.shift(OPEN, 1),
    file_name(ErpKind.SHIFT, PLACE, version=2): erp.shift(ACCOUNT, 2),
}


def read(page: bytes) -> Any:
    return etree.fromstring(page)


def receipt(document: Document) -> Any:
    return read(erp.receipt(PLACE, document, 1, OWN_IDS.get))


@pytest.mark.parametrize("name", PAGES)
def test_document_is_as_accepted(name: str, accept: bool) -> None:
    page = GOLDEN / name
    if accept:
        page.write_bytes(PAGES[name])
    assert page.read_bytes() == PAGES[name]


def test_there_are_no_other_accepted_documents() -> None:
    assert {page.name for page in GOLDEN.iterdir()} == set(PAGES)


# --- what the ERP must be able to rely on ------------------------------------------------------------------


def test_good_is_told_by_its_own_id_and_by_the_code_of_the_till() -> None:
    lines = receipt(SALE).findall("d:position", NS)
    assert [(line.get("code"), line.get("good")) for line in lines] == [
        ("1001", "1001"),
        ("1000001", "7a1f0c9e-2b7d-11ec-9d64-0242ac120002#3"),
        ("55", None),
    ]


def test_mark_keeps_the_characters_that_xml_cannot_hold() -> None:
    mark = receipt(SALE).find("d:position/d:mark", NS)
    assert mark.text == "010952000001001421ab'&\ufffd91EE10"
    assert mark.get("base64") == "MDEwOTUyMDAwMDAxMDAxNDIxYWInJh05MUVFMTA="


def test_cash_is_what_stayed_after_the_change() -> None:
    page = receipt(SALE)
    assert (page.get("cash"), page.get("cashless")) == ("200.00", "142.70")


def test_return_gives_back() -> None:
    page = receipt(RETURN)
    assert (page.get("sign"), page.get("sum"), page.get("cash"), page.get("cashless")) == (
        "-1",
        "89.90",
        "-89.90",
        "0.00",
    )


def test_annulled_receipt_counts_for_nothing_and_says_so() -> None:
    page = receipt(msgspec.structs.replace(SALE, annulled=True))
    assert (page.get("annulled"), page.get("sign"), page.get("cash"), page.get("cashless")) == (
        "true",
        "0",
        "0.00",
        "0.00",
    )
    assert page.get("sum") == "342.70"


def test_every_type_has_a_word_of_its_own() -> None:
    words = {
        type_: read(erp.receipt(PLACE, msgspec.structs.replace(SALE, type=type_), 1, OWN_IDS.get)).get("kind")
        for type_ in SIGNS
    }
    assert words == {
        1: "sale",
        2: "return",
        7: "returnCancelled",
        8: "saleCancelled",
        18: "invoice",
        25: "returnWithoutReceipt",
    }
    cash = {type_: read(erp.cashbox(PLACE, msgspec.structs.replace(CASH_IN, type=type_), 1)) for type_ in (3, 4)}
    assert {type_: page.get("kind") for type_, page in cash.items()} == {3: "cashIn", 4: "cashOut"}
    assert {*words, *cash} == set(erp.KINDS)


@pytest.mark.parametrize("type_", [3, 4, 99, 0])
def test_other_document_is_no_receipt(type_: int) -> None:
    with pytest.raises(ValueError, match=f"type {type_}"):
        erp.receipt(PLACE, msgspec.structs.replace(SALE, type=type_), 1, OWN_IDS.get)


@pytest.mark.parametrize("type_", [1, 2, 99])
def test_other_document_is_no_cash_document(type_: int) -> None:
    with pytest.raises(ValueError, match=f"type {type_}"):
        erp.cashbox(PLACE, msgspec.structs.replace(CASH_IN, type=type_), 1)


def test_what_was_not_told_is_left_out() -> None:
    bare = Document("", 12, 1, 1, b"", b"", positions=(Position(1, "", D(1), D(1), D(1)),))
    page = read(erp.receipt(ShiftPlace("5", "1", 12), bare, 1, OWN_IDS.get))
    assert set(page.keys()) == {
        *("version", "shop", "till", "shift", "type", "kind", "number", "sum", "annulled", "sign", "cash", "cashless"),
        *("linesCancelled", "selfCheckout"),
    }
    assert [child.tag for child in page] == [f"{{{NS['d']}}}position"]
    assert set(page[0].keys()) == {"number", "operation", "quantity", "price", "sum"}


# --- shifts


def shift(account: ShiftAccount) -> Any:
    return read(erp.shift(account, 1))


def test_closed_shift_without_gaps_whose_count_agrees_is_complete() -> None:
    page = shift(ACCOUNT)
    assert (page.get("state"), page.get("complete")) == ("closed", "true")
    assert dict(page.find("d:tillCount", NS).attrib) == {"gain": "252.80", "difference": "0.00"}
    assert page.findall("d:missing", NS) == []


def test_shift_of_a_till_that_does_not_count_is_complete_without_gaps() -> None:
    page = shift(msgspec.structs.replace(ACCOUNT, record=msgspec.structs.replace(RECORD, gain=None)))
    assert page.get("complete") == "true"
    assert page.find("d:tillCount", NS) is None


def test_missing_numbers_are_told() -> None:
    page = shift(msgspec.structs.replace(ACCOUNT, missing=((2, 4), (9, 9))))
    assert (page.get("state"), page.get("complete")) == ("closed", "false")
    assert [dict(gap.attrib) for gap in page.findall("d:missing", NS)] == [
        {"first": "2", "last": "4"},
        {"first": "9", "last": "9"},
    ]


@pytest.mark.parametrize(("gain", "difference"), [("300", "-47.20"), ("252.79", "0.01"), ("-1", "253.80")])
def test_difference_to_the_count_of_the_till_is_told(gain: str, difference: str) -> None:
    page = shift(msgspec.structs.replace(ACCOUNT, record=msgspec.structs.replace(RECORD, gain=D(gain))))
    assert (page.get("state"), page.get("complete")) == ("closed", "false")
    assert page.find("d:tillCount", NS).get("difference") == difference


def test_open_shift_is_marked_open_and_is_never_complete() -> None:
    page = shift(msgspec.structs.replace(ACCOUNT, closed=None))
    assert (page.get("state"), page.get("complete"), page.get("closed")) == ("open", "false", None)


def test_shift_without_a_record_tells_what_is_booked() -> None:
    account = ShiftAccount(ShiftPlace("5", "1", 12), ShiftSums(receipts=1, gain=D(5)), (ReceiptLine(1, 7, D(5)),))
    page = shift(account)
    assert (page.get("opened"), page.get("cashCode"), page.get("state")) == (None, None, "open")
    assert [etree.QName(child).localname for child in page] == ["sums", "document"]


def test_document_of_an_unknown_type_is_listed_as_other() -> None:
    kinds = [line.get("kind") for line in shift(ACCOUNT).findall("d:document", NS)]
    assert kinds == ["cashIn", "sale", "return", "sale", "other"]


def test_shift_is_opened_once_whatever_later_records_tell_of_its_end() -> None:
    early = ShiftRecord(RECORD.cash_code, 12, b"e", b"{}", opened=RECORD.opened,
                        drawers=(DrawerRecord("0001", protected_begin=D(10000)), DrawerRecord("0002")))  # fmt: skip
    assert erp.shift_opening(PLACE, early, 1) == erp.shift_opening(PLACE, RECORD, 1)


# --- one form for ever


def test_document_is_declared_utf8_and_ends_with_a_newline() -> None:
    for page in PAGES.values():
        assert page.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<')
        assert page.endswith(b">\n")
        page.decode("utf-8")


def test_versions_of_a_document_differ_by_their_number_alone() -> None:
    one, two = (erp.receipt(PLACE, SALE, version, OWN_IDS.get) for version in (1, 2))
    assert one.replace(b' version="1" ', b' version="2" ') == two


TOLD_ELSEWHERE = {"shift", "digest", "raw"}  # the place tells the shift; the others stay in the books
OTHERS: dict[type, Any] = {
    str: "другое",
    int: 77,
    bool: True,
    D: D("77.77"),
    datetime: at("2001-01-01T01:01:01"),
    Means: Means.GIFT,
    Move: Move.OTHER,
}


@pytest.mark.parametrize(
    "field", [name for name in Document.__struct_fields__ if name not in TOLD_ELSEWHERE | {"type"}]
)
def test_every_field_of_a_document_reaches_the_erp(field: str) -> None:
    old = getattr(SALE, field)
    new = old[:-1] if isinstance(old, tuple) else OTHERS[type(old)] if old != "" else "другое"
    changed = msgspec.structs.replace(SALE, **{field: new})
    assert erp.receipt(PLACE, changed, 1, OWN_IDS.get) != erp.receipt(PLACE, SALE, 1, OWN_IDS.get)


@pytest.mark.parametrize("field", Position.__struct_fields__)
def test_every_field_of_a_position_reaches_the_erp(field: str) -> None:
    full = msgspec.structs.replace(SALE.positions[0], marks=("m",), extra_barcode="e")
    old = getattr(full, field)
    new = old[:-1] if isinstance(old, tuple) else OTHERS[type(old)]
    pages = [
        erp.receipt(PLACE, msgspec.structs.replace(SALE, positions=(position,)), 1, OWN_IDS.get)
        for position in (full, msgspec.structs.replace(full, **{field: new}))
    ]
    assert pages[0] != pages[1]


@pytest.mark.parametrize("field", Payment.__struct_fields__)
def test_every_field_of_a_payment_reaches_the_erp(field: str) -> None:
    row = SALE.payments[0]
    changed = msgspec.structs.replace(row, **{field: OTHERS[type(getattr(row, field))]})
    assert receipt_with(changed) != receipt_with(row)


def receipt_with(row: Payment) -> bytes:
    return erp.receipt(PLACE, msgspec.structs.replace(SALE, payments=(row,)), 1, OWN_IDS.get)


@pytest.mark.parametrize("field", ShiftSums.__struct_fields__)
def test_every_sum_of_a_shift_reaches_the_erp(field: str) -> None:
    old = getattr(ACCOUNT.sums, field)
    sums = msgspec.structs.replace(ACCOUNT.sums, **{field: old + 1})
    assert erp.shift(msgspec.structs.replace(ACCOUNT, sums=sums), 1) != erp.shift(ACCOUNT, 1)


@pytest.mark.parametrize("field", DrawerRecord.__struct_fields__)
def test_every_counter_of_a_drawer_reaches_the_erp(field: str) -> None:
    drawer = RECORD.drawers[0]
    changed = msgspec.structs.replace(drawer, **{field: OTHERS[type(getattr(drawer, field))]})
    record = msgspec.structs.replace(RECORD, drawers=(changed,))
    told = erp.shift(msgspec.structs.replace(ACCOUNT, record=record), 1)
    assert told != erp.shift(
        msgspec.structs.replace(ACCOUNT, record=msgspec.structs.replace(RECORD, drawers=(drawer,))), 1
    )


def test_kinds_of_documents_are_those_of_the_model() -> None:
    assert {DocumentKind.of(type_) for type_ in erp.KINDS} == {DocumentKind.RECEIPT, DocumentKind.CASHBOX}
