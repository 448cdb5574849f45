"""Drawer documents made up for tests of the books. The digest is that of all a caller says, as the converter has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from tillpost.model import DrawerDocument, DrawerMove, DrawerPieces, canonical, digest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def pieces(move: DrawerMove, *held: tuple[str, int]) -> tuple[DrawerPieces, ...]:
    """`held`: denomination and count."""
    return tuple(DrawerPieces(move, Decimal(denomination), count) for denomination, count in held)


def drawer(entry: int, hours: float = 0, **named: Any) -> DrawerDocument:
    """A sale of 370, of which 500 was put in, `hours` after NOON."""
    said: dict[str, Any] = {"machine": "M1", "kind": "sale", "verdict": "committed", "currency": "RUB", **named}
    moved = pieces(DrawerMove.DEPOSITED, ("500", 1)) + pieces(DrawerMove.GIVEN, ("10", 13))
    said.setdefault("pieces", moved)
    document = DrawerDocument("1", "5", entry=entry, at=NOON + timedelta(hours=hours), **said)
    return replace(document, digest=digest(canonical(document)))
