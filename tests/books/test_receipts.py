"""Receipts that are looked for: by what is told of them, newest first, page by page; and each of them whole."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tillpost.books import Books, receipts
from tillpost.books.receipts import ReceiptRow, Sought
from tillpost.model import Document, Position
from trial_books import Trial, empty, take_back
from trial_sales import DAWN, receipt, record


def line(code: str, name: str, barcode: str = "", price: str = "10") -> Position:
    return Position(1, code, Decimal(1), Decimal(price), Decimal(price), barcode=barcode, name=name)


TEA, MILK = line("T-1", "Чай чёрный", "4600000000017"), line("M-1", "Молоко 3,2%")


def wares(trial: Trial) -> list[tuple[Any, ...]]:
    def ask(txn: Any) -> list[tuple[Any, ...]]:
        return list(
            txn._session.connection.exec_driver_sql(
                "SELECT document_id, w.code, w.barcode, w.name, w.folded FROM positions p JOIN wares w ON w.id = p.ware"
                " ORDER BY document_id, place"
            ).fetchall()
        )

    found: list[tuple[Any, ...]] = trial.ask(ask)
    return found


def test_a_ware_is_kept_once_however_often_it_is_sold(trial: Trial) -> None:
    trial.book(receipt(1, positions=(TEA, MILK, TEA)))
    trial.book(receipt(2, positions=(TEA,)), receipt(3, positions=(line("T-1", "Чай зелёный"), TEA)))
    assert [row[1] + row[3] for row in wares(trial)] == [
        "T-1Чай чёрный", "M-1Молоко 3,2%", "T-1Чай чёрный", "T-1Чай чёрный", "T-1Чай зелёный", "T-1Чай чёрный",
    ]  # fmt: skip
    assert len({row[1:] for row in wares(trial)}) == 3


def test_books_of_the_version_before_learn_what_was_sold(fresh_url: str, trials: Any) -> None:
    books = Books.open(fresh_url)
    trials(books).book(receipt(1, positions=(TEA, MILK)), receipt(2, positions=(MILK, TEA)))
    before = wares(trials(books))
    books.close()
    take_back(fresh_url, "0004")
    books = Books.open(fresh_url)
    assert wares(trials(books)) == before
    trials(books).book(receipt(3, positions=(TEA, line("T-2", "Чай"))))
    assert wares(trials(books))[:4] == before
    assert [row[1] for row in wares(trials(books))[4:]] == ["T-1", "T-2"]
    books.close()


# --- searching


def pages(trial: Trial, sought: Sought, limit: int = 50) -> list[list[ReceiptRow]]:
    """Every page, to the last one."""
    found, below = [], None
    while True:
        page = trial.ask(lambda txn, below=below: txn.receipts(sought, limit, below))
        found.append(page.rows)
        if page.down_to is None:
            return found
        assert below is None or (page.down_to.ended, page.down_to.id) < (below.ended, below.id)
        below = page.down_to


def numbers(trial: Trial, **sought: Any) -> list[int]:
    return [row.number for page in pages(trial, Sought(**sought)) for row in page]


@pytest.fixture
def shop(trial: Trial, trials: Any) -> Trial:
    """Two tills of a shop and one of another, a receipt that was corrected and one without an end."""
    trial.book(
        record(8, 20, users=(("7", "Иванова А. П."),)),
        receipt(1, 9, "100", cashier="7", positions=(TEA,)),
        receipt(2, 11, "250.50", cashier="8", positions=(TEA, MILK)),
        receipt(3, 13, "99.99", type=2, cashier="7", positions=(MILK,)),
        receipt(4, None, "5", positions=()),
        receipt(5, 12, "40", type=3, positions=()),
    )
    two = [receipt(1, 10, "100.01", cashier="7", positions=()), receipt(9, 14, "1000", positions=())]
    trials(trial.books, till="2").book(record(8), *two)
    trials(trial.books, shop="6").book(record(8), receipt(1, 15, "7", positions=()))
    trial.book(receipt(1, 9.5, "120", cashier="7", positions=(TEA,)))  # a correction
    return trial


CASES: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 9, 3, 5, 2, 1, 1, 4]),
    ({"shop": "5"}, [9, 3, 5, 2, 1, 1, 4]),
    ({"shop": "5", "till": "1"}, [3, 5, 2, 1, 4]),
    ({"shop": "5", "till": "7"}, []),
    ({"shop": "7"}, []),
    ({"number": 1}, [1, 1, 1]),
    ({"number": 1, "shop": "5", "till": "1"}, [1]),
    ({"number": 4}, [4]),
    ({"types": (2, 25)}, [3]),
    ({"cashier": "7"}, [3, 1, 1]),
    ({"cashier": "7", "shop": "5", "till": "2"}, [1]),
    ({"least": Decimal(100)}, [9, 2, 1, 1]),
    ({"least": Decimal("100.01"), "most": Decimal("120.00")}, [1, 1]),
    ({"most": Decimal("99.98"), "shop": "5"}, [5, 4]),
    ({"since": DAWN + timedelta(hours=11), "until": DAWN + timedelta(hours=13)}, [3, 5, 2]),
    ({"since": DAWN + timedelta(hours=12), "shop": "5", "till": "1"}, [3, 5]),
    ({"goods": "T-1"}, [2, 1]),
    ({"goods": "4600000000017"}, [2, 1]),
    ({"goods": "ЧАЙ"}, [2, 1]),
    ({"goods": "3,2%"}, [3, 2]),
    ({"goods": "%"}, [3, 2]),
    ({"goods": "молоко", "types": (2,)}, [3]),
    ({"goods": "молоко", "shop": "6"}, []),
    ({"goods": "молоко", "cashier": "8", "least": Decimal(200)}, [2]),
    ({"goods": "ничего"}, []),
]


@pytest.mark.parametrize("seldom", [5_000, 0])
def test_filters_combine_and_versions_that_do_not_count_are_no_receipts(
    shop: Trial, seldom: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "SELDOM", seldom)
    for sought, found in CASES:
        assert numbers(shop, **sought) == found, sought


def test_a_receipt_tells_where_it_is_from_and_its_versions(shop: Trial) -> None:
    ((row,),) = pages(shop, Sought(shop="5", till="1", number=1))
    assert (row.place.shop, row.place.till, row.place.number, row.place.opened) == ("5", "1", 12, record(8).opened)
    assert (row.sum, row.cashier, row.ended) == (Decimal(120), "7", receipt(1, 9.5).ended)
    found = shop.ask(lambda txn: txn.receipt(row.id))
    assert (found.counts, found.cashier, found.document.sum) == (True, "Иванова А. П.", Decimal(120))
    assert found.document.positions == (TEA,)
    assert [(one.sum, one.counts) for one in found.versions] == [(Decimal(120), True), (Decimal(100), False)]
    old = shop.ask(lambda txn: txn.receipt(found.versions[1].id))
    assert (old.counts, old.document.sum, old.versions) == (False, Decimal(100), found.versions)
    assert shop.ask(lambda txn: txn.receipt(4711)) is None


MADE = st.builds(
    receipt,
    st.integers(1, 6),
    st.none() | st.integers(9, 14),
    st.sampled_from(["1", "2.50", "100", "0.10"]),
    type=st.sampled_from([1, 2, 3]),
    cashier=st.sampled_from(["7", "8"]),
    positions=st.lists(st.sampled_from([TEA, MILK]), max_size=2).map(tuple),
)
ASKED = st.builds(
    Sought,
    shop=st.sampled_from(["", "5"]),
    till=st.just(""),
    types=st.sampled_from([(), (1,), (2, 3)]),
    number=st.none() | st.integers(1, 6),
    goods=st.sampled_from(["", "чай", "M-1"]),
    cashier=st.sampled_from(["", "7"]),
    least=st.none() | st.just(Decimal("2.5")),
    since=st.none() | st.just(DAWN + timedelta(hours=11)),
)


def fits(sought: Sought, one: Document) -> bool:
    words = [word for line in one.positions for word in (line.code, line.barcode, line.name.casefold())]
    return (
        (not sought.types or one.type in sought.types)
        and sought.number in (None, one.number)
        and sought.cashier in ("", one.cashier)
        and (sought.least is None or one.sum >= sought.least)
        and (sought.since is None or (one.ended is not None and one.ended >= sought.since))
        and (not sought.goods or any(sought.goods == word or sought.goods in word for word in words))
    )


def told_of(one: Any) -> tuple[Any, ...]:
    return one.type, one.number, one.sum, one.ended or DAWN, one.cashier


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.tuples(*[st.lists(MADE, max_size=8, unique_by=lambda one: (one.type, one.number))] * 2),
    sought=ASKED, limit=st.integers(1, 3), seldom=st.sampled_from([0, 9]), window=st.integers(1, 3),
)  # fmt: skip
def test_pages_put_together_are_all_that_fits_newest_first(
    told: Any, sought: Sought, limit: int, seldom: int, window: int, sqlite_url: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WINDOWS", "INTO_THEM"):
            patch.setattr(receipts, name, (window,))
        patch.setattr(receipts, "SELDOM", seldom)
        books = Books.open(sqlite_url)
        for till, documents in enumerate(told, 1):
            Trial(books, till=str(till)).book(record(8), *documents)
        found = [row for page in pages(Trial(books), sought, limit) for row in page]
        books.close()
        empty(sqlite_url)
    wanted = [one for documents in told for one in documents if fits(sought, one)]
    order = [(row.ended is not None, row.ended, row.id) for row in found]
    assert order == sorted(order, key=lambda one: (one[0], one[1] or DAWN, one[2]), reverse=True)
    assert sorted(map(told_of, found)) == sorted(map(told_of, wanted))


# --- indexes

LARGE = re.compile(r"(?:SCAN|Seq Scan on) (?:documents|positions)\b(?! USING (?:COVERING )?INDEX ix_documents_newest)")
INDEX = re.compile(r"ix_documents_newest|PRIMARY KEY|pk_documents")
QUESTIONS: dict[str, tuple[Sought, str]] = {
    "all": (Sought(), "ix_documents_newest"),
    "a till": (Sought("5", "1"), "ix_documents_newest_of_till"),
    "a shop": (Sought("5"), "ix_documents_newest_of_till"),
    "a number": (Sought(number=7), "ix_documents_newest_of_number"),
    "a number at a till": (Sought("5", "1", number=7), "ix_documents_newest_of_number"),
    "a type": (Sought(types=(2,)), "ix_documents_newest"),
    "a sum": (Sought(least=Decimal(5000)), "ix_documents_newest"),
    "a cashier": (Sought(cashier="9"), "ix_documents_newest"),
    "a time": (Sought(since=DAWN + timedelta(days=9), until=DAWN + timedelta(days=10)), "ix_documents_newest"),
    "a ware": (Sought(goods="T-77"), "ix_positions_ware"),
    "goods": (Sought(goods="т"), "ix_documents_newest"),
}


@pytest.fixture
def full(trials: Any, books: Books) -> Trial:
    """Many more receipts than on a page, and statistics of them."""
    trial: Trial = trials(books)
    at = count(1)
    for till in ("1", "2"):
        trial.till = till
        for shift in range(1, 9):
            hour = 24.0 * shift
            lines = [(line(f"T-{next(at) % 300}", "Товар"),) for _ in range(100)]
            trial.book(
                record(hour, hour + 12, shift),
                *(receipt(one, hour + 1 + one / 100, shift=shift, positions=sold) for one, sold in enumerate(lines, 1)),
            )
    with books.write() as txn:
        txn._session.connection.exec_driver_sql("ANALYZE")
    return trial


def test_no_search_reads_a_large_table_whole(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with full.books.read() as txn:
        connection = txn._session.connection
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":  # a test's tables are small enough to be read whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN "
        asked: list[tuple[str, Any]] = []
        sqlalchemy.event.listen(
            connection, "before_cursor_execute", lambda _c, _u, text, values, *_: asked.append((text, values))
        )
        for name, (sought, index) in QUESTIONS.items():
            monkeypatch.setattr(receipts, "SELDOM", 0 if name == "goods" else 50)
            for below in (None, receipts.Spot(DAWN + timedelta(days=5), 400)):
                asked.clear()
                txn.receipts(sought, 20, below)
                plans = []
                for text, values in asked[:]:
                    plan = [" ".join(map(str, row)) for row in connection.exec_driver_sql(explain + text, values)]
                    assert [line for line in plan if LARGE.search(line)] == [], (name, text, plan)
                    plans += plan
                assert index in "\n".join(plans), (name, plans)
                assert not [line for line in plans if "TEMP B-TREE FOR ORDER BY" in line and "looked" in line]
