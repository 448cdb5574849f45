"""The law of the catalogue: whatever was booked, and wherever a till stood meanwhile, in the end it knows what follows
from the facts, and nothing else. The facts and what follows from them are worked out here once more, naively."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from simulated_till import SimulatedTill
from tillpost.catalogue.codes import Codes
from tillpost.catalogue.facts import Facts
from tillpost.converters.aif import Aif, encode
from tillpost.model import (
    Barcode,
    BarcodeOf,
    Cashier,
    Drop,
    ExtraPrice,
    Good,
    Group,
    Kind,
    Plu,
    Price,
    Put,
    Restriction,
    Shop,
    ShopCashier,
    ShopGood,
    ShopGroup,
    ShopScale,
    ShopTax,
    ShopUnit,
    Stock,
    Tax,
    TypedPrice,
    Unit,
    Variant,
)

START = date(2026, 3, 10)
SHOPS = ("5", "6")

# --- the oracle ---------------------------------------------------------------------------------------------

Key = tuple[Kind, tuple[str, ...], str]


@dataclass
class Oracle:
    """All facts in one dict, and a shop's whole list made of them from scratch."""

    facts: dict[Key, tuple[tuple[int, int], Any]] = field(default_factory=dict)

    def book(self, arrival: int, scope: str, records: list[Put | Drop], full: tuple[Kind, ...], refused: Any) -> None:
        named = set()
        for ordinal, record in enumerate(records):
            key = (record.kind, record.key, scope)
            named.add(key)
            if isinstance(record, Put) and id(record) not in refused:
                if key not in self.facts or self.facts[key][1] != record.body:
                    self.facts[key] = ((arrival, ordinal), record.body)
            elif isinstance(record, Drop):
                self.facts.pop(key, None)
                if record.kind is Kind.PRICE:
                    self.forget(lambda k: k[0] is Kind.PROMO and k[1][:1] == record.key and k[2] == scope)  # noqa: B023
        self.forget(lambda k: k[0] in full and k[2] == scope and k not in named)

    def forget(self, which: Callable[[Key], bool]) -> None:
        self.facts = {key: fact for key, fact in self.facts.items() if not which(key)}

    def of(self, shop: str, kind: Kind) -> dict[tuple[str, ...], tuple[tuple[int, int], Any]]:
        """The facts of a kind that hold in a shop."""
        chain = {key: fact for (k, key, scope), fact in self.facts.items() if k is kind and scope == ""}
        own = {key: fact for (k, key, scope), fact in self.facts.items() if k is kind and scope == shop}
        return chain | own

    # --- goods

    def goods(self, shop: str) -> dict[str, tuple[tuple[int, int], Good]]:
        goods = {key[0]: fact for key, fact in self.of(shop, Kind.GOOD).items()}
        found = dict(goods)
        for (good, characteristic), (stamp, variant) in self.of(shop, Kind.VARIANT).items():
            if good in goods:
                base = goods[good][1]
                changed = {"barcodes": variant.barcodes, "plu": None}
                if variant.name:
                    changed |= {"name": variant.name, "receipt_name": None}
                changed |= {k: v for k in ("article", "unit") if (v := getattr(variant, k))}
                found[f"{good}#{characteristic}"] = stamp, msgspec.structs.replace(base, **changed)
        return found

    def price(self, item: str, good: Good, shop: Shop) -> tuple[Decimal | None, Decimal | None]:
        today = shop.today.isoformat()
        promos = [
            (scope == shop.id, key[1], stamp, picked(body, shop.price_type), body.min_price)
            for (kind, key, scope), (stamp, body) in self.facts.items()
            if kind is Kind.PROMO
            and key[0] == item
            and scope in ("", shop.id)
            and key[1] <= today <= (key[2] or "9999")
            and picked(body, shop.price_type) is not None
        ]
        base = self.of(shop.id, Kind.PRICE).get((item,))
        if promos:
            *_, price, lowest = max(promos, key=lambda promo: promo[:3])
        elif base:
            price, lowest = picked(base[1], shop.price_type), base[1].min_price
        else:
            price, lowest = good.price, None
        limits = [r.value for r in self.restrictions(item, shop) if r.type == "minPrice" and r.value is not None]
        lowest = good.min_price if lowest is None else lowest
        return price, max([*limits, *([] if lowest is None else [lowest])], default=None)

    def restrictions(self, item: str, shop: Shop) -> list[Restriction]:
        subjects = {item, item.split("#")[0]}
        bodies = [body for _, body in self.of(shop.id, Kind.RESTRICTION).values()]
        return [r for r in bodies if r.subject == "good" and r.code in subjects and not (r.since or r.till or r.days)]

    def sold(self, shop: Shop) -> dict[str, Good]:
        """Every good with its price, not yet with its barcodes."""
        found = {}
        for item, (_, good) in self.goods(shop.id).items():
            price, lowest = self.price(item, good, shop)
            if price is not None and price > 0:
                found[item] = msgspec.structs.replace(good, price=price, min_price=lowest)
        return found

    def claims(self, shop: Shop) -> dict[str, dict[str, tuple[tuple[int, int], Decimal]]]:
        """item -> barcode -> (stamp, quantity), in the order in which they stand in the command."""
        goods, sold = self.goods(shop.id), self.sold(shop)
        found: dict[str, dict[str, tuple[tuple[int, int], Decimal]]] = {item: {} for item in sold}
        for item in sold:
            for barcode in goods[item][1].barcodes:
                found[item].setdefault(barcode.code, (goods[item][0], barcode.quantity))
        for (code,), (stamp, body) in sorted(self.of(shop.id, Kind.BARCODE).items(), key=lambda pair: pair[1][0]):
            if body.good in found:
                before = found[body.good].get(code)
                found[body.good][code] = (max(stamp, before[0]) if before else stamp, body.quantity)
        return found

    def commands(self, shop: Shop, code_of: Callable[[Kind, str], str]) -> list[Any]:
        """Everything that a till of the shop should be told, as nouns."""
        units, groups, taxes = (self.of(shop.id, kind) for kind in (Kind.UNIT, Kind.GROUP, Kind.TAX))
        nouns: list[Any] = []
        for (name,), (_, unit) in units.items():
            nouns.append(ShopUnit(int(code_of(Kind.UNIT, name)), unit.name, unit.fractional))
        for (name,), (_, group) in groups.items():
            parent = code_of(Kind.GROUP, group.parent) if (group.parent,) in groups else None
            nouns.append(ShopGroup(code_of(Kind.GROUP, name), group.name, parent))
        for (name,), (_, tax) in taxes.items():
            nouns.append(ShopTax(int(code_of(Kind.TAX, name)), tax.name, tax.rate))
        claims, stock = self.claims(shop), self.of(shop.id, Kind.STOCK)
        best: dict[str, tuple[tuple[int, int], str]] = {}
        for item, barcodes in claims.items():
            for barcode, (stamp, _) in barcodes.items():
                best[barcode] = max(best.get(barcode, (stamp, item)), (stamp, item))
        for item, good in self.sold(shop).items():
            code = code_of(Kind.GOOD, item)
            kept = tuple(Barcode(b, amount) for b, (_, amount) in claims[item].items() if best[b][1] == item)
            denials = [r for r in self.restrictions(item, shop) if r.type == "saleDenied"]
            ages = [r.age for r in denials if r.age] + ([good.age] if good.age else [])
            flags = set(good.flags) | ({"noSale"} if any(r.age is None for r in denials) else set())
            flags |= {"ageCheck"} if any(r.age for r in denials) else set()
            good = msgspec.structs.replace(
                good,
                barcodes=kept,
                group=code_of(Kind.GROUP, good.group) if (good.group,) in groups else None,
                unit=code_of(Kind.UNIT, good.unit) if (good.unit,) in units else None,
                tax=code_of(Kind.TAX, good.tax) if (good.tax,) in taxes else None,
                flags=tuple(sorted(flags)),
                age=max(ages, default=None),
            )
            nouns.append(ShopGood(code, good, self.remain(item, stock, shop)))
            if good.plu:
                nouns.append(ShopScale(code, good.plu))
        nouns.extend(ShopCashier(key[0], body) for key, (_, body) in self.of(shop.id, Kind.CASHIER).items())
        return nouns

    def remain(self, item: str, stock: dict[Any, Any], shop: Shop) -> Decimal | None:
        if not shop.send_stock or (item,) not in stock:
            return None
        return sum(
            (q for w, q in stock[(item,)][1].quantities if not shop.warehouses or w in shop.warehouses), Decimal(0)
        )


