"""How much stood in each till's folder over time: samples that the service takes.

A sample holds until the till's next one. Ids are given in the order in which samples were taken; their times are whole
seconds since the epoch, and a clock that was put back may repeat them.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Index, Table, Text, delete, func, select

from ..model import Noun
from .amounts import Id
from .session import Session
from .tables import METADATA

DEPTHS = Table(
    "depths",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("shop", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("chunks", BigInteger, nullable=False),
    Column("commands", BigInteger, nullable=False),
    Column("oldest", BigInteger),
    Index(None, "shop", "till", "at"),
    Index(None, "at"),
)


class Depth(Noun, frozen=True):
    """What stood in a till's folder at one moment. `oldest`: when the first of it was offered; None = it was empty."""

    shop: str
    till: str
    at: int
    chunks: int
    commands: int = 0
    oldest: int | None = None


_TOLD = [DEPTHS.c[name] for name in Depth.__struct_fields__]


class Depths:
    """The part of a transaction that knows samples."""

    _session: Session

    def note_depths(self, depths: Sequence[Depth], *, keep_from: int) -> None:
        """Adds samples. Older ones than `keep_from` go."""
        self._session.run(delete(DEPTHS).where(DEPTHS.c.at < keep_from))
        first = self._session.greatest(DEPTHS) + 1
        told = enumerate(map(msgspec.structs.astuple, depths), first)
        self._session.append(DEPTHS, [(row, *one) for row, one in told])

    def last_depths(self) -> dict[tuple[str, str], Depth]:
        """Of each till its newest sample."""
        newest = select(func.max(DEPTHS.c.id)).group_by(DEPTHS.c.shop, DEPTHS.c.till)
        found = [Depth(*row) for row in self._session.rows(select(*_TOLD).where(DEPTHS.c.id.in_(newest)))]
        return {(one.shop, one.till): one for one in found}

    def depths(self, shop: str, till: str, since: int, until: int) -> list[Depth]:
        """A till's samples from `since` on and before `until`, oldest first; ahead of them what held at `since`."""
        mine = (DEPTHS.c.shop == shop) & (DEPTHS.c.till == till)
        told = select(*_TOLD[2:])
        before = told.where(mine & (DEPTHS.c.at < since)).order_by(DEPTHS.c.at.desc(), DEPTHS.c.id.desc())
        within = told.where(mine & (DEPTHS.c.at >= since) & (DEPTHS.c.at < until))
        rows = self._session.rows(before.limit(1)) + self._session.rows(within.order_by(DEPTHS.c.at, DEPTHS.c.id))
        return [Depth(shop, till, *row) for row in rows]
