"""Goods as commands: every item that was touched is joined anew for each shop, and what differs is told its tills.

Shops without a word of their own on an item, and with the same wishes, share its command. The difference of two
commands is told before whatever gains from it: barcodes that left a good, goods that are gone. Items that claim one
barcode are always made together, so that no two lines of a shop ever list the same one.

Failures: `Halt` where a stored fact or line cannot be read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from ..errors import Reason
from ..model import Barcode, Kind, Rank, Shop, ShopGood
from .changelog import Sold
from .dossier import Dossier
from .items import good_key
from .joining import Choice, choose, claims, good_of, remain, restricted
from .making import Making
from .plain import PlainGoods
from .selling import Selling, mine_of

TOGETHER = 1000  # items whose facts are read at once


@dataclass(frozen=True, slots=True)
class Joined:
    """An item as a shop sells it, whatever its tills have now."""

    choice: Choice
    noun: ShopGood
    command: bytes
    lost: dict[str, str] = field(default_factory=dict)  # barcodes it claims, and the items that have them


class GoodsMaker:
    def __init__(self, making: Making) -> None:
        self._making = making
        self._shelves = making.shelves

    def make(self, items: Iterable[str], shops: Sequence[Shop]) -> None:
        """Makes `items` and all that claim the same barcodes."""
        todo = sorted(items)
        rest: set[str] = set()  # claimants that are not made yet
        spread: set[str] = set()  # barcodes whose claimants are all made, or in `rest`
        self._making.rivals.survey(len(todo))
        made = todo
        while todo:
            for item, contested in self.make_each(todo, shops):
                for barcode in contested - spread:
                    rest |= self._making.rivals.of(barcode, item)
                    spread.add(barcode)
            todo = sorted(_without(rest, made))
            made = sorted({*made, *todo}) if todo else made

    def make_each(self, items: Iterable[str], shops: Sequence[Shop]) -> Iterator[tuple[str, set[str]]]:
        """Makes one item after the other. Yields those that claim contested barcodes, or had them: their claimants
        must be made too."""
        plain, rest = PlainGoods(self._making, shops), iter(items)
        while some := list(islice(rest, TOGETHER)):
            for item, good in zip(some, plain.read(some), strict=True):
                self._shelves.moving()
                if good is None or not plain.make(item, good):
                    contested = self._make_one(item, shops)
                    if contested:
                        yield item, contested

    def _make_one(self, item: str, shops: Sequence[Shop]) -> set[str]:
        """Makes one item. Returns the contested barcodes it claims or had."""
        dossier = self._making.gatherer.dossier(item)
        code = self._shelves.codes.of(Kind.GOOD, item)
        if code is None or not dossier.known:
            self._tell_unknown(dossier)
        if code is None:
            return set()
        work = _Item(self._making, dossier, code)
        for shop in shops:
            work.make(shop)
        work.tell()
        return work.contested

    def _tell_unknown(self, dossier: Dossier) -> None:
        """Only the export that says something of an unknown good is told so."""
        if not dossier.known and any(arrival == self._making.arrival for arrival, _ in dossier.price_stamps()):
            self._making.remarks.tell(Reason("catalogue.unknown-good", good=dossier.item), dossier.item)


class _Item:
    """One item on its way through the shops."""

    def __init__(self, making: Making, dossier: Dossier, code: str) -> None:
        self._making = making
        self._shelves = making.shelves
        self._dossier = dossier
        self._item = dossier.item
        self._code = code
        self._shared: dict[object, Joined | None] = {}
        self._unknown: set[tuple[Kind, str]] = set()
        self._moved: set[tuple[str, str]] = set()
        self._unsold = False
        self._selling = Selling(making, dossier.item, code)
        self._unasked = 1
        self.contested = {code for code in dossier.claims() if making.rivals.of_own(code, self._item)}
        self._scopes = dossier.scopes() | self._reference_scopes()

    def _reference_scopes(self) -> set[str]:
        """Scopes that know a group, unit or tax which the item may refer to."""
        references = self._making.references
        return {
            scope
            for kind in (Kind.GROUP, Kind.UNIT, Kind.TAX)
            for name in self._dossier.references(kind)
            for scope in references.scopes(kind, name)
        }

    def make(self, shop: Shop) -> None:
        log = self._making.logs[shop.id]
        old = log.line((int(Rank.GOOD), self._code))
        mine = mine_of(old, self._item)
        joined = self._joined(shop)
        if mine is not None:
            self.contested |= {code for code in mine.barcodes if self._making.rivals.of(code, self._item)}
        self._note(shop, joined, mine)
        if joined is not None:
            self._selling.sell(shop, joined.noun, joined.command, joined.choice.price, old)
        elif old is not None and mine is not None:
            self._selling.withdraw(shop, old, mine)

    # --- the join

    def _joined(self, shop: Shop) -> Joined | None:
        """Remembered for shops in the same situation."""
        own = shop.id if self.contested or shop.id in self._scopes else ""
        situation = (own, shop.today, shop.price_type, shop.warehouses, shop.send_stock)
        if situation not in self._shared:
            self._shared[situation] = self._join(shop)
        return self._shared[situation]

    def _join(self, shop: Shop) -> Joined | None:
        choice, good = choose(self._dossier, shop), good_of(self._dossier, shop)
        if choice is None or good is None:
            return None
        self._unasked = max(self._unasked, choice.first_of)
        barcodes, lost = self._barcodes(shop)
        good = msgspec.structs.replace(
            restricted(good, self._dossier, shop),
            price=choice.price,
            min_price=choice.min_price,
            barcodes=barcodes,
            group=self._reference(Kind.GROUP, good.group, shop),
            unit=self._reference(Kind.UNIT, good.unit, shop),
            tax=self._reference(Kind.TAX, good.tax, shop),
        )
        noun = ShopGood(self._code, good, remain(self._dossier, shop))
        return Joined(choice, noun, self._shelves.till_format.put(noun), lost)

    def _barcodes(self, shop: Shop) -> tuple[tuple[Barcode, ...], dict[str, str]]:
        kept: list[Barcode] = []
        lost: dict[str, str] = {}
        for barcode, claim in claims(self._dossier, shop).items():
            owner = self._making.rivals.owner(barcode, shop.id) if barcode in self.contested else self._item
            if owner is None or owner == self._item:
                kept.append(Barcode(barcode, claim.quantity))
            else:
                lost[barcode] = owner
        return tuple(kept), lost

    def _reference(self, kind: Kind, name: str | None, shop: Shop) -> str | None:
        if name is None:
            return None
        code = self._making.references.code(kind, name, shop.id)
        if code is None:
            self._unknown.add((kind, name))
        return code

    # --- what people are told

    def _note(self, shop: Shop, joined: Joined | None, mine: Sold | None) -> None:
        if joined is None:
            self._unsold = self._unsold or good_of(self._dossier, shop) is not None
            return
        if mine is not None:
            name = joined.noun.good.name
            self._making.tallies[shop.id].price(self._code, name, mine.asked, joined.choice.price)
        for barcode, winner in joined.lost.items():
            if mine is None or barcode in mine.barcodes or self._is_news(shop, barcode):
                self._moved.add((barcode, winner))

    def _is_news(self, shop: Shop, barcode: str) -> bool:
        """Whether the export that is being booked makes the claim, or the better one."""
        return claims(self._dossier, shop)[barcode].stamp[0] == self._making.arrival

    def tell(self) -> None:
        """One warning for all shops."""
        making = self._making
        for barcode, winner in sorted(self._moved):
            reason = Reason("catalogue.barcode-moved", barcode=barcode, loser=self._item, winner=winner)
            making.remarks.tell(reason, self._item)
        for kind, name in sorted(self._unknown) if making.tells_references else ():
            reason = Reason("catalogue.unknown-reference", good=self._item, kind=kind.value, reference=name)
            making.remarks.tell(reason, self._item)
        self._selling.tell()
        if self._unasked > 1:
            making.price_types.add(self._unasked)
        if self._unsold and not self._is_sold_in_variants():
            making.unsold.add(self._item)

    def _is_sold_in_variants(self) -> bool:
        return good_key(self._item) == (self._item,) and self._making.gatherer.has_variants(self._item)


def _without(found: set[str], made: Sequence[str]) -> set[str]:
    """`found` without what is in `made`, which rises."""
    return {item for item in found if made[bisect_left(made, item) : bisect_left(made, item) + 1] != [item]}
