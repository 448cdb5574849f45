"""What a shop sells a good as: the rules of the join, seen at a till."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.catalogue.joining import dates_overlap
from tillpost.model import (
    Alcohol,
    Drop,
    ExtraPrice,
    Good,
    Group,
    Kind,
    Noun,
    Plu,
    Price,
    Put,
    Restriction,
    Stock,
    Tax,
    TypedPrice,
    Unit,
    Variant,
)

FIVE, SEVEN, NINE, NOTHING = Decimal("5.00"), Decimal("7.00"), Decimal("9.00"), Decimal("0.00")


def of(kind: Kind, *key: str, body: Noun, code: str = "") -> Put:
    return Put(kind, key, body, 1, "", code)


def good(name: str = "a", price: Decimal | None = FIVE, **fields: Any) -> Put:
    return of(Kind.GOOD, name, body=Good(name.upper(), price=price, **fields))


def price(amount: Decimal | None, item: str = "a", **fields: Any) -> Put:
    return of(Kind.PRICE, item, body=Price(amount, **fields))


def shown(trial: Any, code: str = "a", shop: str = "5") -> dict[str, Any] | None:
    return trial.new_till(shop).goods.get(code)


def shown_price(trial: Any, shop: str = "5") -> Decimal | None:
    found = shown(trial, shop=shop)
    return found and found["price"]


def change(trial: Any, shop: str = "5", **changes: Any) -> None:
    trial.shops[shop] = msgspec.structs.replace(trial.shops[shop], **changes)


# --- price


def test_prices_file_beats_the_price_inside_the_good(trial: Any) -> None:
    trial.book(good(), price(SEVEN))
    assert shown_price(trial) == SEVEN
    trial.book(Drop(Kind.PRICE, ("a",), 1))
    assert shown_price(trial) == FIVE


def test_shop_beats_chain_record_by_record(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good(), price(SEVEN))
    outcome = trial.book(price(NINE), scope="5")
    assert [diff.shop for diff in outcome.shops] == ["5"]
    assert (shown_price(trial, "5"), shown_price(trial, "6")) == (NINE, SEVEN)
    trial.book(price(FIVE))
    assert (shown_price(trial, "5"), shown_price(trial, "6")) == (NINE, FIVE)
    trial.book(Drop(Kind.PRICE, ("a",), 1), scope="5")
    assert (shown_price(trial, "5"), shown_price(trial, "6")) == (FIVE, FIVE)


def test_good_of_one_shop_is_sold_there_alone(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good(), scope="6")
    assert (shown(trial, shop="5"), shown_price(trial, "6")) == (None, FIVE)


def test_price_of_a_shop_changes_that_shops_commands_only(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good())
    heads = trial.head("5"), trial.head("6")
    trial.book(price(NINE), scope="6")
    assert trial.head("5") == heads[0]
    assert trial.commands("6", after=heads[1]) == ["addInventItem a"]


@pytest.mark.parametrize("amount", [None, NOTHING])
def test_good_without_a_price_above_zero_is_not_sent_and_named(trial: Any, amount: Decimal | None) -> None:
    outcome = trial.book(good(price=amount), good("b"))
    assert (outcome.unsold, outcome.unsold_total) == (("a",), 1)
    assert trial.new_till().goods.keys() == {"b"}


def test_good_that_loses_its_price_is_withdrawn_and_named(trial: Any) -> None:
    trial.book(good(), good("b"))
    head = trial.head()
    outcome = trial.book(price(NOTHING))
    assert outcome.unsold == ("a",)
    assert trial.commands(after=head) == ["deleteInventItem a"]
    assert [(diff.deleted, diff.deleted_goods) for diff in outcome.shops] == [(1, (("a", "A"),))]


def test_lowest_price_comes_from_the_price_that_holds_else_from_the_good(trial: Any) -> None:
    trial.book(good(min_price=Decimal("1.00")), price(SEVEN, min_price=Decimal("2.00")))
    assert shown(trial)["minprice"] == 2
    trial.book(price(SEVEN))
    assert shown(trial)["minprice"] == 1


def test_shop_takes_its_type_of_price_by_id_or_by_name(trials: Any) -> None:
    types = (TypedPrice("t-1", FIVE, "Wholesale"), TypedPrice("t-2", SEVEN, "Retail"))
    trial = trials(shops=("5", "6", "7"))
    change(trial, "5", price_type="t-2")
    change(trial, "6", price_type="Wholesale")
    change(trial, "7", price_type="Nobody's")
    outcome = trial.book(good(price=None), price(None, types=types))
    assert [shown_price(trial, shop) for shop in "567"] == [SEVEN, FIVE, None]
    assert (outcome.unsold, outcome.remarks) == (("a",), ())


def test_first_of_several_types_of_price_is_told_once(trial: Any) -> None:
    types = (TypedPrice("t-1", FIVE), TypedPrice("t-2", SEVEN))
    outcome = trial.book(good(price=None), good("b", None), price(None, types=types), price(None, "b", types=types))
    assert shown_price(trial) == FIVE
    assert [remark.reason.code for remark in outcome.remarks] == ["catalogue.first-price-type"]


def test_the_only_type_of_price_needs_no_word(trial: Any) -> None:
    outcome = trial.book(good(price=None), price(None, types=(TypedPrice("t-1", FIVE),)))
    assert (shown_price(trial), outcome.remarks) == (FIVE, ())


# --- variants


def test_variant_is_sold_under_its_own_code_with_its_goods_fields(trial: Any) -> None:
    base = good(price=None, department=3, tax="10", flags=("noReturn",), receipt_name="R", plu=Plu(7), article="x")
    trial.book(
        of(Kind.TAX, "10", body=Tax("VAT", Decimal(10))),
        base,
        of(Kind.VARIANT, "a", "red", body=Variant("A red"), code="A-RED"),
        price(SEVEN, "a#red"),
    )
    till = trial.new_till()
    assert till.goods.keys() == {"A-RED"}
    red = till.goods["A-RED"]
    assert (red["name"], red["rtext"], red["deptcode"], red["taxgroupcode"]) == ("A red", "A red", 3, 10)
    assert (red["articul"], red["price"], till.scales) == ("x", SEVEN, {})


def test_variant_without_a_name_prints_its_goods_name(trial: Any) -> None:
    trial.book(good(receipt_name="R"), of(Kind.VARIANT, "a", "x", body=Variant(article="y"), code="V"))
    found = shown(trial, "V")
    assert (found["name"], found["rtext"], found["articul"], found["price"]) == ("A", "R", "y", FIVE)


def test_good_with_variants_is_sold_itself_only_with_a_price_of_its_own(trial: Any) -> None:
    variant = of(Kind.VARIANT, "a", "x", body=Variant(), code="V")
    outcome = trial.book(good(price=None), variant, price(SEVEN, "a#x"))
    assert (trial.new_till().goods.keys(), outcome.unsold) == ({"V"}, ())
    trial.book(price(NINE))
    assert trial.new_till().goods.keys() == {"a", "V"}


def test_variant_follows_its_good(trial: Any) -> None:
    variant = of(Kind.VARIANT, "a", "x", body=Variant(), code="V")
    trial.book(good(), variant)
    head = trial.head()
    trial.book(good(department=2))
    assert trial.commands(after=head) == ["addInventItem a", "addInventItem V"]
    trial.book(Drop(Kind.GOOD, ("a",), 1))
    assert trial.new_till().goods == {}


def test_variant_before_its_good_waits_for_it(trial: Any) -> None:
    trial.book(of(Kind.VARIANT, "a", "x", body=Variant(), code="V"), price(SEVEN, "a#x"))
    assert trial.new_till().goods == {}
    trial.book(good(price=None))
    assert trial.new_till().goods.keys() == {"V"}


# --- stock


def test_stock_is_the_sum_of_the_shops_warehouses(trials: Any) -> None:
    trial = trials(shops=("5", "6", "7"))
    change(trial, "6", warehouses=("w1", "w3"))
    change(trial, "7", send_stock=False)
    quantities = (("w1", Decimal("1.5")), ("w2", Decimal(-4)), ("w3", Decimal("2.5")))
    trial.book(good(), of(Kind.STOCK, "a", body=Stock(quantities)))
    assert [shown(trial, shop=shop).get("remain") for shop in "567"] == [0, 4, None]


def test_stock_of_nowhere_is_not_told(trial: Any) -> None:
    trial.book(good())
    assert "remain" not in shown(trial)


def test_stock_of_the_shop_beats_the_chains(trial: Any) -> None:
    trial.book(good(), of(Kind.STOCK, "a", body=Stock((("", Decimal(3)),))))
    trial.book(of(Kind.STOCK, "a", body=Stock((("", Decimal(8)),))), scope="5")
    assert shown(trial)["remain"] == 8


# --- references


@pytest.mark.parametrize(
    ("kind", "body", "field", "value"),
    [
        (Kind.GROUP, Group("G"), "inventgroup", "1"),
        (Kind.UNIT, Unit("pc"), "measurecode", 1),
        (Kind.TAX, Tax("VAT", Decimal(10)), "taxgroupcode", 1),
    ],
)
def test_reference_that_leads_nowhere_is_told_and_made_good_when_it_arrives(
    trial: Any, kind: Kind, body: Noun, field: str, value: object
) -> None:
    outcome = trial.book(good(**{kind.value: "1"}))
    assert field not in shown(trial)
    parts = {"good": "a", "kind": kind.value, "reference": "1"}
    assert [(r.reason.code, r.reason.parts, r.key) for r in outcome.remarks] == [
        ("catalogue.unknown-reference", parts, "a")
    ]
    trial.book(of(kind, "1", body=body))
    assert shown(trial)[field] == value
    outcome = trial.book(Drop(kind, ("1",), 1))
    assert field not in shown(trial)
    assert "catalogue.unknown-reference" in [remark.reason.code for remark in outcome.remarks]


@pytest.mark.parametrize(("kind", "body"), [(Kind.GROUP, Group("G")), (Kind.UNIT, Unit("pc")), (Kind.TAX, Tax("VAT"))])
def test_variant_learns_of_the_reference_it_has_from_its_good(trial: Any, kind: Kind, body: Noun) -> None:
    trial.book(good(**{kind.value: "1"}), of(Kind.VARIANT, "a", "x", body=Variant(), code="V"))
    before = shown(trial, "V")
    trial.book(of(kind, "1", body=body))
    assert len(shown(trial, "V")) == len(before) + 1
    trial.book(Drop(kind, ("1",), 1))
    assert shown(trial, "V") == before


def test_reference_known_in_one_shop_alone_holds_there_alone(trials: Any) -> None:
    trial = trials(shops=("5", "6"))
    trial.book(good(group="1"))
    trial.book(of(Kind.GROUP, "1", body=Group("G")), scope="6")
    assert [shown(trial, shop=shop).get("inventgroup") for shop in "56"] == [None, "1"]


def test_reference_that_leads_nowhere_is_no_news_to_a_price(trial: Any) -> None:
    trial.book(good(group="1"))
    assert trial.book(price(SEVEN)).remarks == ()


def test_new_name_of_a_group_concerns_no_good(trial: Any) -> None:
    trial.book(good(group="1"), of(Kind.GROUP, "1", body=Group("G")))
    head = trial.head()
    trial.book(of(Kind.GROUP, "1", body=Group("H")))
    assert trial.commands(after=head) == ["addInventGroup 1"]


# --- restrictions


def restrict(kind: str, code: str = "a", subject: str = "good", **fields: Any) -> Put:
    return of(Kind.RESTRICTION, f"{kind} {code} {fields}", body=Restriction(kind, subject, code, **fields))


def test_restrictions_are_said_by_the_goods_own_fields(trial: Any) -> None:
    trial.book(
        good(price=NINE, min_price=FIVE, age=16, flags=("noReturn",)),
        restrict("saleDenied"),
        restrict("saleDenied", age=18),
        restrict("minPrice", value=SEVEN),
    )
    found = shown(trial)
    options = found["options"]["inventitemoptions"]
    assert (found["minprice"], found["age"], options["disableinventsale"], options["ageverify"]) == (SEVEN, 18, 1, 1)
    assert options["disableinventback"] == 1


@pytest.mark.parametrize("fields", [{"since": "22:00"}, {"till": "08:00"}, {"days": ("MO",)}, {"subject": "group"}])
def test_restriction_with_hours_or_on_groups_changes_no_command(trial: Any, fields: dict[str, Any]) -> None:
    trial.book(good())
    outcome = trial.book(restrict("saleDenied", **fields))
    assert (outcome.shops[0].commands, outcome.remarks[0].reason.code) == (0, "catalogue.no-command")


def test_restriction_follows_the_good_it_names(trial: Any) -> None:
    def named(code: str) -> Put:
        return of(Kind.RESTRICTION, "r", body=Restriction("saleDenied", "good", code))

    def denied() -> set[str]:
        return {code for code, found in trial.new_till().goods.items() if denies(found)}

    trial.book(good("a"), good("b"), of(Kind.VARIANT, "a", "x", body=Variant(), code="V"), named("a"))
    assert denied() == {"a", "V"}
    trial.book(named("b"))
    assert denied() == {"b"}
    trial.book(named("a#x"), scope="5")
    assert denied() == {"V"}
    trial.book(Drop(Kind.RESTRICTION, ("r",), 1), scope="5")
    trial.book(Drop(Kind.RESTRICTION, ("r",), 1))
    assert denied() == set()


def denies(found: dict[str, Any]) -> bool:
    return found.get("options", {}).get("inventitemoptions", {}).get("disableinventsale") == 1


# --- extra prices and scales


def test_extra_price_that_left_is_deleted_after_its_good(trial: Any) -> None:
    trial.book(good(extra_prices=(ExtraPrice(1, SEVEN), ExtraPrice(2, NINE))))
    head = trial.head()
    trial.book(good(extra_prices=(ExtraPrice(2, NINE),)))
    assert trial.commands(after=head) == ["addInventItem a", "deleteAdditionalPrice a 1"]
    trial.book(good(extra_prices=(ExtraPrice(1, SEVEN),)))
    assert trial.commands(after=head) == ["addInventItem a", "deleteAdditionalPrice a 2"]


def test_number_on_the_scales_is_deleted_with_what_had_it(trial: Any) -> None:
    trial.book(good(plu=Plu(7)), good("b", plu=Plu(8)))
    assert trial.new_till().scales.keys() == {"a", "b"}
    head = trial.head()
    trial.book(good(), Drop(Kind.GOOD, ("b",), 1))
    assert set(trial.commands(after=head)) == {"deleteTmcScale a", "deleteInventItem b", "deleteTmcScale b"}
    trial.book(good(plu=Plu(9)))
    assert trial.commands(after=trial.head() - 1) == ["addTmcScale a"]


# --- work is shared


class Counting:
    """A till format that counts what it is asked for."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.puts = 0

    def put(self, noun: Any) -> bytes:
        self.puts += 1
        return self.inner.put(noun)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_command_is_made_once_for_shops_in_the_same_situation(trials: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trials(shops=[str(number) for number in range(50)])
    made = trial.catalogue
    counting: list[Counting] = []

    def counted(txn: Any) -> Any:
        catalogue = made(txn)
        shelves = catalogue._shelves
        shelves.till_format = Counting(shelves.till_format)
        counting.append(shelves.till_format)
        return catalogue

    monkeypatch.setattr(trial, "catalogue", counted)
    trial.book(good(), good("b", group="1"))
    assert counting[-1].puts == 2
    trial.book(price(SEVEN), scope="7")
    trial.book(good(price=NINE))
    assert counting[-1].puts == 2  # one for shop 7, one for all the others
    assert {shown_price(trial, shop) for shop in trial.shops} == {SEVEN, NINE}


days = st.sampled_from(["", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"])


@given(st.tuples(days, days), st.tuples(days, days))
def test_spans_overlap_when_they_share_a_day(one: tuple[str, str], other: tuple[str, str]) -> None:
    def covered(span: tuple[str, str]) -> set[str]:
        everything = [f"2026-01-{day:02}" for day in range(7)]
        return {day for day in everything if span[0] <= day <= (span[1] or "9999")}

    assert dates_overlap(one, other) >= bool(covered(one) & covered(other))
    if all(not last or first <= last for first, last in (one, other)):
        assert dates_overlap(one, other) == bool(covered(one) & covered(other))


# --- what a till's command cannot say


def test_what_no_command_can_say_is_told_when_the_tills_are(trial: Any) -> None:
    vodka = Put(Kind.GOOD, ("1",), Good("Водка", price=FIVE, alcohol=Alcohol(volume=Decimal("0.5"))), 1)
    long = Put(Kind.GROUP, ("g",), Group("я" * 201), 1)
    told = [
        ("catalogue.till-cannot-say", {"key": "1", "fields": "alcohol.volume"}),
        ("catalogue.till-cannot-say", {"key": "g", "fields": "name"}),
    ]
    assert [(r.reason.code, r.reason.parts) for r in trial.book(vodka, long).remarks] == told
    assert trial.book(vodka, long).remarks == ()