def picked(price: Price, wanted: str) -> Decimal | None:
    if not price.types:
        return price.price
    if not wanted:
        return price.types[0].price
    return next((typed.price for typed in price.types if wanted in (typed.type, typed.name)), None)


# --- what is done -------------------------------------------------------------------------------------------

ITEMS = ("a", "b", "c c", "a#x", "b#y")
BARCODES = ("4600", "4601")
DAYS = tuple((START + timedelta(days=n)).isoformat() for n in range(4))
FIVE, SEVEN, NOTHING = Decimal("5.00"), Decimal("7.00"), Decimal("0.00")

ONE, TWO, BOX = Barcode("4600"), Barcode("4601"), Barcode("4601", Decimal(6))
EXTRA, OTHER, DEARER = ExtraPrice(1, FIVE), ExtraPrice(2, FIVE), ExtraPrice(1, SEVEN)

CORE_GOODS = [
    Good("A", barcodes=barcodes, price=price, extra_prices=extra)
    for barcodes in ((), (ONE,), (TWO,), (ONE, TWO), (TWO, ONE))
    for extra in ((), (EXTRA,), (EXTRA, OTHER), (DEARER,))
    for price in (FIVE, SEVEN)
]
MORE_GOODS = [
    Good("A", barcodes=(ONE,)),
    Good("A", barcodes=(ONE, BOX), price=NOTHING),
    Good("A", barcodes=(BOX, TWO), price=FIVE, receipt_name="R", article="x", min_price=Decimal("1.00")),
    Good("A", price=FIVE, group="1", unit="1", tax="10", barcodes=(TWO,)),
    Good("A", price=FIVE, group="g g", unit="u"),
    Good("A", price=FIVE, plu=Plu(1), age=16),
    Good("A", price=SEVEN, plu=Plu(2), flags=("ageCheck", "noReturn")),
]
PRICES = [
    Price(FIVE),
    Price(SEVEN, min_price=FIVE),
    Price(NOTHING),
    Price(types=(TypedPrice("t1", FIVE, "retail"),)),
    Price(types=(TypedPrice("bulk", SEVEN), TypedPrice("t1", FIVE, "retail"))),
]
STOCKS = [Stock((("", Decimal(3)), ("w", Decimal(-1)))), Stock((("", Decimal("1.5")),)), Stock(())]
RESTRICTIONS = [
    *(Restriction("saleDenied", "good", item, age=age) for item in ("a", "a#x") for age in (None, 18)),
    Restriction("minPrice", "good", "a", value=Decimal("6.00")),
    Restriction("saleDenied", "good", "b", since="22:00"),
    Restriction("saleDenied", "group", "1"),
    Restriction("maxDiscount", "good", "b", value=Decimal(5)),
]

