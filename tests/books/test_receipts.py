"""Receipts that are looked for: by what is told of them, newest first, page by page; and each of them whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tillpost.books import Books
from tillpost.model import Position
from trial_books import Trial, take_back
from trial_sales import receipt


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
