"""The way out, driven through its directories as an ERP and tills would."""

from __future__ import annotations

import dataclasses
import os
from decimal import Decimal

import pytest
from post_office import NOON, PostOffice, export, good, goods
from tillpost.converters import ownrecords

MILK = good("1", "52.50", "Молоко", ("4008429033452",))
BREAD = good("2", "31.00", "Хлеб")


def many(count: int, *extra: str, price: str = "10.00") -> list[str]:
    return [*(good(f"{number}", price) for number in range(100, 100 + count)), *extra]


# --- what a till gets


def test_export_lies_at_every_till_numbered_and_flagged(office: PostOffice) -> None:
    assert office.send("goods.xml", goods(MILK, BREAD)) == "processed"
    for till in ("1", "2"):
        assert office.queue("5", till) == ["pos0000000001.aif", "pos0000000001.flz"]
        assert set(office.take("5", till).goods) == {"1", "2"}


def test_tills_share_one_file(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK))
    inodes = {(office.folder("5", till) / "pos0000000001.aif").stat().st_ino for till in ("1", "2")}
    assert len(inodes) == 1


def test_same_export_again_queues_nothing(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK, BREAD))
    before = office.queue()
    assert office.send("goods.xml", goods(MILK, BREAD)) == "processed"
    assert office.queue() == before


def test_changed_good_alone_is_queued(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK, BREAD))
    office.take()
    office.send("changes.xml", goods(good("2", "33.00", "Хлеб"), full=False))
    assert office.queue() == ["pos0000000002.aif", "pos0000000002.flz"]
    assert office.take().goods["2"]["price"] == Decimal("33.00")


def test_full_load_empties_the_till_first(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK))
    first = (office.folder("5", "1") / "pos0000000001.aif").read_text("utf-8").splitlines()[0]
    assert first == '{"command":"clearInventory"}'


def test_chunks_hold_at_most_what_the_settings_say(make_office) -> None:
    office = make_office(settings="[feed]\nchunk_size = 10")
    office.send("goods.xml", goods(*many(25)))
    folder = office.folder("5", "1")
    sizes = [file.read_bytes().count(b"\n---\n") for file in sorted(folder.glob("*.aif"))]
    assert sizes[:2] == [10, 10]
    assert all(size <= 10 for size in sizes)
    assert len(office.take().goods) == 25


def test_till_that_never_takes_costs_a_window_and_loses_nothing(make_office) -> None:
    office = make_office(settings="[feed]\nchunk_size = 10\n[queue]\nwindow = 2")
    office.send("goods.xml", goods(*many(40)))
    assert len(office.queue()) == 4
    for _ in range(8):
        office.take()
        office.feed()
    assert len(office.tills["5", "1"].goods) == 40
    assert len(office.queue("5", "2")) == 4
    assert office.tills["5", "1"].taken == list(range(1, len(office.tills["5", "1"].taken) + 1))


def test_deleted_good_leaves_the_till_with_its_barcode(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK, *many(9)))
    office.take()
    office.send("goods2.xml", goods(*many(9)))
    till = office.take()
    assert "1" not in till.goods
    assert "4008429033452" not in till.barcodes


def test_good_without_a_price_is_not_sent_and_is_named(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK, good("9", None)))
    assert set(office.take().goods) == {"1"}
    assert office.reply("goods.xml.json")["unsold"] == ["9"]


