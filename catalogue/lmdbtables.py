"""Tables of the store on disk, inside one transaction.

A writer's rows are held back and written many at a time, in the order of their keys: that costs a fraction of
writing each where it comes. Nobody can tell, because whoever reads sees what is held back, too.

Failures: LMDB's own errors, which `lmdbstore` makes into ours at the end of the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import lmdb

from .keys import Key, pack, unpack

HELD_BACK = 8 * 1024**2  # bytes of a table's rows, and of what Python needs for them
ROW = 200  # bytes that a row takes in memory besides its value


class LmdbTable:
    """A table as it stands committed."""

    def __init__(self, txn: Any, handle: Any) -> None:
        self._txn = txn
        self._handle = handle

    def get(self, key: Key) -> bytes | None:
        return self.get_packed(pack(key))

    def put(self, key: Key, value: bytes) -> None:
        self.put_packed(pack(key), value)

    def get_packed(self, packed: bytes) -> bytes | None:
        value: bytes | None = self._txn.get(packed, db=self._handle)
        return value

    def put_packed(self, packed: bytes, value: bytes) -> None:
        self._txn.put(packed, value, db=self._handle)

    def delete(self, key: Key) -> bool:
        return bool(self._txn.delete(pack(key), db=self._handle))

    def scan(
        self, prefix: Key = (), *, start: Key | None = None, reverse: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        low = pack(prefix)
        if start is None:
            found = self._from(low, low + b"\xff" if reverse else low, reverse=reverse)
        else:
            found = self._from(low, pack(start), reverse=reverse)
        return ((unpack(packed), value) for packed, value in found)

    def walk(self, prefix: bytes = b"", start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        return self._from(prefix, prefix if start is None else start)

    def under(self, prefixes: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        with self._txn.cursor(db=self._handle) as cursor:
            for prefix in prefixes:
                found = []
                there = cursor.set_range(prefix)
                while there:
                    entry = cursor.item()
                    if not entry[0].startswith(prefix):
                        break
                    found.append(entry)
                    there = cursor.next()
                yield found

    def count(self) -> int:
        return int(self._txn.stat(self._handle)["entries"])

    def is_empty(self) -> bool:
        return not self.count()

    def clear(self) -> None:
        self._txn.drop(self._handle, delete=False)

    def _from(self, low: bytes, start: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        with self._txn.cursor(db=self._handle) as cursor:
            if reverse:
                entries = _backwards(cursor, start)
            else:
                entries = cursor.iternext() if cursor.set_range(start) else iter(())
            for entry in entries:
                if not entry[0].startswith(low):
                    return
                yield entry


class WrittenTable(LmdbTable):
    """A table in the hands of its writer."""

    def __init__(self, txn: Any, handle: Any) -> None:
        super().__init__(txn, handle)
        self._rows: dict[bytes, bytes] = {}
        self._room = HELD_BACK
        self._is_empty: bool | None = None  # what is written; None: nobody looked

    def get_packed(self, packed: bytes) -> bytes | None:
        value = self._rows.get(packed)
        return value if value is not None or self.is_unwritten() else super().get_packed(packed)

    def put_packed(self, packed: bytes, value: bytes) -> None:
        self._rows[packed] = value
        self._room -= len(value) + ROW
        if self._room < 0:
            self.flush()

    def delete(self, key: Key) -> bool:
        held_back = self._rows.pop(pack(key), None) is not None
        was_there = not self.is_unwritten() and super().delete(key)
        if was_there:
            self._is_empty = None
        return held_back or was_there

    def under(self, prefixes: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        self.flush()
        return super().under(prefixes)

    def count(self) -> int:
        self.flush()
        return super().count()

    def is_empty(self) -> bool:
        return not self._rows and self.is_unwritten()

    def clear(self) -> None:
        self._rows, self._room, self._is_empty = {}, HELD_BACK, None
        super().clear()

    def is_unwritten(self) -> bool:
        """Whether nothing is there but what is held back."""
        if self._is_empty is None:
            self._is_empty = not super().count()
        return self._is_empty

    def flush(self) -> None:
        """Writes what is held back."""
        if not self._rows:
            return
        keys = sorted(self._rows)
        with self._txn.cursor(db=self._handle) as cursor:
            is_behind = not cursor.last() or cursor.key() < keys[0]
            cursor.putmulti(zip(keys, map(self._rows.__getitem__, keys), strict=True), append=is_behind)
        self._rows, self._room, self._is_empty = {}, HELD_BACK, False

    def _from(self, low: bytes, start: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        self.flush()
        return super()._from(low, start, reverse=reverse)


class EmptyTable:
    """A table that nobody has written to, as a reader sees it."""

    def get(self, key: Key) -> bytes | None:
        return None

    def put(self, key: Key, value: bytes) -> None:
        raise lmdb.ReadonlyError("written to in a read transaction")

    def get_packed(self, packed: bytes) -> bytes | None:
        return None

    def put_packed(self, packed: bytes, value: bytes) -> None:
        raise lmdb.ReadonlyError("written to in a read transaction")

    def delete(self, key: Key) -> bool:
        raise lmdb.ReadonlyError("written to in a read transaction")

    def scan(
        self, prefix: Key = (), *, start: Key | None = None, reverse: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        return iter(())

    def walk(self, prefix: bytes = b"", start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        return iter(())

    def under(self, prefixes: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        return ([] for _ in prefixes)

    def count(self) -> int:
        return 0

    def is_empty(self) -> bool:
        return True

    def clear(self) -> None:
        raise lmdb.ReadonlyError("written to in a read transaction")


def _backwards(cursor: Any, last: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Entries at or before `last`, the greatest first."""
    there = cursor.set_range(last)
    if not there:
        there = cursor.last()
    elif cursor.key() != last:
        there = cursor.prev()
    entries: Iterator[tuple[bytes, bytes]] = cursor.iterprev() if there else iter(())
    return entries
