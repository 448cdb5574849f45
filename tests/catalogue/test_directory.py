"""Units, groups, taxes, cashiers: lists from which one entry cannot be taken away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from tillpost.model import Cashier, Drop, Good, Group, Kind, Put, Tax, Unit


def group(name: str, parent: str | None = None, title: str = "G") -> Put:
    return Put(Kind.GROUP, (name,), Group(title, parent), 1)


def cashier(code: str, **fields: Any) -> Put:
    return Put(Kind.CASHIER, (code,), Cashier("Ann", "ann", "secret", 2, (3, 4), **fields), 1)


def told(outcome: Any) -> list[str]:
    return [remark.reason.code for remark in outcome.remarks]


def test_group_that_is_gone_clears_the_list_and_tells_the_rest_anew(trial: Any) -> None:
    trial.book(group("1"), group("2"), Put(Kind.UNIT, ("1",), Unit("pc"), 1))
    head = trial.head()
    trial.book(Drop(Kind.GROUP, ("1",), 1), group("3"))
    assert trial.commands(after=head)[0] == "clearInventGroup"
    assert set(trial.commands(after=head)[1:]) == {"addInventGroup 2", "addInventGroup 3"}
    assert trial.new_till().groups.keys() == {"2", "3"}


def test_clear_that_a_till_reads_in_pieces_loses_no_group(trial: Any, tills: Any) -> None:
    trial.book(*[group(str(number)) for number in range(9)])
    till = tills("5")
    trial.drain(till)
    trial.book(Drop(Kind.GROUP, ("1",), 1))
    trial.cut(till, 4)
    trial.book(Drop(Kind.GROUP, ("7",), 1), group("8", title="H"))
    assert trial.drain(till).groups.keys() == set("023456") | {"8"}


def test_full_load_needs_no_clear_in_its_middle(trial: Any) -> None:
    trial.book(group("1"), group("2"))
    trial.book(Drop(Kind.GROUP, ("1",), 1))
    head = trial.head()
    assert [b"clear" in change.command for change in trial.changes(full_to=head)] == [False]
    assert any(b"clear" in change.command for change in trial.changes(full_to=0))


def test_tax_that_is_gone_stays_at_the_tills_that_have_it_and_is_told(trial: Any, tills: Any) -> None:
    trial.book(Put(Kind.TAX, ("10",), Tax("VAT", Decimal(10)), 1), Put(Kind.TAX, ("20",), Tax("VAT", Decimal(20)), 1))
    till = tills("5")
    trial.drain(till)
    head = trial.head()
    outcome = trial.book(Drop(Kind.TAX, ("10",), 1))
    assert told(outcome) == ["catalogue.till-keeps"]
    assert (trial.commands(after=head), trial.head()) == ([], head)
    assert trial.drain(till).taxes.keys() == {10, 20}
    assert trial.new_till().taxes.keys() == {20}


def test_tax_that_comes_back_is_told_again(trial: Any) -> None:
    tax = Put(Kind.TAX, ("10",), Tax("VAT", Decimal(10)), 1)
    trial.book(tax)
    trial.book(Drop(Kind.TAX, ("10",), 1))
    trial.book(tax)
    assert trial.new_till().taxes.keys() == {10}


def test_parent_that_is_unknown_is_left_out_and_told_until_it_comes(trial: Any) -> None:
    outcome = trial.book(group("2", "1"))
    assert told(outcome) == ["catalogue.unknown-reference"]
    assert "parentGroupCode" not in trial.new_till().groups["2"]
    assert told(trial.book(group("1"))) == []
    assert trial.new_till().groups["2"]["parentGroupCode"] == "1"


def test_removed_cashier_is_locked_out_with_a_password_nobody_knows_and_no_roles(trial: Any) -> None:
    trial.book(cashier("7"))
    trial.book(Drop(Kind.CASHIER, ("7",), 1))
    shown = trial.new_till().cashiers["7"]
    assert (shown["name"], shown["login"], shown["rank"]) == ("Ann", "ann", 2)
    assert (shown["password"], shown["roleusers"]) == ("locked 1", [])


def test_locked_out_cashier_stays_as_he_is(trial: Any) -> None:
    trial.book(cashier("7"))
    trial.advance()
    trial.book(Drop(Kind.CASHIER, ("7",), 1))
    head = trial.head()
    trial.shops["5"] = msgspec.structs.replace(trial.shops["5"], price_type="other")
    trial.advance()
    trial.book(Drop(Kind.CASHIER, ("7",), 1), cashier("8"))
    assert trial.commands(after=head) == ["addMCashUser 8"]
    trial.book(cashier("7"))
    assert trial.new_till().cashiers["7"]["password"] == "secret"
    trial.book(Drop(Kind.CASHIER, ("7",), 1))
    assert trial.new_till().cashiers["7"]["password"] == "locked 2"


def test_cashier_of_the_chain_stays_when_the_shops_word_goes(trial: Any) -> None:
    trial.book(cashier("7"))
    trial.book(cashier("7", ), scope="5")
    trial.book(Put(Kind.CASHIER, ("7",), Cashier("Bob", "bob"), 1), scope="5")
    assert trial.new_till().cashiers["7"]["login"] == "bob"
    trial.book(Drop(Kind.CASHIER, ("7",), 1), scope="5")
    assert trial.new_till().cashiers["7"]["login"] == "ann"


def test_clears_are_those_of_the_kinds_a_shop_has_or_had(trial: Any) -> None:
    def clears() -> list[str]:
        return [str(clear) for clear in trial.ask(lambda catalogue: catalogue.clears("5"))]

    assert clears() == []
    trial.book(group("1"))
    assert ["InventGroup" in clear for clear in clears()] == [True]
    trial.book(Drop(Kind.GROUP, ("1",), 1), Put(Kind.GOOD, ("a",), Good("A", price=Decimal(1)), 1), cashier("7"))
    assert len(clears()) == 5
    assert trial.ask(lambda catalogue: catalogue.size("5")) == 5 + 2
    assert trial.ask(lambda catalogue: catalogue.size("6")) == 0


def test_clear_waits_for_its_hours(trial: Any, tills: Any) -> None:
    good = Put(Kind.GOOD, ("a",), Good("A", price=Decimal(1), group="1"), 1)
    trial.book(group("1"), group("2"), good)
    till = tills("5")
    trial.drain(till)
    open_shop = trial.shops["5"]
    trial.shops["5"] = msgspec.structs.replace(open_shop, clears_open=False)
    trial.advance()
    head = trial.head()
    trial.book(Drop(Kind.GROUP, ("1",), 1))
    assert trial.commands(after=head) == ["addInventItem a"]
    assert trial.drain(till).groups.keys() == {"1", "2"}
    assert trial.new_till().groups.keys() == {"2"}
    assert trial.advance() is None
    trial.shops["5"] = open_shop
    assert trial.advance() is not None
    assert trial.commands(after=head) == ["addInventItem a", "clearInventGroup", "addInventGroup 2"]
    assert trial.drain(till).groups.keys() == {"2"}
    assert trial.advance() is None


def test_group_that_comes_back_before_the_clear_needs_none(trial: Any) -> None:
    trial.book(group("1"), group("2"))
    open_shop = trial.shops["5"]
    trial.shops["5"] = msgspec.structs.replace(open_shop, clears_open=False)
    trial.advance()
    trial.book(Drop(Kind.GROUP, ("1",), 1))
    trial.book(group("1"))
    trial.shops["5"] = open_shop
    assert trial.advance() is None
