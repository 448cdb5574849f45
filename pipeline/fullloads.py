"""What filled the tills of a shop last: the chunks of a full load, kept so that the next till is filled by links.

A full load begins at the shop's head and is cut as tills have room, each piece from the log as it stands then. A till
that comes later begins its epoch at that same head, gets the same pieces, and goes on behind them with the log. That
is right for the reason for which a till may stop anywhere (`catalogue.changelog`): the pieces stand in the order in
which they were cut, and each is all that a till lacked where the piece before it ends. So a till that is filled by
them is one that was filled then and has taken nothing since, with the one difference that it need not wait. What went
since that head is told it, as it is told the others: no tombstone behind the head is skipped.

What is kept is left behind, and the shop's next full load cut anew, when

* the `clear*` commands in front are no longer those that empty a till (the shop has lists that it had not);
* so much was said since that a till would get most of it twice (`STALE_SHARE`);
* a chunk is gone or damaged: from that piece on it is cut again. Nothing is lost by it, all stands in the log.

Failures: those of the store.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..catalogue import Catalogue, Records, Transaction
from ..model import Noun
from ..queues.chunks import Chunk

STALE_SHARE = 0.2  # of the commands of a full load: so many said since its head make it an old one


class Piece(Noun, frozen=True):
    """A chunk of a full load, and the revision to which it brings a till."""

    chunk: Chunk
    to_revision: int


class FullLoad(Noun, frozen=True, omit_defaults=True):
    """A shop's full load as far as it was cut."""

    head: int  # the shop's revision at which it began
    clears: tuple[bytes, ...]  # the commands in front
    pieces: tuple[Piece, ...] = ()

    @property
    def end(self) -> int:
        """The revision up to which there are pieces."""
        return self.pieces[-1].to_revision if self.pieces else 0

    def behind(self, cursor: int) -> tuple[Piece, ...]:
        """The pieces for a till that was filled up to `cursor`, a piece's end; none where it is not."""
        ends = (0, *(piece.to_revision for piece in self.pieces))
        return self.pieces[ends.index(cursor) :] if cursor in ends else ()

    def grown(self, cursor: int, piece: Piece) -> FullLoad:
        """With one more piece, if it begins where the last one ends, and that is before the head."""
        if cursor != self.end or cursor >= self.head:
            return self
        return msgspec.structs.replace(self, pieces=(*self.pieces, piece))

    def up_to(self, cursor: int) -> FullLoad:
        """Without the pieces behind `cursor`."""
        return msgspec.structs.replace(
            self, pieces=tuple(piece for piece in self.pieces if piece.to_revision <= cursor)
        )


class FullLoads:
    """The full loads of all shops inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self._loads = Records(txn.table("full loads"), FullLoad)

    def of(self, shop: str) -> FullLoad | None:
        return self._loads.get((shop,))

    def save(self, shop: str, load: FullLoad) -> None:
        self._loads.put((shop,), load)

    def forget(self, shop: str) -> None:
        self._loads.delete((shop,))

    def all(self) -> Iterator[tuple[str, FullLoad]]:
        return ((str(key[0]), load) for key, load in self._loads.scan())


def current(catalogue: Catalogue, shop: str, load: FullLoad | None) -> FullLoad:
    """The full load with which a till of the shop begins now: the one that is kept, or one that begins anew."""
    if load is None or is_old(catalogue, shop, load):
        return FullLoad(catalogue.head(shop), catalogue.clears(shop))
    return load


def is_old(catalogue: Catalogue, shop: str, load: FullLoad) -> bool:
    """Whether no further till is to be filled by it."""
    if load.clears != catalogue.clears(shop):
        return True
    most = int(STALE_SHARE * catalogue.size(shop))
    return catalogue.pending(shop, load.head, bound=most + 1) > most
