"""The witness itself: a till that forgives too much would prove nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from simulated_till import SimulatedTill, TillStopped, parse, waiting


def good(code: str, barcode: str, *more: str, **fields: Any) -> dict[str, Any]:
    invent = {"inventcode": code, "barcode": barcode, "barcodes": [{"barcode": b} for b in more], **fields}
    return {"command": "addInventItem", "invent": invent}


def extra(code: int) -> dict[str, Any]:
    return {"pricecode": code, "price": Decimal("55.00")}


def told(*commands: dict[str, Any]) -> SimulatedTill:
    till = SimulatedTill()
    till.apply(commands)
    return till


def put(folder: Path, number: int, text: str = '{"command": "clearUnit"}\n---\n', *, flag: bool = True) -> None:
    (folder / f"pos{number:010}.aif").write_text(text, "utf-8")
    if flag:
        (folder / f"pos{number:010}.flz").touch()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_good_is_replaced_but_keeps_barcodes_and_prices_it_does_not_list() -> None:
    first = good("1", "11", "12", name="A", age=18, additionalprices=[extra(2)])
    till = told(first, good("1", "13", name="B"))
    assert till.goods["1"] == {"inventcode": "1", "barcode": "13", "name": "B"}
    assert till.barcodes_of("1") == {"11", "12", "13"}
    assert ("1", 2) in till.extra_prices


def test_barcode_sent_with_another_good_moves() -> None:
    till = told(good("1", "11"), good("2", "22", "11"))
    found = till.good_of("11")
    assert found is not None
    assert found["inventcode"] == "2"
    assert till.barcodes_of("1") == set()


def test_deleted_barcode_leaves_whoever_has_it_now() -> None:
    till = told(good("1", "11"), good("2", "11"), {"command": "deleteBarcode", "barcode": "11"})
    assert till.barcodes == {}
    assert set(till.goods) == {"1", "2"}


def test_deleted_good_takes_its_barcodes_and_prices_along() -> None:
    other = good("2", "22", additionalprices=[extra(2)])
    till = told(
        good("1", "11", "12", additionalprices=[extra(2)]), other, {"command": "deleteInventItem", "inventcode": "1"}
    )
    assert till.state() == told(other).state()


@pytest.mark.parametrize("barcode", ["11", "12", "1"])
def test_extra_price_is_deleted_by_any_barcode_or_the_code(barcode: str) -> None:
    price = {"barcode": barcode, "pricecode": 2}
    till = told(
        good("1", "11", "12", additionalprices=[extra(2), extra(3)]),
        {"command": "deleteAdditionalPrice", "additionalprice": price},
    )
    assert set(till.extra_prices) == {("1", 3)}


def test_extra_price_outlives_a_deletion_by_a_barcode_that_left_before() -> None:
    till = told(
        good("1", "11", additionalprices=[extra(2)]),
        {"command": "deleteBarcode", "barcode": "11"},
        {"command": "deleteAdditionalPrice", "additionalprice": {"barcode": "11", "pricecode": 2}},
    )
    assert ("1", 2) in till.extra_prices


def test_each_clear_empties_its_own_list() -> None:
    till = told(good("1", "11", additionalprices=[extra(2)]), {"command": "clearInventory"})
    assert (till.goods, till.barcodes_of("1"), set(till.extra_prices)) == ({}, {"11"}, {("1", 2)})
    till.apply([{"command": "clearBarcode"}, {"command": "clearAdditionalPrice"}])
    assert till.state() == SimulatedTill().state()


@pytest.mark.parametrize(
    "command",
    [
        {"command": "addMiracle"},
        {"unit": {}},
        {"command": "addUnit", "unit": {"unitCode": "1"}},
        {"command": "addUnit", "unit": {"unitCode": True}},
        {"command": "addUnit", "Unit": {"unitCode": 1}},
        {"command": "addUnit", "unit": {"unitCode": 1, "colour": "red"}},
        {"command": "addUnit", "unit": [1]},
        {"command": "addInventItem", "invent": {"inventcode": "1", "barcodes": {"barcode": "2"}}},
        {"command": "addInventItem", "invent": {"inventcode": "1" * 21}},
        {"command": "addInventGroup", "inventGroup": {"groupCode": "1", "groupname": "я" * 201}},
    ],
)
def test_till_stops_at_what_it_does_not_know(command: dict[str, Any]) -> None:
    with pytest.raises(TillStopped):
        told(command)


@pytest.mark.parametrize("data", [b"{\n---\n", b"[]\n---\n", b"\n---\n"])
def test_till_stops_at_what_is_no_object(data: bytes) -> None:
    with pytest.raises(TillStopped):
        parse(data)


def test_last_object_without_its_line_is_dropped() -> None:
    assert parse(b'{"command": "clearUnit"}\n---\n{"command": "clearUnit"}\n') == [{"command": "clearUnit"}]


def test_files_are_taken_by_number_and_both_deleted(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        put(tmp_path, number)
    till = SimulatedTill()
    assert till.take(tmp_path, 2) == [1, 2]
    assert names(tmp_path) == ["pos0000000010.aif", "pos0000000010.flz"]
    assert till.take(tmp_path) == [10]
    assert (till.taken, names(tmp_path)) == ([1, 2, 10], [])


def test_data_without_a_flag_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, 1, flag=False)
    (tmp_path / "pos0000000002.flz").touch()
    (tmp_path / "pos3.aif").touch()
    assert waiting(tmp_path) == []
    assert SimulatedTill().take(tmp_path) == []
    assert len(names(tmp_path)) == 3


@pytest.mark.parametrize(("flag_first", "left"), [(False, "pos0000000002.flz"), (True, "pos0000000002.aif")])
def test_till_may_die_between_its_two_deletions(tmp_path: Path, flag_first: bool, left: str) -> None:
    put(tmp_path, 1)
    put(tmp_path, 2)
    till = SimulatedTill()
    assert till.take(tmp_path, stop_between=True, flag_first=flag_first) == [1, 2]
    assert names(tmp_path) == [left]
    assert till.take(tmp_path) == []


def test_till_that_stops_deletes_nothing_it_could_not_read(tmp_path: Path) -> None:
    put(tmp_path, 1, '{"command": "addMiracle"}\n---\n')
    with pytest.raises(TillStopped):
        SimulatedTill().take(tmp_path)
    assert len(names(tmp_path)) == 2