def test_price_file_reaches_its_shop_alone(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    office.send("goods.xml", goods(MILK))
    office.take_all()
    office.send("prices.xml", export("prices", '<price good="1">60.00</price>', full=False, shop="6"))
    assert office.take("5", "1").goods["1"]["price"] == Decimal("52.50")
    assert office.take("6", "1").goods["1"]["price"] == Decimal("60.00")


def test_folder_of_a_shop_is_its_scope(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    assert office.send("goods.xml", goods(MILK), shop="6") == "processed"
    assert office.queue("5", "1") == []
    assert set(office.take("6", "1").goods) == {"1"}


# --- verdicts


def test_refused_record_is_named_and_the_others_are_taken(office: PostOffice) -> None:
    office.drop("goods.xml", goods(MILK, good("2", "-5"), good("3", "7.00")))
    account = office.feed()
    assert [export.state for export in account.exports] == ["processed"]
    assert set(office.take().goods) == {"1", "3"}
    (refused,) = office.reply("goods.xml.json")["refused"]
    assert (refused["line"], refused["kind"], refused["key"], refused["field"]) == (4, "good", "2", "price")


def test_refused_record_keeps_its_old_value(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK, BREAD))
    office.send("goods2.xml", goods(MILK, good("2", "bad")))
    assert office.take().goods["2"]["price"] == Decimal("31.00")


def test_too_many_refused_records_reject_the_file(office: PostOffice) -> None:
    assert office.send("goods.xml", goods(MILK, good("2", "x"), good("3", "y"))) == "broken"
    assert office.queue() == []


def test_broken_file_stops_no_other(office: PostOffice) -> None:
    office.drop("a.xml", goods(MILK)[:-20])
    office.drop("b.xml", goods(BREAD))
    states = {export.name: export.state.value for export in office.feed().exports}
    assert states == {"a.xml": "broken", "b.xml": "processed"}
    assert office.where("a.xml") == ["broken"]
    assert office.where("a.xml.why") == ["broken"]
    assert office.reply("a.xml.json")["reason"]["text"]


def test_verdicts_are_told_in_the_set_language(make_office) -> None:
    office = make_office(settings='language = "ru"')
    office.send("a.xml", goods(MILK, shop="77"))
    assert "магазина 77 нет" in office.reply("a.xml.json")["reason"]["text"]


def test_unknown_shop_is_an_error(office: PostOffice) -> None:
    assert office.send("goods.xml", goods(MILK, shop="77")) == "error"
    assert office.where("goods.xml") == ["error"]


@pytest.mark.parametrize("name", [b"\xff", b"a\nb", b"a\\u00ff"])
def test_folder_whose_name_is_no_shops_stops_no_other(office: PostOffice, name: bytes) -> None:
    folder = office.root / "inbox" / os.fsdecode(name)
    folder.mkdir()
    (folder / "lost.xml").write_text(goods(MILK), "utf-8")
    assert office.send("goods.xml", goods(BREAD)) == "processed"
    assert list(folder.iterdir()) == []
    assert office.where("lost.xml") == ["error"]


def test_file_of_one_shop_in_the_folder_of_another_is_an_error(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    assert office.send("goods.xml", goods(MILK, shop="5"), shop="6") == "error"


def test_name_that_came_before_gets_a_reply_of_its_own(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK))
    office.send("goods.xml", goods(MILK, BREAD))
    names = sorted(file.name for file in (office.root / "replies").iterdir())
    assert len(names) == 2
    assert names[1] == "goods.xml.json"
    assert office.reply(names[0])["records"]["read"] == 2


def test_reply_of_a_damaged_name_is_found(office: PostOffice) -> None:
    name = "цены\nновые.xml"
    office.send(name, goods(MILK))
    assert [file.name for file in (office.root / "replies").iterdir()] == [f"{name}.json"]


# --- numbers


def test_same_number_with_the_same_content_is_a_repeat(office: PostOffice) -> None:
    office.send("a.xml", goods(MILK, number=17))
    assert office.send("b.xml", goods(MILK, number=17)) == "processed"
    assert office.reply("b.xml.json")["reason"]["code"] == "feed.repeat"


@pytest.mark.parametrize("number", [16, 17])
def test_old_number_is_an_error(office: PostOffice, number: int) -> None:
    office.send("a.xml", goods(MILK, number=17))
    assert office.send("b.xml", goods(MILK, BREAD, number=number)) == "error"
    assert office.reply("b.xml.json")["reason"]["code"] == "feed.old-number"


def test_gap_before_changes_is_told(office: PostOffice) -> None:
    office.send("a.xml", goods(MILK, number=17))
    assert office.send("b.xml", goods(BREAD, full=False, number=19)) == "processed"
    assert [warning["code"] for warning in office.reply("b.xml.json")["warnings"]] == ["feed.gap"]


def test_gap_before_changes_is_held_where_the_settings_say_so(make_office) -> None:
    office = make_office(settings="[feed]\nhold_gaps = true")
    office.send("a.xml", goods(MILK, number=17))
    assert office.send("b.xml", goods(BREAD, full=False, number=19)) == "held"


def test_numbers_of_other_shops_and_kinds_are_their_own(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    office.send("a.xml", goods(MILK, number=17))
    assert office.send("b.xml", goods(MILK, number=3, shop="6")) == "processed"
    assert office.send("c.xml", export("units", '<unit code="1">шт</unit>', number=1)) == "processed"


def test_numbered_exports_of_one_round_are_read_in_their_order(office: PostOffice) -> None:
    for name, number, price in (("a.xml", 3, "3.00"), ("b.xml", 1, "1.00"), ("c.xml", 2, "2.00")):
        office.drop(name, goods(good("1", price), full=False, number=number))
    account = office.feed()
    assert [(export.name, export.state.value) for export in account.exports] == [
        ("b.xml", "processed"),
        ("c.xml", "processed"),
        ("a.xml", "processed"),
    ]
    assert office.take().goods["1"]["price"] == Decimal("3.00")


def test_broken_number_may_come_again_mended(office: PostOffice) -> None:
    office.send("a.xml", goods(MILK, number=1)[:-9])
    assert office.send("a.xml", goods(MILK, number=1)) == "processed"


# --- time


def test_dated_price_comes_and_goes_with_its_days(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK))
    promo = '<price good="1" from="2026-11-23" to="2026-11-24">40.00</price>'
    office.send("prices.xml", export("prices", promo, full=False))
    assert office.take().goods["1"]["price"] == Decimal("52.50")
    seen = []
    for _ in range(5):
        office.clock.pass_(days=1)
        office.feed()
        seen.append(office.take().goods["1"]["price"])
    assert seen == [Decimal(price) for price in ("52.50", "40.00", "40.00", "52.50", "52.50")]


def test_dated_price_is_caught_up_after_downtime(office: PostOffice) -> None:
    office.send("goods.xml", goods(MILK))
    office.send(
        "p.xml", export("prices", '<price good="1" from="2026-11-22" to="2026-11-24">40.00</price>', full=False)
    )
    office.clock.pass_(days=9)
    office.feed()
    assert office.take().goods["1"]["price"] == Decimal("52.50")


def test_price_changes_wait_for_their_hours_and_names_do_not(make_office) -> None:
    office = make_office({"5": ["1"]})
    office.settings("[shops.5]\nprice_hours = '22:00-08:00'\n#")
    (office.root / "tillpost.toml").write_text("[shops.5]\nprice_hours = '22:00-08:00'\n", "utf-8")
    office.send("goods.xml", goods(MILK))
    office.take()
    office.send("changes.xml", goods(good("1", "60.00", "Молоко топлёное"), full=False))
    till = office.take()
    assert (till.goods["1"]["price"], till.goods["1"]["name"]) == (Decimal("52.50"), "Молоко топлёное")
    office.clock.pass_(hours=10)
    office.feed()
    assert office.take().goods["1"]["price"] == Decimal("60.00")


def test_clear_waits_for_its_hours_unless_a_person_overrides(make_office) -> None:
    office = make_office({"5": ["1"]})
    (office.root / "tillpost.toml").write_text("[shops.5]\nclear_hours = '22:00-08:00'\n", "utf-8")
    office.send("goods.xml", goods(MILK))
    assert office.queue() == []
    office.feed(ignore_hours=True)
    assert office.queue() == ["pos0000000001.aif", "pos0000000001.flz"]


def test_clock_of_the_tests_is_a_saturday_in_moscow() -> None:
    assert NOON == 1_795_255_200


def test_fault_of_our_own_stops_no_other_export(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    office.drop("a.xml", export("units", '<unit code="1">шт</unit>'))
    office.drop("b.xml", goods(MILK))
    monkeypatch.setitem(ownrecords.KINDS, "units", dataclasses.replace(ownrecords.KINDS["units"], read=stumble))
    states = {export.name: export.state.value for export in office.feed().exports}
    assert states == {"a.xml": "error", "b.xml": "processed"}
    assert office.reply("a.xml.json")["reason"]["code"] == "feed.surprise"


def test_what_a_killed_writer_left_beside_the_queues_is_removed(office: PostOffice) -> None:
    left = office.root / "queues" / ".tillpost-0123456789abcdef.tmp"
    left.write_text("5 1 7\n", "utf-8")
    office.feed()
    assert not left.exists()
