"""What was sold, each ware once: a code, a barcode and a name as receipts tell them.

Whoever looks for goods looks through this small table, and finds by a ware's row the positions that tell it; so no
words of tills lie in an index, some of which are longer than a server's indexes take.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, select

from ..model import Position, digest
from .session import Session, batches
from .tables import WARES


class Wares:
    """Those that a booking has met."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[tuple[str, str, str], int] = {}

    def row(self, position: Position) -> int:
        """Of a position that `meet` was called for."""
        return self._rows[_words(position)]

    def meet(self, positions: Iterable[Position]) -> None:
        """Adds the wares that the books have not got."""
        new = {words: _key(words) for position in positions if (words := _words(position)) not in self._rows}
        known: dict[bytes, int] = {}
        for some in batches(list(new.values())):
            wanted = select(WARES.c.digest, WARES.c.id).where(WARES.c.digest.in_(some))
            known.update({bytes(row.digest): row.id for row in self._session.rows(wanted)})
        added = [words for words, key in new.items() if key not in known]
        first = self._session.greatest(WARES) + 1 if added else 0
        known.update({new[words]: first + at for at, words in enumerate(added)})
        self._session.append(
            WARES, [(known[new[words]], new[words], *words, words[2].casefold()) for words in added]
        )
        self._rows.update({words: known[key] for words, key in new.items()})


def called(words: str) -> ColumnElement[bool]:
    """Wares whose code or barcode this is, or in whose name it stands, in letters of any case."""
    named = WARES.c.folded.contains(words.casefold(), autoescape=True)
    return (WARES.c.code == words) | (WARES.c.barcode == words) | named


def _words(position: Position) -> tuple[str, str, str]:
    return position.code, position.barcode, position.name


def _key(words: tuple[str, str, str]) -> bytes:
    return digest(msgspec.json.encode(words))
