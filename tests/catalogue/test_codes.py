"""Till codes: an id that fits is its own, others get one for ever."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tillpost.model import Barcode, Drop, Good, Group, Kind, Noun, Put, Tax, Unit, Variant

FIVE = Decimal("5.00")


def good(name: str, wish: str = "", **fields: Any) -> Put:
    return Put(Kind.GOOD, (name,), Good("A", price=FIVE, **fields), 1, "", wish)


def codes(trial: Any) -> list[str]:
    return sorted(trial.new_till().goods)


@pytest.mark.parametrize("name", ["7", "A-1.b_c", "x" * 20])
def test_id_that_fits_is_its_own_code(trial: Any, name: str) -> None:
    trial.book(good(name, wish="other"))
    assert codes(trial) == [name]


@pytest.mark.parametrize("name", ["", "a b", "ж", "x" * 21, "b5d6c1f0-7d3a-4b6e-9c57-0d0f2b9a9c11"])
def test_id_that_does_not_fit_gets_a_number(trial: Any, name: str) -> None:
    trial.book(good(name))
    assert codes(trial) == ["1000001"]


def test_wish_is_granted_where_it_fits_and_nobody_has_it(trial: Any) -> None:
    trial.book(good("one one", "art-1"), good("two two", "art-1"), good("three three", "a wish"))
    assert codes(trial) == ["1000001", "1000002", "art-1"]


def test_wish_for_an_id_in_use_is_not_granted(trial: Any) -> None:
    trial.book(good("7"), good("one one", "7"))
    assert codes(trial) == ["1000001", "7"]


def test_code_is_kept_for_ever(trial: Any) -> None:
    trial.book(good("one one"), good("two two"))
    trial.book(Drop(Kind.GOOD, ("one one",), 1))
    trial.book(good("three three"), good("one one", "wish"))
    assert codes(trial) == ["1000001", "1000002", "1000003"]


def test_number_in_use_as_an_id_is_left_out(trial: Any) -> None:
    trial.book(good("1000001"), good("1000002"), good("one one"))
    assert codes(trial) == ["1000001", "1000002", "1000003"]


def test_id_that_comes_after_its_code_was_given_is_refused(trial: Any) -> None:
    trial.book(good("one one", "7"))
    trial.book(good("7"), good("8"))
    assert [(answer.key, answer.reason.code) for answer in trial.refused] == [("7", "catalogue.code-taken")]
    assert codes(trial) == ["7", "8"]


def test_code_of_a_dropped_id_may_be_given_in_the_same_export(trial: Any, tills: Any) -> None:
    trial.book(good("7", article="old"))
    till = tills("5")
    trial.drain(till)
    trial.book(Drop(Kind.GOOD, ("7",), 1), good("one one", "7", article="new"))
    assert [found["articul"] for found in trial.drain(till).goods.values()] == ["new"]
    assert [found["articul"] for found in trial.new_till().goods.values()] == ["new"]


def test_variants_and_goods_share_their_codes(trial: Any) -> None:
    trial.book(good("a"), Put(Kind.VARIANT, ("a", "x"), Variant("V"), 1, "", "a"))
    assert codes(trial) == ["1000001", "a"]


def test_groups_have_codes_of_their_own(trial: Any) -> None:
    groups = [Put(Kind.GROUP, (name,), Group("G"), 1) for name in ("a b", "1", "c d")]
    trial.book(good("a b"), *groups)
    assert trial.new_till().groups.keys() == {"1000001", "1", "1000002"}
    assert codes(trial) == ["1000001"]


@pytest.mark.parametrize(("name", "code"), [("796", 796), ("0", 0), ("999999999", 999999999)])
@pytest.mark.parametrize("kind", [Kind.UNIT, Kind.TAX])
def test_whole_numbers_are_their_own_codes_of_units_and_taxes(trial: Any, kind: Kind, name: str, code: int) -> None:
    check_directory(trial, kind, name, code)


@pytest.mark.parametrize("name", ["1000000000", "007", "u", "-1", "1.0", "٣"])
@pytest.mark.parametrize("kind", [Kind.UNIT, Kind.TAX])
def test_units_and_taxes_with_other_ids_get_a_number(trial: Any, kind: Kind, name: str) -> None:
    check_directory(trial, kind, name, 10001)


def check_directory(trial: Any, kind: Kind, name: str, code: int) -> None:
    body: Noun = Unit("pc") if kind is Kind.UNIT else Tax("VAT")
    trial.book(Put(kind, (name,), body, 1), good("a", **{kind.value: name}))
    till = trial.new_till()
    assert list(till.units if kind is Kind.UNIT else till.taxes) == [code]
    assert till.goods["a"]["measurecode" if kind is Kind.UNIT else "taxgroupcode"] == code


def test_good_is_found_by_its_code_and_by_its_barcode(trial: Any) -> None:
    def find(text: str) -> object:
        return trial.ask(lambda catalogue: catalogue.find("5", text))

    trial.book(good("one one", barcodes=(Barcode("4600"),)), good("b", barcodes=(Barcode("4600"), Barcode("4601"))))
    first, second = trial.changes()
    assert find("b") == find("4600") == find("4601") == first
    assert find("1000001") == second
    assert find("one one") is find("4602") is find("x" * 1000) is find("") is None
    assert trial.ask(lambda catalogue: catalogue.find("6", "b")) is None


def test_till_code_leads_back_to_the_id_of_the_erp(trial: Any) -> None:
    trial.book(good("7"), good("one one", "art-1"))
    trial.book(Drop(Kind.GOOD, ("one one",), 1))
    with trial.store.read() as txn:
        catalogue = trial.catalogue(txn)
        assert [catalogue.own_id(code) for code in ("7", "art-1", "8")] == ["7", "one one", None]
