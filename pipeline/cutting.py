"""The chunks that bring tills of a shop further: of its full load as it is kept, or cut from its change log.

Failures: `Retry` where the disk does not take a chunk.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

import msgspec

from ..converters import aif
from ..queues.chunks import Chunk
from ..queues.handing import Parcel
from .fullloads import FullLoad, Piece
from .office import Office

STORED_AT_ONCE = 2  # chunks that are on their way to the disk while the next one is cut


class _Cut(msgspec.Struct, frozen=True):
    """A chunk's bytes, and up to where it brings a till."""

    data: bytes
    objects: int
    to_revision: int
    is_last: bool  # there is nothing behind it


class Cutter:
    """Cuts for the tills of one shop. `load`: its full load, which grows with what is cut of it."""

    def __init__(self, office: Office, shop: str, load: FullLoad | None) -> None:
        self._office = office
        self.shop = shop
        self.load = load

    def parcels(self, cursor: int, full_to: int, most: int) -> list[Parcel]:
        """The next parcels, at most so many, for tills at the revision `cursor`; `full_to`: the head of the full load
        that they are in, 0 = in none. In the store each of them is whole, but not yet certain by its name."""
        kept = self._kept(cursor, full_to, most)
        if kept:
            cursor = kept[-1].to_revision
        return [*kept, *self._cut_all(cursor, full_to, most - len(kept))]

    def _kept(self, cursor: int, full_to: int, most: int) -> list[Parcel]:
        """Those of the full load, as far as their bytes are still right."""
        load = self.load
        if load is None or load.head != full_to:
            return []
        pieces = load.behind(cursor)[:most]
        sound = self._office.chunks.sound([piece.chunk for piece in pieces])
        parcels = [Parcel(piece.chunk, piece.to_revision) for piece in pieces[:sound]]
        if sound < len(pieces):
            self._office.log.warning("full_load_spoilt", shop=self.shop, chunk=pieces[sound].chunk.digest)
            self.load = load.up_to(parcels[-1].to_revision if parcels else cursor)
        return parcels

    def _cut_all(self, cursor: int, full_to: int, most: int) -> list[Parcel]:
        """While one chunk goes to the disk, the next one is cut."""
        parcels: list[Parcel] = []
        on_their_way: deque[tuple[int, _Cut, Future[Chunk]]] = deque()
        if most <= 0 or (cut := self._cut(cursor, full_to)) is None:
            return parcels
        if cut.is_last or most == 1:
            return [self._stored(cursor, full_to, cut, self._store(cut))]
        with ThreadPoolExecutor(1) as disk:
            while cut is not None:
                on_their_way.append((cursor, cut, disk.submit(self._store, cut)))
                cursor = cut.to_revision
                if len(on_their_way) > STORED_AT_ONCE:
                    parcels.append(self._arrived(full_to, *on_their_way.popleft()))
                most -= 1
                cut = None if cut.is_last or not most else self._cut(cursor, full_to if cursor < full_to else 0)
            parcels += [self._arrived(full_to, *one) for one in on_their_way]
        return parcels

    def _arrived(self, full_to: int, cursor: int, cut: _Cut, storing: Future[Chunk]) -> Parcel:
        return self._stored(cursor, full_to, cut, storing.result())

    def _stored(self, cursor: int, full_to: int, cut: _Cut, chunk: Chunk) -> Parcel:
        log = self._office.log
        log.info("chunk_made", shop=self.shop, chunk=chunk.digest, objects=chunk.objects, bytes=chunk.size)
        if self.load and self.load.head == full_to:
            self.load = self.load.grown(cursor, Piece(chunk, cut.to_revision))
        return Parcel(chunk, cut.to_revision)

    def _store(self, cut: _Cut) -> Chunk:
        return self._office.chunks.store(cut.data, cut.objects)

    def _cut(self, cursor: int, full_to: int) -> _Cut | None:
        """At most `feed.chunk_size` objects, clears included; None where there is nothing."""
        office = self._office
        office.moving()
        with office.store.read() as txn:
            catalogue = office.catalogue(txn)
            clears = catalogue.clears(self.shop) if full_to and not cursor else ()
            limit = max(1, office.settings.feed.chunk_size - len(clears))
            changes = catalogue.changes(self.shop, cursor, limit, full_to)
        if not changes:
            return None
        data = aif.encode(chain(clears, (change.command for change in changes)))
        return _Cut(data, len(clears) + len(changes), changes[-1].revision, len(changes) < limit)
