"""Everything stated about one item, in all scopes, gathered once for all shops.

Failures: `Halt` where a stored fact cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from ..model import BarcodeOf, Good, Kind, Price, Restriction, Stock, Variant
from .codes import Codes
from .facts import CHAIN, Facts, Names, Scoped, Stated, body
from .items import good_key, variant_key
from .links import Index, Relation


class Promo(NamedTuple):
    """A price with dates, "" = open."""

    first: str
    last: str
    scope: str
    stated: Stated[Price]


@dataclass(frozen=True, slots=True)
class Dossier:
    item: str
    goods: Scoped[Good]
    variants: Scoped[Variant] | None  # None: the item is a good itself
    prices: Scoped[Price]
    promos: tuple[Promo, ...]
    stock: Scoped[Stock]
    barcodes: dict[str, Scoped[BarcodeOf]]  # those that a fact of their own gives, or gave elsewhere, to the item
    restrictions: tuple[Scoped[Restriction], ...]

    @property
    def known(self) -> bool:
        """Whether the good (and the variant) was stated anywhere."""
        return bool(self.goods) and (self.variants is None or bool(self.variants))

    def own(self) -> Scoped[Any]:
        """The facts that list the item's own barcodes: a variant's, or the good's."""
        return self.goods if self.variants is None else self.variants

    def references(self, kind: Kind) -> set[str]:
        """The ids of groups, units or taxes that it refers to in some scope."""
        bodies: list[Good | Variant] = [stated.body for stated in self.goods.values()]
        bodies.extend(stated.body for stated in (self.variants or {}).values())
        return {name for body in bodies if (name := getattr(body, kind.value, None)) is not None}

    def claims(self) -> set[str]:
        """Every barcode that is the item's in some scope."""
        listed = {barcode.code for stated in self.own().values() for barcode in stated.body.barcodes}
        return listed | self.barcodes.keys()

    def scopes(self) -> set[str]:
        """The scopes with a word on the item."""
        found: set[str] = {promo.scope for promo in self.promos}
        found.update(self.goods, self.variants or {}, self.prices, self.stock)
        found.update(*self.barcodes.values(), *self.restrictions)
        return found

    def price_stamps(self) -> list[tuple[int, int]]:
        """When its prices and barcodes were stated: what dangles while the good is unknown."""
        stamps = [stated.stamp for stated in self.prices.values()]
        stamps.extend(promo.stated.stamp for promo in self.promos)
        stamps.extend(
            stated.stamp
            for scoped in self.barcodes.values()
            for stated in scoped.values()
            if stated.body.good == self.item
        )
        return stamps


class Gatherer:
    """Makes dossiers inside one transaction, in which no fact changes any more."""

    def __init__(self, facts: Facts, index: Index) -> None:
        self._facts = facts
        self._index = index

    def dossier(self, item: str) -> Dossier:
        variant = variant_key(item)
        return Dossier(
            item,
            goods=self._scoped(Kind.GOOD, good_key(item)),
            variants=None if variant is None else self._scoped(Kind.VARIANT, variant),
            prices=self._scoped(Kind.PRICE, (item,)),
            promos=self._promos(item),
            stock=self._scoped(Kind.STOCK, (item,)),
            barcodes={
                barcode: self._scoped(Kind.BARCODE, (barcode,))
                for barcode in sorted(self._index.referrers(Relation.NAMED, item))
            },
            restrictions=self._restrictions(item),
        )

    def has_variants(self, good: str) -> bool:
        return next(self._facts.scan(Kind.VARIANT, (good,)), None) is not None

    def _scoped(self, kind: Kind, key: Names) -> Scoped[Any]:
        return self._facts.scoped(kind, key)

    def _promos(self, item: str) -> tuple[Promo, ...]:
        return tuple(
            Promo(key[1], key[2], scope, Stated(fact.stamp, cast("Price", body(Kind.PROMO, fact))))
            for key, scope, fact in self._facts.scan(Kind.PROMO, (item,))
        )

    def _restrictions(self, item: str) -> tuple[Scoped[Restriction], ...]:
        """Those on the item, and on the good whose variant it is."""
        subjects = {item, *good_key(item)}
        names = set().union(*(self._index.referrers(Relation.RESTRICTED, subject) for subject in subjects))
        return tuple(self._scoped(Kind.RESTRICTION, (name,)) for name in sorted(names))


class References:
    """The groups, units and taxes that goods refer to: where they are known, and by which code. Remembered, because
    few are referred to by many, in a transaction in which no fact changes any more."""

    def __init__(self, facts: Facts, codes: Codes) -> None:
        self._facts = facts
        self._codes = codes
        self._scopes: dict[tuple[Kind, str], frozenset[str]] = {}

    def scopes(self, kind: Kind, name: str) -> frozenset[str]:
        found = self._scopes.get((kind, name))
        if found is None:
            found = self._scopes[kind, name] = self._facts.scopes(kind, (name,))
        return found

    def code(self, kind: Kind, name: str, shop: str) -> str | None:
        """None where the shop does not know it."""
        scopes = self.scopes(kind, name)
        return self._codes.of(kind, name) if CHAIN in scopes or shop in scopes else None
