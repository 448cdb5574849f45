"""What a cash machine tells reaches the books by way of its till's sales folder, once; and no receipt, shift or ERP
hears of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cash_papers import SALE, folder, page, paper
from post_office import PostOffice
from sales_pages import log_on, receipt, shift
from sales_pages import page as sales_page
from tillpost.books import DrawerSums, FileState
from tillpost.devices.machine.documents import CashDocument, DocumentKind
from tillpost.devices.nouns import Pieces
from tillpost.errors import LANGUAGES
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.drawerviews import drawer

NAME = "cash_M1_0000000006.xml"


@pytest.fixture
def office(tmp_path: Path) -> PostOffice:
    return PostOffice(tmp_path / "root", {"5": ["1", "2"], "6": ["1"]})


def tells(office: PostOffice, document: CashDocument = SALE, *, lies: str = "5/1", **place: Any) -> None:
    """The machine of till 1 of shop 5 writes, or one that says that it is another's."""
    folder(office.root / "sales" / lies, **place).publish(document)


def sums(office: PostOffice) -> list[DrawerSums]:
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        return txn.drawer_sums("5", "1")


def reason(office: PostOffice) -> str:
    """Why the one file that was collected lies where it lies: all of its `.why`."""
    (why,) = office.root.glob("*/sales/*/*/*.why")
    return why.read_text("utf-8")


# --- booked once


def test_document_is_booked_and_its_file_put_away(office: PostOffice) -> None:
    tells(office)
    [file] = office.collect().files
    assert (file.state, file.tally.drawer, file.tally.drawer_new) == (FileState.PROCESSED, 1, 1)
    assert office.where(NAME) == ["processed"]
    assert [(each.deposited, each.given) for each in sums(office)] == [(500, 130)]


def test_erp_and_shifts_hear_nothing_of_it(office: PostOffice) -> None:
    office.sell("sale_12.json", sales_page([shift()], [receipt(1)], [log_on()]))
    office.collect()
    told = office.erp_takes()
    tells(office)
    office.collect()
    assert told
    assert office.outbox() == []
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        [row] = txn.find_shifts("5", "1")
        assert txn.shift(row.id).sums.receipts == 1


def test_document_that_is_written_again_after_a_power_cut_counts_once(office: PostOffice) -> None:
    for _ in range(2):
        tells(office)
        [file] = office.collect().files
    assert (file.state, file.tally.drawer, file.tally.changes) == (FileState.PROCESSED, 1, False)
    assert [each.documents for each in sums(office)] == [1]


def test_known_number_with_other_money_is_an_error_that_names_it(office: PostOffice) -> None:
    tells(office)
    office.collect()
    tells(office, paper(deposited=(Pieces(50000, 2),)))
    [file] = office.collect().files
    assert file.state is FileState.ERROR
    assert file.reason is not None
    assert [file.reason.code, *map(str, file.reason.parts.values())] == ["books.other-money", "M1", "6"]
    assert all(file.reason.text(language) for language in LANGUAGES)
    assert [each.deposited for each in sums(office)] == [500]


# --- whose it is


def test_machine_signs_as_its_till_signs_its_sales(office: PostOffice) -> None:
    settings = office.root / "tillpost.toml"
    settings.write_text("[shops.5]\ncash_codes = ['1 = _cash_8_99']\n[shops.6]\n", "utf-8")
    tells(office, till="_cash_8_99")
    [file] = office.collect().files
    assert file.state is FileState.PROCESSED


@pytest.mark.parametrize(
    ("place", "lies", "code"),
    [
        ({"till": "2"}, "5/1", "sales.other-till"),
        ({"shop": "6"}, "5/1", "sales.other-shop"),
        ({"shop": "9"}, "9/1", "sales.unknown-till"),
        ({"till": "9"}, "5/9", "sales.unknown-till"),
    ],
)
def test_document_of_another_shop_or_till_is_refused(
    office: PostOffice, place: dict[str, str], lies: str, code: str
) -> None:
    tells(office, lies=lies, **place)
    [file] = office.collect().files
    assert file.state is FileState.ERROR
    assert file.reason is not None
    assert file.reason.code == code
    assert office.where(NAME) == ["error"]
    assert sums(office) == []


# --- damaged


def test_document_that_is_cut_short_is_broken_and_the_next_is_booked(office: PostOffice, tmp_path: Path) -> None:
    office.sell(NAME, page(tmp_path / "elsewhere")[:-30])
    tells(office, paper(entry=7, kind=DocumentKind.LATE))
    assert sorted(file.state for file in office.collect().files) == [FileState.BROKEN, FileState.PROCESSED]
    assert office.where(NAME) == ["broken"]
    assert [each.documents for each in sums(office)] == [1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [(b'sum="130"', b'sum="120"', "given: the sum is 120, and the pieces come to 130"),
     (b' machine="M1"', b"", "machine"), (b'count="13"', b'count="x"', "count: «x»")],
)  # fmt: skip
def test_verdict_names_file_record_and_field(
    office: PostOffice, tmp_path: Path, old: bytes, new: bytes, told: str
) -> None:
    office.sell(NAME, page(tmp_path / "elsewhere").replace(old, new))
    [file] = office.collect().files
    assert file.state is FileState.BROKEN
    why = reason(office)
    assert NAME in why
    assert "line 2" in why
    assert told in why


# --- as it is shown


def test_days_of_a_period_are_the_shops_own(office: PostOffice) -> None:
    """In Moscow, three hours ahead."""
    for entry, at in enumerate(("2026-11-19T20:59:59.999Z", "2026-11-19T21:00:00.000Z", "2026-11-20T21:00:00.000Z"), 1):
        tells(office, paper(entry=entry, at=at))
    office.collect()
    with office.open() as opened, open_books(opened) as books:
        day = date(2026, 11, 20)
        found: dict[str, Any] = drawer(opened, books, "5", "1", day, day, limit=9)
    assert [row["at"] for row in found["documents"]] == ["2026-11-20T00:00:00+03:00"]
    assert [row["documents"] for row in found["sums"]] == [1]
