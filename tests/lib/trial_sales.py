"""Sales made up for tests of the books: short calls for documents, shift records and log-ons.

The digest is that of all a caller says, so what is said alike is alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tillpost.model import Document, LogOn, Means, Move, Payment, Position, RefusedSale, ShiftRecord, digest

DAWN = datetime(2026, 3, 2)  # noqa: DTZ001 - the tills' own clock has no zone


def moment(hours: float | None) -> datetime | None:
    """So many hours after DAWN."""
    return None if hours is None else DAWN + timedelta(hours=hours)


def receipt(number: int, hours: float | None = 9, total: str = "100", **named: Any) -> Document:
    """A sale of one position, paid in cash, `hours` after DAWN."""
    said = {"shift": 12, "type": 1, "cash_code": "1", **named}
    raw = f"{number} {hours} {total} {sorted(said.items(), key=lambda item: item[0])}".encode()
    amount = Decimal(total)
    said.setdefault("began", moment(hours))
    said.setdefault("ended", moment(hours))
    said.setdefault("payments", (Payment(1, 70, Means.CASH, Move.PAID, amount),))
    said.setdefault("positions", (Position(1, "A-1", Decimal(1), amount, amount, name="Молоко"),))
    return Document(number=number, sum=amount, digest=digest(raw), raw=raw, **said)


def record(opened: float | None, closed: float | None = None, number: int = 12, **named: Any) -> ShiftRecord:
    """A shift record, its times in hours after DAWN."""
    raw = f"{opened} {closed} {number} {sorted(named.items())}".encode()
    return ShiftRecord("1", number, digest(b"record" + raw), raw, moment(opened), moment(closed), **named)


def log_on(hours: float, operation: int = 3, user: str = "7") -> LogOn:
    raw = f"{hours} {operation} {user}".encode()
    return LogOn("1", operation, digest(b"log" + raw), raw, moment(hours), user)


def refusal(line: int = 5) -> RefusedSale:
    return RefusedSale(line, "sales data", "1 7", "docSum", "books.refused", {"detail": "abc"}, b"\xff{\x00")
