"""What was sold, each ware once: a code, a barcode and a name as receipts tell them.

Whoever looks for goods looks through this small table, and finds by a ware's row the positions that tell it; so no
words of tills lie in an index, some of which are longer than a server's indexes take.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import ColumnElement, select

from ..model import Position, digest
from .session import Session, batches
from .tables import WARES

Words = tuple[str, str, str]  # code, barcode, name


class Wares:
    """Those that a booking has met."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[Words, int] = {}

    def rows(self, positions: Iterable[Position]) -> list[int]:
        """The row of each position's ware, in their order; adds those that the books have not got."""
        told = [(position.code, position.barcode, position.name) for position in positions]
        self._meet([words for words in dict.fromkeys(told) if words not in self._rows])
        return [self._rows[words] for words in told]

    def _meet(self, unmet: Sequence[Words]) -> None:
        new = {words: _key(words) for words in unmet}
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


def _key(words: Words) -> bytes:
    return digest(msgspec.json.encode(words))