Bodies = dict[Kind, tuple[list[tuple[str, ...]], list[Any]]]

CORE: Bodies = {
    Kind.GOOD: ([("a",), ("b",)], CORE_GOODS),
    Kind.BARCODE: ([(code,) for code in BARCODES], [BarcodeOf("a"), BarcodeOf("b"), BarcodeOf("b", Decimal(2))]),
    Kind.PRICE: ([("a",), ("b",)], [Price(SEVEN), Price(NOTHING)]),
}
EVERYTHING: Bodies = {
    Kind.UNIT: ([("1",), ("u",)], [Unit("pc"), Unit("kg", fractional=True)]),
    Kind.TAX: ([("10",)], [Tax("VAT", Decimal(10)), Tax("VAT")]),
    Kind.GROUP: ([("1",), ("g g",)], [Group("G"), Group("H"), Group("G", "1"), Group("G", "g g")]),
    Kind.GOOD: ([("a",), ("b",), ("c c",)], CORE_GOODS + MORE_GOODS * 3),
    Kind.VARIANT: ([("a", "x"), ("b", "y")], [Variant(barcodes=(ONE,)), Variant("V"), Variant("V", "x", (TWO,), "1")]),
    Kind.BARCODE: ([(code,) for code in BARCODES], [BarcodeOf(item, Decimal(n)) for item in ITEMS for n in (1, 2)]),
    Kind.PRICE: ([(item,) for item in ITEMS], PRICES),
    Kind.PROMO: ([(item, a, b) for item in ("a", "b#y") for a in ("", *DAYS) for b in ("", *DAYS)], PRICES),
    Kind.STOCK: ([(item,) for item in ITEMS], STOCKS),
    Kind.CASHIER: ([("7",), ("8",)], [Cashier("Ann", "1", "p", roles=(1,)), Cashier("Bob", "2")]),
    Kind.RESTRICTION: ([("r1",), ("r2",)], RESTRICTIONS),
}


