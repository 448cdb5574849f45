"""How many goods are on each shop's list, sold or not: kept as they come and go, so that nobody has to count.

A shop's list is the chain's goods and variants, and those that are the shop's alone.

Failures: none.
"""

from __future__ import annotations

from collections import Counter

from ..model import Kind
from .facts import CHAIN, Facts, Names
from .store import Transaction

GOODS = (Kind.GOOD, Kind.VARIANT)
MANY = 10_000  # comings and goings that are counted together, in the order of their keys


class Listing:
    def __init__(self, txn: Transaction, facts: Facts) -> None:
        self._facts = facts
        self._sizes = txn.table("listed")  # (scope,) -> the chain's goods, or those of a shop alone
        self._moves: list[tuple[Kind, Names, str, int]] = []  # that are not counted yet

    def size(self, shop: str) -> int:
        self.count()
        return self._size(CHAIN) + self._size(shop)

    def replace(self, kind: Kind, key: Names, scope: str, was: bool, now: bool) -> None:
        """A fact came or went; it is stored already as it is now. What other scopes say of it does not change before
        it is counted: facts of one scope come and go together."""
        if was != now and kind in GOODS:
            self._moves.append((kind, key, scope, 1 if now else -1))
            if len(self._moves) >= MANY:
                self.count()

    def count(self) -> None:
        """Counts what came and went since it was asked last."""
        sums: Counter[str] = Counter()
        moves = sorted(self._moves)
        others_of = {
            kind: self._facts.scopes_of(kind, [move[1] for move in moves if move[0] is kind]) for kind in GOODS
        }
        for kind, _, scope, more in moves:
            others = next(others_of[kind]) - {scope}
            if scope == CHAIN:
                sums[CHAIN] += more
                sums.subtract(dict.fromkeys(others, more))
            elif CHAIN not in others:
                sums[scope] += more
        self._moves.clear()
        for scope, more in sums.items():
            self._sizes.put((scope,), (self._size(scope) + more).to_bytes(8, "big"))

    def _size(self, scope: str) -> int:
        return int.from_bytes(self._sizes.get((scope,)) or b"", "big")
