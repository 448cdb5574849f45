"""What money a document moved, whatever signs and codes a till writes it with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tillpost.model import Document, Means, Move, Payment

HUNDRED, TEN = Decimal(100), Decimal(10)


def document(kind: int, *rows: tuple[Means, Move, Decimal], annulled: bool = False) -> Document:
    payments = tuple(Payment(1, 70, means, move, amount) for means, move, amount in rows)
    return Document("1", 12, 1, kind, b"", b"", payments=payments, annulled=annulled)


@pytest.mark.parametrize(
    ("kind", "rows", "cash"),
    [
        (1, [(Means.CASH, Move.PAID, HUNDRED), (Means.CASH, Move.CHANGE, TEN)], 90),
        (1, [(Means.CARD, Move.PAID, HUNDRED), (Means.CASH, Move.PAID, TEN)], 10),
        (18, [(Means.CASH, Move.PAID, HUNDRED), (Means.CASH, Move.REFUND, TEN)], 90),
        (2, [(Means.CASH, Move.REFUND, HUNDRED)], -100),
        (25, [(Means.CASH, Move.PAID, HUNDRED)], -100),
        (8, [(Means.CASH, Move.PAID, HUNDRED), (Means.CASH, Move.CHANGE, TEN)], -90),
        (7, [(Means.CASH, Move.REFUND, HUNDRED)], 100),
        (7, [(Means.CASH, Move.PAID, HUNDRED)], 100),
        (3, [(Means.CASH, Move.PAID, HUNDRED)], 0),
        (16, [(Means.CASH, Move.PAID, HUNDRED)], 0),
        (1, [(Means.CASH, Move.OTHER, HUNDRED)], 0),
    ],
)
def test_cash_that_a_document_moved(kind: int, rows: list[tuple[Means, Move, Decimal]], cash: int) -> None:
    assert document(kind, *rows).moved(Means.CASH) == cash


def test_what_was_given_up_before_it_was_paid_moved_nothing() -> None:
    assert document(1, (Means.CASH, Move.PAID, HUNDRED), annulled=True).moved(Means.CASH) == 0