def records_of(bodies: Bodies) -> st.SearchStrategy[Put | Drop]:
    wishes = st.sampled_from(["", "", "b", "wish"])
    line, origin = st.just(1), st.just("")
    by_kind = {
        kind: st.builds(Put, st.just(kind), st.sampled_from(keys), st.sampled_from(made), line, origin, wishes)
        | st.builds(Drop, st.just(kind), st.sampled_from(keys), line)
        for kind, (keys, made) in bodies.items()
    }
    weighted = [*by_kind, *[kind for kind in (Kind.GOOD, Kind.PRICE, Kind.BARCODE) for _ in range(len(by_kind) // 3)]]
    return st.sampled_from(weighted).flatmap(by_kind.__getitem__)


Step = tuple[Any, ...]


def exports_of(bodies: Bodies, scopes: tuple[str, ...]) -> st.SearchStrategy[Step]:
    records = st.lists(records_of(bodies), min_size=1, max_size=4)
    full = st.lists(st.sampled_from(list(bodies)), min_size=1, max_size=2).map(tuple)
    book = st.just("book")
    scope = st.sampled_from(scopes)
    return st.tuples(book, scope, records, st.just(())) | st.tuples(book, scope, records, full)


till_numbers = st.integers(0, 3)
reading = st.one_of(
    st.tuples(st.just("follow"), till_numbers, st.sampled_from([1, 2, 3, 5, 50])),
    st.tuples(st.just("follow"), till_numbers, st.just(50)),
    st.tuples(st.just("cut"), till_numbers, st.sampled_from([1, 2, 3, 5, 50])),
    st.tuples(st.just("take"), till_numbers),
    st.tuples(st.just("begin"), till_numbers),
)
passing = st.one_of(
    st.tuples(st.just("day"), st.sampled_from([1, 1, 2, -1])),
    st.tuples(st.just("advance")),
    st.tuples(st.just("prices"), st.sampled_from(SHOPS)),
    st.tuples(st.just("clears"), st.sampled_from(SHOPS)),
    st.tuples(st.just("options"), st.sampled_from(SHOPS), st.sampled_from(["", "retail", "bulk"]), st.booleans()),
    st.tuples(st.just("absent"), st.sampled_from(SHOPS)),
)
core = exports_of(CORE, ("",))
everything = exports_of(EVERYTHING, ("", "", *SHOPS))


class World:
    """The catalogue with its tills, and the oracle beside it."""

    def __init__(self, trials: Any, tills: Any) -> None:
        self.trial = trials(shops=SHOPS)
        self.trial.shops = {shop: Shop(shop, START) for shop in SHOPS}
        self.oracle = Oracle()
        self.tills = [tills(shop) for shop in SHOPS for _ in range(2)]
        self.missing: set[str] = set()
        self.latest = START

    def run(self, many: list[tuple[Any, ...]]) -> None:
        for verb, *args in many:
            note(f"{verb} {args}")
            getattr(self, verb)(*args)

    def book(self, scope: str, records: list[Put | Drop], full: tuple[Kind, ...]) -> None:
        present = [shop for shop in SHOPS if shop not in self.missing]
        self.trial.book(*records, scope=scope, full=full, shops=present)
        answers = [(answer.kind, answer.key) for answer in self.trial.refused]
        refused = {
            id(r) for r in records if isinstance(r, Put) and (r.kind.value, "#".join(r.key)) in answers
        }
        self.oracle.book(self.trial.arrival, scope, records, full, refused)

    def cut(self, till: int, limit: int) -> None:
        self.trial.cut(self.tills[till], limit)

    def take(self, till: int) -> None:
        self.tills[till].take()

    def follow(self, till: int, limit: int) -> None:
        """The till takes all that was cut for it, and a bit more."""
        self.trial.cut(self.tills[till], limit)
        while self.tills[till].chunks:
            self.tills[till].take()

    def begin(self, till: int) -> None:
        self.trial.begin(self.tills[till])

    def day(self, days: int) -> None:
        for shop in SHOPS:
            self.change(shop, today=self.trial.shops[shop].today + timedelta(days=days))
        self.latest = max(self.latest, self.trial.shops[SHOPS[0]].today)

    def advance(self) -> None:
        shops = self.trial.shops
        self.trial.shops = {name: shop for name, shop in shops.items() if name not in self.missing}
        self.trial.advance()
        self.trial.shops = shops

    def prices(self, shop: str) -> None:
        self.change(shop, prices_open=not self.trial.shops[shop].prices_open)

    def clears(self, shop: str) -> None:
        self.change(shop, clears_open=not self.trial.shops[shop].clears_open)

    def options(self, shop: str, price_type: str, send_stock: bool) -> None:
        self.change(shop, price_type=price_type, send_stock=send_stock, warehouses=("w",) if price_type else ())

    def absent(self, shop: str) -> None:
        self.missing ^= {shop}

    def change(self, shop: str, **changes: Any) -> None:
        self.trial.shops[shop] = msgspec.structs.replace(self.trial.shops[shop], **changes)

    def stock_up(self) -> None:
        """A shop floor in full swing: everything stated once, and half of the tills filled."""
        for number, (kind, (keys, made)) in enumerate(EVERYTHING.items()):
            bodies = CORE_GOODS[8:] + MORE_GOODS if kind is Kind.GOOD else made
            few = keys[:3] if kind is Kind.PROMO else keys
            self.book("", [Put(kind, key, bodies[n * (number + 3) % len(bodies)], 1) for n, key in enumerate(few)], ())
        self.advance()
        for till in (0, 2):
            self.follow(till, 50)

    # --- the law

    def check(self) -> None:
        """Time passes until nothing waits, and a clock that went back has made up for it; then every till, old and
        new, knows what follows from the facts."""
        self.missing = set()
        for shop in SHOPS:
            self.change(shop, today=self.latest, prices_open=True, clears_open=True)
        self.trial.advance()
        for till in self.tills:
            self.compare(till.shop, self.trial.drain(till))
        for shop in SHOPS:
            self.compare(shop, self.trial.new_till(shop))
        assert self.trial.advance() is None

    def compare(self, shop: str, till: SimulatedTill) -> None:
        expected = SimulatedTill()
        nouns = self.oracle.commands(self.trial.shops[shop], self.code_of)
        expected.load(encode(map(Aif().put, nouns)))
        known = expected.state()
        shown = till.state()
        shown["taxes"] = {code: tax for code, tax in shown["taxes"].items() if code in known["taxes"]}
        gone = {code: who for code, who in shown["cashiers"].items() if code not in known["cashiers"]}
        assert all(who["password"].startswith("locked") and not who["roleusers"] for who in gone.values())
        shown["cashiers"] = {code: who for code, who in shown["cashiers"].items() if code not in gone}
        assert shown == known

    def code_of(self, kind: Kind, name: str) -> str:
        with self.trial.store.read() as txn:
            code = Codes(txn, Facts(txn)).of(kind, name)
        assert code is not None
        return code


@pytest.fixture
def worlds(trials: Any, tills: Any) -> Callable[[], World]:
    return lambda: World(trials, tills)


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(many=st.lists(core | reading, min_size=6, max_size=16))
def test_every_till_ends_with_the_last_barcodes_and_prices(worlds: Callable[[], World], many: list[Step]) -> None:
    world = worlds()
    world.run(many)
    world.check()


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(many=st.lists(everything | reading, min_size=5, max_size=15), full=st.booleans())
def test_every_till_ends_with_the_last_state(worlds: Callable[[], World], many: list[Step], full: bool) -> None:
    world = worlds()
    if full:
        world.stock_up()
    world.run(many)
    world.check()


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(many=st.lists(everything | reading | passing, min_size=6, max_size=20))
def test_time_hours_and_settings_change_nothing_of_that(worlds: Callable[[], World], many: list[Step]) -> None:
    world = worlds()
    world.stock_up()
    world.run(many)
    world.check()
