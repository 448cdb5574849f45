"""A store in memory, for tests and trials: the twin of the real one, with the same promises while it lives.

Failures: as in `store`; it is never full.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..errors import Halt, Reason
from .keys import Key, pack, unpack
from .store import Table


class _Sheet:
    """The rows of a table, and their keys in order."""

    def __init__(self, rows: dict[bytes, bytes] | None = None, order: list[bytes] | None = None) -> None:
        self.rows = rows or {}
        self.order = order or []

    def copy(self) -> _Sheet:
        return _Sheet(dict(self.rows), list(self.order))


class _Sheets:
    """Tables as one transaction sees them. What was committed is never changed, only replaced."""

    def __init__(self, committed: dict[str, _Sheet]) -> None:
        self.sheets = dict(committed)
        self._own: set[str] = set()

    def readable(self, name: str) -> _Sheet:
        return self.sheets.get(name) or _Sheet()

    def writable(self, name: str) -> _Sheet:
        if name not in self._own:
            self.sheets[name] = self.readable(name).copy()
            self._own.add(name)
        return self.sheets[name]


class MemoryTable:
    def __init__(self, sheets: _Sheets, name: str, *, readonly: bool) -> None:
        self._sheets = sheets
        self._name = name
        self._readonly = readonly

    def get(self, key: Key) -> bytes | None:
        return self.get_packed(pack(key))

    def put(self, key: Key, value: bytes) -> None:
        self.put_packed(pack(key), value)

    def get_packed(self, packed: bytes) -> bytes | None:
        return self._sheets.readable(self._name).rows.get(packed)

    def put_packed(self, packed: bytes, value: bytes) -> None:
        sheet = self._writable()
        if packed not in sheet.rows:
            insort(sheet.order, packed)
        sheet.rows[packed] = value

    def delete(self, key: Key) -> bool:
        sheet, packed = self._writable(), pack(key)
        if sheet.rows.pop(packed, None) is None:
            return False
        del sheet.order[bisect_left(sheet.order, packed)]
        return True

    def scan(
        self, prefix: Key = (), *, start: Key | None = None, reverse: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        sheet, low = self._sheets.readable(self._name), pack(prefix)
        first, last = bisect_left(sheet.order, low), bisect_left(sheet.order, low + b"\xff")
        if start is not None and reverse:
            last = min(last, bisect_right(sheet.order, pack(start)))
        elif start is not None:
            first = max(first, bisect_left(sheet.order, pack(start)))
        found = sheet.order[first:last]
        for packed in reversed(found) if reverse else found:
            yield unpack(packed), sheet.rows[packed]

    def walk(self, prefix: bytes = b"", start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        sheet = self._sheets.readable(self._name)
        first, last = bisect_left(sheet.order, start or prefix), bisect_left(sheet.order, prefix + b"\xff")
        for packed in sheet.order[first:last]:
            yield packed, sheet.rows[packed]

    def under(self, prefixes: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        return (list(self.walk(prefix)) for prefix in prefixes)

    def count(self) -> int:
        return len(self._sheets.readable(self._name).order)

    def is_empty(self) -> bool:
        return not self.count()

    def clear(self) -> None:
        sheet = self._writable()
        sheet.rows, sheet.order = {}, []

    def _writable(self) -> _Sheet:
        if self._readonly:
            raise Halt(Reason("store.unusable", folder="memory", detail="written to in a read transaction"))
        return self._sheets.writable(self._name)


class MemoryTransaction:
    def __init__(self, sheets: _Sheets, *, readonly: bool) -> None:
        self._sheets = sheets
        self._readonly = readonly

    def table(self, name: str) -> Table:
        return MemoryTable(self._sheets, name, readonly=self._readonly)


class MemoryStore:
    """Forgotten with the process."""

    def __init__(self) -> None:
        self._committed: dict[str, _Sheet] = {}
        self._writing = False

    @contextmanager
    def read(self) -> Iterator[MemoryTransaction]:
        yield MemoryTransaction(_Sheets(self._committed), readonly=True)

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        if self._writing:
            raise Halt(Reason("store.nested"))
        sheets = _Sheets(self._committed)
        self._writing = True
        try:
            yield MemoryTransaction(sheets, readonly=False)
            self._committed = sheets.sheets
        finally:
            self._writing = False

    def refresh(self) -> None:
        """There is no other process."""

    def close(self) -> None:
        """Nothing is held."""
