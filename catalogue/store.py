"""What a store promises, whatever keeps it: named tables of ordered keys, changed in transactions, all or nothing.

A reader sees the last commit before it began, and nothing later. There is one writer at a time. A scan sees its
table as it stood; while it runs, other tables may be changed, its own may not.

Failures: `Halt` where the state is damaged, of another version, or used in a way that would harm it (after a fork,
a write inside a write); `Retry` where there is no room; `Reject` for a key that is too long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

import msgspec

from ..errors import Halt, Reason
from .keys import Key, unpack

VERSION = 1  # of the state; raised when older programs could not read it
META = "meta"
VERSION_KEY = ("version",)


class Table(Protocol):
    """One table inside one transaction."""

    def get(self, key: Key) -> bytes | None: ...

    def put(self, key: Key, value: bytes) -> None: ...

    def delete(self, key: Key) -> bool:
        """Whether there was anything to delete."""
        ...

    def scan(
        self, prefix: Key = (), *, start: Key | None = None, reverse: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """What lies under `prefix`, in the order of the keys, from `start` on (a key under `prefix`, there or
        not). `reverse`: from the last one, or from `start`, backwards."""
        ...

    def count(self) -> int: ...

    def is_empty(self) -> bool: ...

    def clear(self) -> None: ...

    # --- the same by keys that are packed already, for who makes many of them

    def get_packed(self, packed: bytes) -> bytes | None: ...

    def put_packed(self, packed: bytes, value: bytes) -> None: ...

    def walk(self, prefix: bytes = b"", start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """`scan`, without unpacking."""
        ...

    def under(self, prefixes: Iterable[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        """What lies under each of `prefixes`; quickest where those rise."""
        ...


class Transaction(Protocol):
    def table(self, name: str) -> Table:
        """The table called `name`; empty where nobody has written to it."""
        ...


class Store(Protocol):
    def read(self) -> AbstractContextManager[Transaction]: ...

    def write(self) -> AbstractContextManager[Transaction]:
        """Commits at the end of the block; on any exception nothing has happened."""
        ...

    def refresh(self) -> None:
        """Learns of what other processes did: tables they made, and readers that were killed."""
        ...

    def close(self) -> None: ...


T = TypeVar("T")


class Records(Generic[T]):
    """A table of typed values."""

    def __init__(self, table: Table, record_type: type[T]) -> None:
        self._table = table
        self._encode = msgspec.msgpack.encode
        self._decoder = msgspec.msgpack.Decoder(record_type)

    def get(self, key: Key) -> T | None:
        value = self._table.get(key)
        return None if value is None else self._decode(key, value)

    def put(self, key: Key, record: T) -> None:
        self._table.put(key, self._encode(record))

    def delete(self, key: Key) -> bool:
        return self._table.delete(key)

    def scan(self, prefix: Key = (), *, start: Key | None = None, reverse: bool = False) -> Iterator[tuple[Key, T]]:
        for key, value in self._table.scan(prefix, start=start, reverse=reverse):
            yield key, self._decode(key, value)

    def count(self) -> int:
        return self._table.count()

    def get_packed(self, packed: bytes) -> T | None:
        value = self._table.get_packed(packed)
        return None if value is None else self._decode(packed, value)

    def put_packed(self, packed: bytes, record: T) -> None:
        self._table.put_packed(packed, self._encode(record))

    def _decode(self, key: Key | bytes, value: bytes) -> T:
        try:
            return self._decoder.decode(value)
        except msgspec.DecodeError as trouble:
            shown = unpack(key) if isinstance(key, bytes) else key
            raise Halt(Reason("store.record", key=shown, detail=trouble)) from trouble


def check_version(found: bytes | None, *, empty: bool) -> bool:
    """Whether the state is new and its version is still to be noted. Raises Halt for a version we do not know."""
    if found is None and empty:
        return True
    if found != str(VERSION).encode():
        shown = (found or b"-").decode("ascii", "replace")
        raise Halt(Reason("store.version", found=shown, expected=VERSION))
    return False
