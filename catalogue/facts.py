"""What ERPs stated last: one fact per (kind, key, scope), and when it was stated.

A fact is compared by its canonical bytes with the current one of its key, never with older ones: A, B, A are two
changes. Facts of the whole chain are kept once. Each kind has a table of its own; the scope is the last part of the
key, so that what is said of one thing in all scopes lies together.

Failures: `Halt` where a stored fact cannot be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import repeat
from struct import Struct
from typing import Generic, NamedTuple, TypeVar

import msgspec

from ..errors import Halt, Reason
from ..model import BODIES, Kind, Noun
from .keys import last_text, pack_texts, text, unpack_texts
from .store import Table, Transaction

CHAIN = ""  # the scope of facts that hold for every shop

Names = tuple[str, ...]
Stamp = tuple[int, int]  # arrival of the export that stated it, ordinal of the record in it: later is greater

B = TypeVar("B", bound=Noun)

_DECODERS = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}


class Fact(NamedTuple):
    """A fact as it is kept; `data` is its canonical body."""

    arrival: int
    ordinal: int
    origin: str
    data: bytes

    @property
    def stamp(self) -> Stamp:
        return self.arrival, self.ordinal


class Stated(NamedTuple, Generic[B]):
    """A fact's body and when it was stated."""

    stamp: Stamp
    body: B


Scoped = dict[str, Stated[B]]  # by scope


def effective(scoped: Scoped[B], shop: str) -> Stated[B] | None:
    """What holds in a shop: its own word, else the chain's."""
    return scoped.get(shop) or scoped.get(CHAIN)


class Facts:
    """The facts inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self._tables: dict[Kind, Table] = {kind: txn.table(f"facts {kind}") for kind in Kind}

    def get(self, kind: Kind, key: Names, scope: str) -> Fact | None:
        value = self._tables[kind].get_packed(pack_texts((*key, scope)))
        return None if value is None else _decode(value)

    def is_empty(self, kind: Kind) -> bool:
        """Whether nobody states anything of `kind`, in any scope."""
        return self._tables[kind].is_empty()

    def put(self, kind: Kind, key: Names, scope: str, fact: Fact) -> None:
        self._tables[kind].put_packed(pack_texts((*key, scope)), _encode(fact))

    def drop(self, kind: Kind, key: Names, scope: str) -> None:
        self._tables[kind].delete((*key, scope))

    def scan(self, kind: Kind, prefix: Names = ()) -> Iterator[tuple[Names, str, Fact]]:
        """(key, scope, fact) of everything whose key begins with `prefix`, in the order of keys."""
        table = self._tables[kind]
        if not table.is_empty():
            for packed, value in table.walk(pack_texts(prefix)):
                names = unpack_texts(packed)
                yield names[:-1], names[-1], _decode(value)

    def not_of(self, arrival: int, kind: Kind, scope: str) -> Iterator[tuple[Names, Fact]]:
        """The facts of one scope that the export `arrival` did not state."""
        mine, ending = arrival.to_bytes(8, "big"), text(scope)
        for packed, value in self._tables[kind].walk():
            if not value.startswith(mine) and packed.endswith(ending):
                *key, where = unpack_texts(packed)
                if where == scope:
                    yield tuple(key), _decode(value)

    def scoped(self, kind: Kind, key: Names) -> Scoped[Noun]:
        """What is said of one thing, by scope."""
        found: Scoped[Noun] = {}
        for scope, value in self._said(kind, key):
            fact = _decode(value)
            found[scope] = Stated(fact.stamp, body(kind, fact))
        return found

    def scopes(self, kind: Kind, key: Names) -> frozenset[str]:
        """The scopes that say anything of one thing."""
        return frozenset([scope for scope, _ in self._said(kind, key)])

    def keys(self, kind: Kind) -> Iterator[Names]:
        """The keys of all, in their order; one comes for each scope."""
        return (unpack_texts(packed)[:-1] for packed, _ in self._tables[kind].walk())

    def count(self, kind: Kind) -> int:
        return self._tables[kind].count()

    def without(self, kind: Kind, names: list[str]) -> list[str]:
        """Those of `names`, which rise, of which no fact speaks whose key begins with the name."""
        table = self._tables[kind]
        if table.is_empty():
            return names
        return [name for name, found in zip(names, table.under(map(text, names)), strict=True) if not found]

    def lone(self, kind: Kind, names: list[str], scopes: Collection[str]) -> Iterator[Noun | bool]:
        """What is said of each of `names`, which rise, where one scope alone says anything, and is one of `scopes`.
        False: nobody says anything; True: it is otherwise."""
        table, endings = self._tables[kind], list(map(text, scopes))
        if table.is_empty():
            yield from repeat(False, len(names))
            return
        for name, found in zip(names, table.under(map(text, names)), strict=True):
            if not found:
                yield False
            elif len(found) == 1 and found[0][0].removeprefix(text(name)) in endings:
                yield body(kind, _decode(found[0][1]))
            else:
                yield True

    def scopes_of(self, kind: Kind, keys: Iterable[Names]) -> Iterator[frozenset[str]]:
        """`scopes` for each of many; quickest where they rise."""
        beginnings = list(map(pack_texts, keys))
        for beginning, found in zip(beginnings, self._tables[kind].under(beginnings), strict=True):
            yield frozenset([last_text(packed, len(beginning)) for packed, _ in found])

    def _said(self, kind: Kind, key: Names) -> list[tuple[str, bytes]]:
        """The scopes that say anything of one thing, and what."""
        table = self._tables[kind]
        if table.is_empty():
            return []
        beginning = pack_texts(key)
        return [(last_text(packed, len(beginning)), value) for packed, value in table.walk(beginning)]


def body(kind: Kind, fact: Fact) -> Noun:
    """The noun of a stored fact. Raises Halt."""
    try:
        return _DECODERS[kind].decode(fact.data)
    except msgspec.DecodeError as trouble:
        raise Halt(Reason("store.record", key=kind.value, detail=trouble)) from trouble


_HEAD = Struct(">QQH")  # arrival, ordinal, bytes of the origin that follows


def _encode(fact: Fact) -> bytes:
    origin = fact.origin.encode()
    return _HEAD.pack(fact.arrival, fact.ordinal, len(origin)) + origin + fact.data


def _decode(value: bytes) -> Fact:
    arrival, ordinal, length = _HEAD.unpack_from(value)
    end = _HEAD.size + length
    return Fact(arrival, ordinal, value[_HEAD.size : end].decode(), value[end:])
