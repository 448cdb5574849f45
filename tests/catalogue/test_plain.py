"""The quick way of making commands, and of writing what is known, does just what the long way does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tillpost.catalogue import LmdbStore, Outcome, goods, lmdbtables, rivals
from tillpost.catalogue.plain import PlainGoods
from tillpost.model import (
    Alcohol,
    Barcode,
    BarcodeOf,
    Change,
    Drop,
    ExtraPrice,
    Good,
    Group,
    Kind,
    Noun,
    Plu,
    Price,
    Put,
    Refused,
    Restriction,
    Shop,
    Stock,
    Tax,
    TypedPrice,
    Unit,
    Variant,
    money,
)

SHOPS = ("5", "6", "7")
DAY = date(2026, 3, 10)


class Dice(Random):
    """A made-up ERP: everything it says follows from its seed."""

    def some(self, share: float) -> bool:
        return self.random() < share

    def name(self) -> str:
        names = ("Сыр", 'Молоко "Три"', "Tea\\x", "Ёж & Co", "Хлеб\u00a0чёрный", "\U0001f9c0", "a\x7fb")
        return f"{self.choice(names)} {self.randrange(9)}"

    def barcodes(self, good: int, rarely: float) -> tuple[Barcode, ...]:
        codes = [f"46{good:04}{n}" for n in range(self.choice((0, 1, 1, 2, 3)))]
        if self.some(rarely):
            codes.append(f"46{self.randrange(9):04}0")
        return tuple(Barcode(code, Decimal(6)) if self.some(0.1) else Barcode(code) for code in codes)

    def price(self) -> Decimal:
        return money(Decimal(self.choice((0, 1, 5, 999, 1000, 123456))) / 100)

    def good(self, number: int, rarely: float) -> Good:
        price = None if self.some(rarely) else self.price()
        maybe = self.some
        return Good(
            self.name(),
            receipt_name=self.name() if maybe(0.3) else None,
            article="A/7" if maybe(0.3) else None,
            barcodes=self.barcodes(number, rarely),
            group=self.choice(("1", "2", "g g", "nobody")) if maybe(0.7) else None,
            unit=self.choice(("1", "u")) if maybe(0.7) else None,
            tax="10" if maybe(0.7) else None,
            price=price,
            min_price=self.price() if maybe(0.2) else None,
            extra_prices=(ExtraPrice(2, self.price(), "M"),) if maybe(0.1) else (),
            flags=tuple(sorted(self.sample(("ageCheck", "marked", "noReturn", "tobacco", "weighed"), 2)))
            if maybe(0.2)
            else (),
            age=18 if maybe(0.1) else None,
            mark=self.choice(("alcohol", "tobacco", "shoes")) if maybe(0.1) else None,
            alcohol=Alcohol("200", Decimal("40.5"), Decimal("0.5")) if maybe(0.1) else None,
            plu=Plu(number + 1) if maybe(0.1) else None,
        )

    def records(self, size: int, rarely: float) -> Iterator[Put | Drop]:
        for name in ("1", "2", "g g"):
            if self.some(0.5):
                yield Put(Kind.GROUP, (name,), Group(self.name()), 1)
        for name in ("1", "u"):
            if self.some(0.5):
                yield Put(Kind.UNIT, (name,), Unit(self.name()), 1)
        if self.some(0.5):
            yield Put(Kind.TAX, ("10",), Tax("VAT", Decimal(10)), 1)
        order = list(range(size))
        if self.some(0.5):
            self.shuffle(order)
        for number in order:
            wish = self.choice(("", "", "wish", "3"))
            yield Put(Kind.GOOD, (ident(number),), self.good(number, rarely), 1, code=wish)
            while self.some(rarely):
                yield self.other(ident(self.randrange(size)))

        for kind, said in ((Kind.PRICE, self.list_price), (Kind.STOCK, self.stock)):
            if self.some(0.4):
                yield from (Put(kind, (ident(number),), said(), 1) for number in range(size) if self.some(0.9))

    def list_price(self) -> Price:
        """Of a price list; the shops of some wishes find nothing in it."""
        lowest = self.price() if self.some(0.2) else None
        if self.some(0.6):
            return Price(self.price(), lowest)
        kinds = (TypedPrice("t", self.price(), "retail"), TypedPrice("b", self.price()))
        return Price(types=kinds[: self.choice((1, 2))], min_price=lowest)

    def stock(self) -> Stock:
        return Stock(tuple((house, Decimal(self.randrange(-1, 5))) for house in self.sample(("", "w", "v"), 2)))

    def other(self, item: str) -> Put | Drop:
        """Something else that is said of an item."""
        first = (DAY + timedelta(self.randrange(-2, 3))).isoformat()
        shade = f"{item}#x" if self.some(0.3) else item
        kind, key, body = self.choice(
            [
                (Kind.VARIANT, (item, "x"), Variant(barcodes=self.barcodes(50, 0.5))),
                (Kind.PRICE, (shade,), self.list_price()),
                (Kind.PROMO, (shade, first, ""), Price(self.price())),
                (Kind.STOCK, (shade,), self.stock()),
                (Kind.BARCODE, (f"46{self.randrange(9):04}0",), BarcodeOf(shade)),
                (Kind.RESTRICTION, (item,), Restriction("saleDenied", "good", shade, age=self.choice((None, 18)))),
                (Kind.GOOD, (item,), self.good(7, 0.5)),
                (Kind.GROUP, (self.choice(("1", "2", "g g")),), Group(self.name())),
            ]
        )
        return Drop(kind, key, 1) if self.some(0.3) else Put(kind, key, body, 1)


def ident(number: int) -> str:
    """Most ids are their own codes."""
    return str(number) if number % 7 else f"id {number}"


@dataclass
class Story:
    """What was told, and what is kept, of one run."""

    outcomes: list[Outcome | None] = field(default_factory=list)  # without their remarks
    told: list[tuple[str, str, int]] = field(default_factory=list)
    changes: list[list[Change]] = field(default_factory=list)
    rows: list[tuple[str, list[tuple[bytes, bytes]]]] = field(default_factory=list)

    def hear(self, outcome: Outcome | None, refused: Sequence[Refused]) -> None:
        remarks = outcome.remarks if outcome is not None else ()
        self.outcomes.append(outcome and msgspec.structs.replace(outcome, remarks=()))
        self.told += [(str(one.reason), one.key, one.line) for one in (*remarks, *refused)]


def live(trials: Any, folder: Path, seed: int) -> Story:
    """Some exports, of few goods or many, plain ones or not, with days and wishes between them."""
    dice, story = Dice(seed), Story()
    store = LmdbStore.open(folder, map_size=16 * 1024**2)
    trial = trials(store, SHOPS[: dice.choice((1, 2, 3))])
    try:
        for _ in range(dice.choice((2, 3, 5))):
            rarely, size = dice.choice((0.0, 0.05, 0.4)), dice.choice((1, 5, 30))
            scope = dice.choice(("", "", "", "5"))
            full = (Kind.GOOD,) if dice.some(0.4) else ()
            records: Sequence[Put | Drop] = list(dice.records(size, rarely))
            shops = [shop for shop in trial.shops if dice.some(0.9)]
            story.hear(trial.book(*records, scope=scope, full=full, shops=shops), trial.refused)
            for shop in trial.shops:
                trial.shops[shop] = wished(dice, trial.shops[shop])
            if dice.some(0.5):
                story.hear(trial.advance(), ())
            story.changes += [trial.changes(shop) for shop in trial.shops]
        with store.read() as txn:
            story.rows = [(name, list(txn.table(name).walk())) for name in TABLES]
    finally:
        store.close()
    return story


TABLES = (
    *(f"facts {kind}" for kind in Kind),
    *(f"index {relation}" for relation in ("claim", "named", "group", "unit", "tax", "restricted", "border")),
    *("lines", "log", "shops", "waiting", "listed", "codes", "code owners", "catalogue"),
)


def wished(dice: Dice, shop: Shop) -> Shop:
    return msgspec.structs.replace(
        shop,
        today=shop.today + timedelta(dice.choice((0, 0, 1, -1))),
        prices_open=dice.some(0.8),
        price_type=dice.choice(("", "", "", "retail")),
        send_stock=dice.some(0.8),
        warehouses=("w",) if dice.some(0.3) else (),
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), together=st.sampled_from([1, 2, 1000]), many=st.sampled_from([-1.0, 0.1, 9.0]))
def test_quick_way_does_what_the_long_way_does(
    trials: Any, tmp_path: Path, seed: int, together: int, many: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(goods, "TOGETHER", together)
        patch.setattr(rivals, "MANY", many)
        quick = live(trials, tmp_path / Random().randbytes(8).hex(), seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainGoods, "read", lambda self, items: [None] * len(items))
        patch.setattr(rivals, "MANY", float("inf"))
        patch.setattr(lmdbtables, "HELD_BACK", 0)
        long = live(trials, tmp_path / Random().randbytes(8).hex(), seed)
    assert quick == long


def test_quick_way_is_gone_by_plain_goods_of_the_chain_and_of_a_shop(
    trials: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or all of the above would compare the long way with itself."""
    made: dict[str, bool] = {}
    make = PlainGoods.make

    def watched(self: PlainGoods, item: str, good: Good) -> bool:
        made[item] = make(self, item, good)
        return made[item]

    monkeypatch.setattr(PlainGoods, "make", watched)
    trial = trials(shops=("5", "6"))
    plain = Good("A", barcodes=(Barcode("4600"),), price=Decimal("5.00"), group="1", unit="nobody")
    said: list[tuple[Kind, tuple[str, ...], Noun]] = [
        (Kind.GROUP, ("1",), Group("G")),
        (Kind.GOOD, ("chain",), plain),
        (Kind.GOOD, ("dated",), msgspec.structs.replace(plain, barcodes=())),
        (Kind.PROMO, ("dated", "", ""), Price(Decimal(3))),
        (Kind.GOOD, ("listed",), Good("B")),
        (Kind.PRICE, ("listed",), Price(types=(TypedPrice("t", Decimal(3)),))),
        (Kind.STOCK, ("listed",), Stock((("w", Decimal(3)),))),
    ]
    trial.book(*(Put(kind, key, body, 1) for kind, key, body in said))
    trial.book(Put(Kind.GOOD, ("shop",), msgspec.structs.replace(plain, barcodes=()), 1), scope="5")
    assert made == {"chain": True, "listed": True, "shop": True}
    trial.book(Put(Kind.GOOD, ("chain",), msgspec.structs.replace(plain, name="Z"), 1))
    assert made == {"chain": True, "listed": True, "shop": True}
    trial.book(Put(Kind.GOOD, ("rival",), plain, 1))
    assert made == {"chain": False, "listed": True, "shop": True, "rival": False}
