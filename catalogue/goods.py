"""Goods as commands: every item that was touched is joined anew for each shop, and what differs is told its tills.

Shops without a word of their own on an item, and with the same wishes, share its command. The difference of two
commands is told before whatever gains from it: barcodes that left a good, goods that are gone. Items that claim one
barcode are always made together, so that no two lines of a shop ever list the same one.

Failures: `Halt` where a stored fact or line cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from ..errors import Reason
from ..model import Barcode, ExtraPrice, Gone, Good, Kind, Rank, Shop, ShopGood, ShopScale
from .changelog import AFTER_ALL, Line, ShopLog, Sold
from .dossier import Dossier
from .items import good_key
from .joining import Choice, choose, claims, good_of, remain, restricted
from .keys import Key
from .making import Making

Prices = tuple[Decimal, Decimal | None, tuple[ExtraPrice, ...]]


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
        seen = set(todo)
        spread: set[str] = set()  # barcodes whose claimants are all seen
        while todo:
            found: set[str] = set()
            for item in todo:
                for barcode in self.make_one(item, shops) - spread:
                    found |= self._making.rivals.of(barcode, item)
                    spread.add(barcode)
            todo = sorted(found - seen)
            seen |= found

    def make_one(self, item: str, shops: Sequence[Shop]) -> set[str]:
        """Makes one item. Returns the contested barcodes it claims or had: their claimants must be made too."""
        self._shelves.moving()
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
        self._unsaid: set[str] = set()
        self._unasked = 1
        self.contested = {code for code in dossier.claims() if making.rivals.of(code, self._item)}
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
        mine = old.sold if old is not None and old.sold is not None and old.sold.item == self._item else None
        joined = self._joined(shop)
        if mine is not None:
            self.contested |= {code for code in mine.barcodes if self._making.rivals.of(code, self._item)}
        self._note(shop, joined, mine)
        if joined is not None:
            self._sell(shop, log, joined, old, mine)
        elif old is not None and mine is not None:
            self._withdraw(shop, log, old, mine)

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

    # --- what a till is told

    def _sell(self, shop: Shop, log: ShopLog, joined: Joined, old: Line | None, mine: Sold | None) -> None:
        noun, command = joined.noun, joined.command
        waits = mine is not None and not shop.prices_open and _prices_of(mine) != _prices(noun.good)
        if mine is not None and waits:
            noun = _with_prices(noun, mine)
            command = self._shelves.till_format.put(noun)
        self._shelves.waiting.good(shop.id, self._item, waits)
        sold = _sold(self._item, noun.good, joined.choice.price)
        if self._tell(log, sold, command, old):
            self._count(shop, noun.good.name, mine)
            self._unsaid.update(self._shelves.till_format.unsupported(noun))
        self._scale(log, noun.good)

    def _tell(self, log: ShopLog, sold: Sold, command: bytes, old: Line | None) -> bool:
        """Whether the tills had to be told anything."""
        key: Key = (int(Rank.GOOD), self._code)
        before = old.sold if old is not None else None
        if before is not None:
            self._bury_barcodes(log, [code for code in before.barcodes if code not in sold.barcodes])
            sold = msgspec.structs.replace(sold, left=self._extra_prices_left(log, before, sold))
        line = Line(0, command, sold)
        if old is None or _says_more(old, line):
            log.write(key, line, old)
            self._bury_extra_prices(log, sold)
            return True
        if before != sold:
            log.keep(key, msgspec.structs.replace(line, revision=old.revision))
        return False

    def _bury_barcodes(self, log: ShopLog, barcodes: Iterable[str]) -> None:
        for barcode in barcodes:
            command = self._shelves.till_format.gone(Gone.BARCODE, (barcode,))
            log.tombstone((Gone.BARCODE.value, barcode), command)

    def _extra_prices_left(self, log: ShopLog, before: Sold, sold: Sold) -> tuple[int, ...]:
        """The codes of prices that have tombstones from now on; those that came back have none any more."""
        had, has = ({extra.code for extra in prices} for prices in (before.extra_prices, sold.extra_prices))
        for code in has & set(before.left):
            log.lift(self._extra_price(code))
        return tuple(sorted((had | set(before.left)) - has))

    def _bury_extra_prices(self, log: ShopLog, sold: Sold) -> None:
        """Told anew whenever the good is, and after it: see `changelog` for why."""
        main = sold.barcodes[0] if sold.barcodes else self._code
        for code in sold.left:
            command = self._shelves.till_format.gone(Gone.EXTRA_PRICE, (main, str(code)))
            log.tombstone(self._extra_price(code), command, AFTER_ALL)

    def _extra_price(self, code: int) -> Key:
        """The key of its tombstone."""
        return Gone.EXTRA_PRICE.value, self._code, str(code)

    def _withdraw(self, shop: Shop, log: ShopLog, old: Line, mine: Sold) -> None:
        """A deleted good takes its extra prices along, so their tombstones go too."""
        self._shelves.waiting.good(shop.id, self._item, waits=False)
        self._bury_barcodes(log, mine.barcodes)
        for code in mine.left:
            log.lift(self._extra_price(code))
        command = self._shelves.till_format.gone(Gone.GOOD, (self._code,))
        log.tombstone((Gone.GOOD.value, self._code), command)
        log.erase((int(Rank.GOOD), self._code), old)
        self._scale(log, None)
        self._making.tallies[shop.id].delete(self._code, mine.name)

    def _scale(self, log: ShopLog, good: Good | None) -> None:
        """The good's number on the scales is a line of its own."""
        key: Key = (int(Rank.SCALE), self._code)
        old = log.line(key)
        if good is not None and good.plu is not None:
            command = self._shelves.till_format.put(ShopScale(self._code, good.plu))
            if old is None or old.command != command:
                log.write(key, Line(0, command), old)
        elif old is not None:
            command = self._shelves.till_format.gone(Gone.SCALE, (self._code,))
            log.tombstone((Gone.SCALE.value, self._code), command)
            log.erase(key, old)

    # --- what people are told

    def _count(self, shop: Shop, name: str, mine: Sold | None) -> None:
        tally = self._making.tallies[shop.id]
        if mine is None:
            tally.add(self._code, name)
        else:
            tally.change()

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
        if self._unsaid:
            fields = ", ".join(sorted(self._unsaid))
            making.remarks.tell(Reason("catalogue.till-cannot-say", key=self._item, fields=fields), self._item)
        if self._unasked > 1:
            making.price_types.add(self._unasked)
        if self._unsold and not self._is_sold_in_variants():
            making.unsold.add(self._item)

    def _is_sold_in_variants(self) -> bool:
        return good_key(self._item) == (self._item,) and self._making.gatherer.has_variants(self._item)


def _says_more(old: Line, new: Line) -> bool:
    """Whether tills must be told: the bytes differ, or what they leave out does."""
    if old.sold is None or new.sold is None or old.command != new.command:
        return True
    return (old.sold.barcodes, old.sold.extra_prices, old.sold.left) != (
        new.sold.barcodes,
        new.sold.extra_prices,
        new.sold.left,
    )


def _prices(good: Good) -> Prices:
    return good.price or Decimal(0), good.min_price, good.extra_prices


def _prices_of(sold: Sold) -> Prices:
    return sold.price, sold.min_price, sold.extra_prices


def _with_prices(noun: ShopGood, sold: Sold) -> ShopGood:
    """`noun` with the prices that its tills have already."""
    good = msgspec.structs.replace(
        noun.good, price=sold.price, min_price=sold.min_price, extra_prices=sold.extra_prices
    )
    return msgspec.structs.replace(noun, good=good)


def _sold(item: str, good: Good, asked: Decimal) -> Sold:
    barcodes = tuple(barcode.code for barcode in good.barcodes)
    price, min_price, extra_prices = _prices(good)
    return Sold(item, good.name, barcodes, price, min_price, extra_prices, asked)
