"""How many goods are on each shop's list, sold or not: kept as they come and go, so that nobody has to count.

A shop's list is the chain's goods and variants, and those that are the shop's alone.

Failures: none.
"""

from __future__ import annotations

from ..model import Kind
from .facts import CHAIN, Facts, Names
from .store import Transaction


class Listing:
    def __init__(self, txn: Transaction, facts: Facts) -> None:
        self._facts = facts
        self._sizes = txn.table("listed")  # (scope,) -> the chain's goods, or those of a shop alone

    def size(self, shop: str) -> int:
        return self._size(CHAIN) + self._size(shop)

    def replace(self, kind: Kind, key: Names, scope: str, was: bool, now: bool) -> None:
        """A fact came or went; it is stored already as it is now."""
        if kind not in (Kind.GOOD, Kind.VARIANT) or was == now:
            return
        more = 1 if now else -1
        others = self._facts.scopes(kind, key) - {scope}
        if scope == CHAIN:
            self._add(CHAIN, more)
            for shop in others:
                self._add(shop, -more)
        elif CHAIN not in others:
            self._add(scope, more)

    def _size(self, scope: str) -> int:
        return int.from_bytes(self._sizes.get((scope,)) or b"", "big")

    def _add(self, scope: str, more: int) -> None:
        self._sizes.put((scope,), (self._size(scope) + more).to_bytes(8, "big"))
