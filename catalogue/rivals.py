"""Whose a barcode is when several items claim it: of those that the shop sells, the one whose record came last.

Failures: `Halt` where a stored fact cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Shop
from .dossier import Gatherer
from .facts import Stamp
from .joining import choose, claims
from .links import Index, Relation

MANY = 0.1  # items that are made, to claims that there are
NOBODY: frozenset[str] = frozenset()


class Rivals:
    """The claims on barcodes, in a transaction in which no fact changes any more. What is contested is remembered:
    a barcode that stands in a thousand goods is decided once."""

    def __init__(self, gatherer: Gatherer, index: Index, shops: Sequence[Shop]) -> None:
        self._gatherer = gatherer
        self._index = index
        self._shops = shops
        self._suspects: set[str] | None = None  # barcodes that may be contested; None = any may
        self._contested: dict[str, frozenset[str]] = {}
        self._owners: dict[str, dict[str, str]] = {}

    def survey(self, items: int) -> None:
        """So many items are about to be made: where they are many, all claims are looked through once before."""
        if self._suspects is None and items > MANY * self._index.claims():
            self._suspects = self._index.contested()

    def of(self, barcode: str, item: str) -> frozenset[str]:
        """Every item that claims `barcode` somewhere, where one besides `item` does; else nobody."""
        found = self._contested.get(barcode)
        if found is None:
            found = frozenset(self._index.referrers(Relation.CLAIM, barcode))
            if found <= {item}:
                return NOBODY
            self._contested[barcode] = found
        return NOBODY if found <= {item} else found

    def of_own(self, barcode: str, item: str) -> frozenset[str]:
        """`of`, for a barcode that `item` itself claims."""
        if self._suspects is not None and barcode not in self._suspects:
            return NOBODY
        return self.of(barcode, item)

    def owner(self, barcode: str, shop: str) -> str | None:
        """Whose a contested barcode is in one of the shops."""
        owners = self._owners.get(barcode)
        if owners is None:
            owners = self._owners[barcode] = self._decide(barcode)
        return owners.get(shop)

    def _decide(self, barcode: str) -> dict[str, str]:
        best: dict[str, tuple[Stamp, str]] = {}
        for item in self._contested[barcode]:
            dossier = self._gatherer.dossier(item)
            for shop in self._shops:
                claim = claims(dossier, shop).get(barcode)
                if claim is not None and choose(dossier, shop) is not None:
                    bid = (claim.stamp, item)
                    best[shop.id] = max(best.get(shop.id, bid), bid)
        return {shop: item for shop, (_, item) in best.items()}
