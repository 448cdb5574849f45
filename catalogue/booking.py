"""One export's records, booked: facts are compared and replaced, then commands are made of what changed.

A record replaces the fact of its key whole, or changes nothing. A claim to be complete is settled at the end: facts
of its kind, scope and origin that the export did not name are dropped; what it named and got refused keeps its old
value. A held export that is booked late changes nothing of which a later export spoke.

Failures: `Halt` where the stored state cannot be read. A record that cannot be taken is returned as `Refused`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ..errors import Reason
from ..model import (
    BarcodeOf,
    Drop,
    Extent,
    Familiar,
    Good,
    Kind,
    Noun,
    Put,
    Refused,
    Restriction,
    Shop,
    Terms,
    Variant,
    canonical,
    digest,
)
from .changelog import ShopLog
from .codes import space_of
from .counting import Listing
from .directory import DirectoryMaker
from .facts import Fact, Names, body
from .filling import fill
from .footprints import Footprints, Skimming
from .goods import GoodsMaker
from .items import SHARP
from .joining import dates_overlap, sayable
from .keys import is_short, pack_texts, packed_length
from .links import LONGEST_NAME
from .making import Making, Shelves
from .naming import Naming
from .outcome import DiffTally, Outcome, Remarks, ShopDiff
from .touched import Touched

Named = Callable[[Names], bool]

_GOODS = (Kind.GOOD, Kind.VARIANT)
_BEARERS = (Good, Variant)  # of barcodes
_REFERRING = frozenset({Kind.GOOD, Kind.VARIANT, Kind.GROUP, Kind.UNIT, Kind.TAX})


class Booking:
    """Made by `Catalogue.booking`; ends with `complete`."""

    def __init__(
        self,
        shelves: Shelves,
        naming: Naming,
        listing: Listing,
        arrival: int,
        scope: str,
        shops: Sequence[Shop],
        *,
        keep_names: bool,
        release_of: int,
        footprints: Footprints,
    ) -> None:
        self._shelves = shelves
        self._naming = naming
        self._listing = listing
        self._arrival = arrival
        self._scope = scope
        self._shops = shops
        self._keep_names = keep_names
        self._release_of = release_of
        self._footprints = footprints
        self._skimming: Skimming | None = None
        self._skimmed: Kind | None = None
        self._was_empty = False  # of facts of the skimmed kind
        self._ordinal = 0
        self._touched = Touched(shelves.facts, shelves.index)
        self._kinds: set[Kind] = set()
        self._extents: list[tuple[Extent, Named | None]] = []
        self._unwritten: set[bytes] = set()  # keys that were named, and whose facts were not written
        self._spared: set[str] = set()  # first parts of the keys of refused records
        self._dropped: list[tuple[Kind, Names]] = []  # goods and variants
        self._counts: dict[str, Counter[Kind]] = {"put": Counter(), "deleted": Counter(), "unchanged": Counter()}
        self._skipped = 0
        self._unsayable: Counter[Kind] = Counter()
        self._remarks = Remarks()
        self._goods_before = {shop.id: listing.size(shop.id) for shop in shops}

    # --- records

    def skim(self, terms: Terms) -> Familiar:
        """Before any record of a full export whose records may be known by their marks."""
        self._skimmed, self._was_empty = terms.kind, self._shelves.facts.is_empty(terms.kind)
        self._skimming = self._footprints.skimming(terms.kind, self._scope, terms.text)
        return self._skimming

    def same(self, count: int) -> None:
        """So many records in a row are known by their marks, and state what is known."""
        if self._skimmed is not None:
            self._ordinal += count
            self._counts["unchanged"][self._skimmed] += count

    def put(self, put: Put) -> Refused | None:
        """Takes a record as the fact of its key, or says why not; then its old value stays."""
        put = msgspec.structs.replace(put, origin=_origin(put.origin)) if put.origin else put
        refused = self._check(put)
        if refused is not None:
            self.spare(refused)
            return refused
        if self._overruled(put.kind, put.key, put.origin):
            self._skipped += 1
            return None
        self._ordinal += 1
        self._name(put.kind, put.key)
        if put.kind is Kind.SELLER or (isinstance(put.body, Restriction) and not sayable(put.body)):
            self._unsayable[put.kind] += 1
        self._replace(put)
        return None

    def drop(self, drop: Drop) -> None:
        """Withdraws a record; what is not there counts as unchanged. A good's price takes its dated prices along."""
        overruled = self._overruled(drop.kind, drop.key, None)
        if overruled:
            self._skipped += 1
        else:
            self._name(drop.kind, drop.key)
        dropped = not overruled and self._drop(drop.kind, drop.key)
        if drop.kind is Kind.PRICE:  # a later word on the price of every day says nothing of the dated ones
            dropped = self._drop_promos(drop.key) or dropped
        if not dropped and not overruled:
            self._counts["unchanged"][drop.kind] += 1

    def extent(self, extent: Extent, named: Named | None = None) -> None:
        """Claims that the export names every fact of a kind and origin. `named` knows keys that were named elsewhere:
        in other parts of one whole."""
        self._extents.append((Extent(extent.kind, _origin(extent.origin)), named))

    def spare(self, refused: Refused) -> None:
        """A record that was refused was named all the same: no claim to be complete drops what its key is about."""
        if refused.key:
            self._spared.add(refused.key)

    def complete(self, price_factor: Decimal) -> Outcome:
        """Settles the claims to be complete, makes commands of all that changed, and writes the change log.
        `price_factor`: moves of prices by more than this, either way, are counted."""
        for extent, named in self._extents:
            self._settle(extent, named)
        self._keep_footprint()
        self._listing.count()
        self._tell_unsayable()
        making = Making.begin(
            self._shelves,
            self._shops,
            self._tallies(price_factor),
            self._remarks,
            self._arrival,
            tells_references=bool(self._kinds & _REFERRING),
        )
        self._make(making)
        self._count_dropped(making.tallies)
        self._pass_over()
        return self._outcome(making)

    # --- taking records

    def _check(self, put: Put) -> Refused | None:
        reason = self._unfit(put)
        return None if reason is None else Refused(put.line, put.kind.value, SHARP.join(put.key), "id", reason)

    def _unfit(self, put: Put) -> Reason | None:
        for names in (put.key, *_names_in(put.body)):
            if not is_short(LONGEST_NAME, *names):
                return Reason("catalogue.key-too-long", length=packed_length(*names), limit=LONGEST_NAME)
        if put.kind is Kind.PROMO and not all(map(_is_day, put.key[1:])):
            return Reason("catalogue.bad-day", first=put.key[1], last=put.key[2])
        if put.kind in _GOODS and SHARP in put.key[0]:
            return Reason("catalogue.sharp-in-id", id=put.key[0])
        space = space_of(put.kind)
        if space is not None and put.kind is not Kind.VARIANT and self._shelves.codes.taken(space, put.key[0]):
            return Reason("catalogue.code-taken", code=put.key[0])
        return None

    def _overruled(self, kind: Kind, key: Names, origin: str | None) -> bool:
        """Whether a later export than the one released spoke of this."""
        after = self._release_of
        if not after:
            return False
        fact = self._shelves.facts.get(kind, key, self._scope)
        if fact is not None and fact.arrival > after:
            return True
        if self._naming.named_after(after, kind, key, self._scope):
            return True
        origin = origin if origin is not None else fact.origin if fact is not None else None
        return origin is not None and self._naming.claimed_after(after, kind, origin, self._scope)

    def _name(self, kind: Kind, key: Names) -> None:
        if self._keep_names:
            self._naming.name(kind, key, self._scope, self._arrival)

    def _replace(self, put: Put) -> None:
        facts, kind, key = self._shelves.facts, put.kind, put.key
        old, data = facts.get(kind, key, self._scope), canonical(put.body)
        if self._skimming is not None and kind is self._skimmed:
            self._skimming.taken(key[0], put.mark, replaces=old is not None)
        elif old is None or old.data != data or old.origin != put.origin:
            self._footprints.strike(kind, key, self._scope)
        if old is not None and old.data == data:
            if old.origin != put.origin:
                facts.put(kind, key, self._scope, old._replace(origin=put.origin))
            self._unwritten.add(pack_texts((kind.value, *key)))
            self._counts["unchanged"][kind] += 1
            return
        self._allot(put)
        if kind is Kind.PROMO:
            self._tell_overlaps(put)
        facts.put(kind, key, self._scope, Fact(self._arrival, self._ordinal, put.origin, data))
        self._changed(kind, key, old and body(kind, old), put.body)
        self._counts["put"][kind] += 1

    def _allot(self, put: Put) -> None:
        space = space_of(put.kind)
        if space is not None:
            self._shelves.codes.allot(space, SHARP.join(put.key), put.code)

    def _changed(self, kind: Kind, key: Names, old: Noun | None, new: Noun | None) -> None:
        self._shelves.index.replace(kind, key, self._scope, old, new)
        self._listing.replace(kind, key, self._scope, old is not None, new is not None)
        self._touched.fact(kind, key, old, new)
        self._kinds.add(kind)

    def _drop(self, kind: Kind, key: Names) -> bool:
        old = self._shelves.facts.get(kind, key, self._scope)
        if old is None:
            return False
        self._shelves.facts.drop(kind, key, self._scope)
        if kind is not self._skimmed:
            self._footprints.strike(kind, key, self._scope)
        self._changed(kind, key, body(kind, old), None)
        self._counts["deleted"][kind] += 1
        if kind in _GOODS:
            self._dropped.append((kind, key))
        return True

    def _drop_promos(self, key: Names) -> bool:
        self._name(Kind.PROMO, key)
        found = [name for name, scope, _ in self._shelves.facts.scan(Kind.PROMO, key) if scope == self._scope]
        dropped = [self._drop(Kind.PROMO, name) for name in found if not self._overruled(Kind.PROMO, name, None)]
        return any(dropped)

    # --- claims to be complete

    def _settle(self, extent: Extent, named: Named | None) -> None:
        """Drops what the export leaves out; nothing where a later export made the same claim."""
        kind, origin = extent.kind, extent.origin
        if self._release_of and self._naming.claimed_after(self._release_of, kind, origin, self._scope):
            return
        if self._keep_names:
            self._naming.claim(kind, origin, self._scope, self._arrival)
        gone = []
        for key, fact in self._unnamed(kind):
            if fact.origin == origin and not self._is_spared(kind, key, named):
                gone.append(key)
            elif self._skimming is not None and kind is self._skimmed:
                self._skimming.spared(key[0])
        for key in gone:
            self._drop(kind, key)

    def _unnamed(self, kind: Kind) -> Iterator[tuple[Names, Fact]]:
        """The facts in the export's scope that it does not state."""
        for key, fact in self._perhaps_unnamed(kind):
            if fact.arrival != self._arrival and pack_texts((kind.value, *key)) not in self._unwritten:
                yield key, fact

    def _perhaps_unnamed(self, kind: Kind) -> Iterator[tuple[Names, Fact]]:
        facts, scope = self._shelves.facts, self._scope
        unnamed = None
        if self._skimming is not None and kind is self._skimmed:
            unnamed = [] if self._was_empty else self._skimming.unnamed()
        if unnamed is None:
            return facts.not_of(self._arrival, kind, scope)
        found = ((key, facts.get(kind, (key,), scope)) for key in unnamed)
        return (((key,), fact) for key, fact in found if fact is not None)

    def _is_spared(self, kind: Kind, key: Names, named: Named | None) -> bool:
        if key[0] in self._spared or SHARP.join(key) in self._spared or (named is not None and named(key)):
            return True
        return bool(self._release_of) and self._overruled(kind, key, None)

    def _keep_footprint(self) -> None:
        kind = self._skimmed
        if self._skimming is not None and kind is not None:
            self._skimming.keep(lambda key: self._shelves.facts.get(kind, (key,), self._scope) is not None)

    # --- making commands

    def _tallies(self, factor: Decimal) -> dict[str, DiffTally]:
        changes = self._shelves.changes
        return {
            shop.id: DiffTally(shop.id, factor, changes.standing(shop.id).sold, self._goods_before[shop.id])
            for shop in self._shops
        }

    def _make(self, making: Making) -> None:
        """Shops that were passed over before are made whole: only then do their lines fit together."""
        missed = [shop for shop in self._shops if making.logs[shop.id].before.stale]
        followed = [shop for shop in self._shops if shop not in missed]
        directory, goods = DirectoryMaker(making), GoodsMaker(making)
        for kind, names in self._touched.entries.items():
            directory.make(kind, names, followed)
        goods.make(self._touched.items, followed)
        fill(missed, making, directory, goods)
        directory.finish()

    def _pass_over(self) -> None:
        """Shops that the export concerns, but that nobody gave, are made anew when they are seen again."""
        changes, given = self._shelves.changes, {shop.id for shop in self._shops}
        for shop in changes.shops() if self._kinds else ():
            if shop not in given and self._scope in ("", shop):
                changes.stand(shop, msgspec.structs.replace(changes.standing(shop), stale=True))

    def _outcome(self, making: Making) -> Outcome:
        for count in sorted(making.price_types):
            self._remarks.tell(Reason("catalogue.first-price-type", count=count))
        return Outcome(
            put=dict(self._counts["put"]),
            deleted=dict(self._counts["deleted"]),
            unchanged=dict(self._counts["unchanged"]),
            skipped=self._skipped,
            remarks=tuple(self._remarks.first),
            remarks_total=self._remarks.total,
            unsold=tuple(making.unsold.first),
            unsold_total=making.unsold.total,
            shops=tuple(self._close(shop, making) for shop in self._shops),
            touched=frozenset(self._kinds),
        )

    def _close(self, shop: Shop, making: Making) -> ShopDiff:
        log: ShopLog = making.logs[shop.id]
        log.close(shop, filled=log.before.stale)
        return making.tallies[shop.id].diff(log.commands)

    def _count_dropped(self, tallies: dict[str, DiffTally]) -> None:
        for kind, key in self._dropped:
            scopes = self._shelves.facts.scopes(kind, key)
            for shop in self._shops:
                if "" not in scopes and shop.id not in scopes:
                    tallies[shop.id].drop()

    # --- what people are told

    def _tell_unsayable(self) -> None:
        for kind, count in sorted(self._unsayable.items()):
            self._remarks.tell(Reason("catalogue.no-command", kind=kind.value, count=count))

    def _tell_overlaps(self, put: Put) -> None:
        item, first, last = put.key
        for (_, other_first, other_last), scope, fact in self._shelves.facts.scan(Kind.PROMO, (item,)):
            other = (other_first, other_last)
            if scope != self._scope or other == (first, last) or not dates_overlap((first, last), other):
                continue
            if body(Kind.PROMO, fact) != put.body:
                spans = {"first": _span(first, last), "second": _span(*other)}
                self._remarks.tell(Reason("catalogue.promos-overlap", good=item, **spans), item, put.line)


def _names_in(noun: Noun) -> list[Names]:
    """What a record names besides its own key and must be found by: barcodes, and whose they are."""
    if isinstance(noun, _BEARERS):
        return [(barcode.code,) for barcode in noun.barcodes]
    return [(noun.good,)] if isinstance(noun, BarcodeOf) else []


def _origin(text: str) -> str:
    """An origin as it is kept: a long one by its digest, so that it fits into keys."""
    return text if is_short(LONGEST_NAME, text) else digest(text.encode("utf-8", "surrogatepass")).hex()


def _is_day(text: str) -> bool:
    """An ISO date in its plain form, or "" for open."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _span(first: str, last: str) -> str:
    return f"{first or '…'}–{last or '…'}"
