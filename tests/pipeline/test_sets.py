"""Full exports in parts: what they state holds at once, what they leave out goes when their set has ended."""

from __future__ import annotations

import pytest
from commerceml_pages import page
from post_office import PostOffice, good, goods
from tillpost.pipeline import held
from tillpost.pipeline.ledger import Ledger, PartSet
from tillpost.pipeline.sets import REFUSED, complete, named_in

pytestmark = pytest.mark.usefixtures("unsynced")

ALL = "abcdefghij"


def names(office: PostOffice) -> set[str]:
    """What the till sells, by the ids of the ERP."""
    return {fields["name"].removeprefix("Товар ") for fields in office.take().goods.values()}


def quiet(office: PostOffice) -> None:
    office.clock.pass_(seconds=61)
    office.feed()


@pytest.fixture
def filled(office: PostOffice) -> PostOffice:
    """The list stands, and its set has ended."""
    office.send("import0_1.xml", page(ALL))
    quiet(office)
    assert names(office) == set(ALL)
    return office


def send_parts(office: PostOffice, *parts: str) -> None:
    for number, ids in enumerate(parts, 1):
        assert office.send(f"import0_{number}.xml", page(ids)) == "processed"


def test_records_of_a_part_hold_at_once(office: PostOffice) -> None:
    office.send("import0_1.xml", page("ab"))
    assert names(office) == {"a", "b"}


def test_part_alone_deletes_nothing(filled: PostOffice) -> None:
    send_parts(filled, "abcd", "efgh")
    assert names(filled) == set(ALL)


def test_set_ends_by_its_flag(filled: PostOffice) -> None:
    send_parts(filled, "abcd", "efgh")
    filled.drop("import0.flz", b"")
    filled.feed()
    assert names(filled) == set("abcdefgh")
    assert not (filled.root / "inbox" / "import0.flz").exists()


def test_set_ends_by_a_quiet_time(filled: PostOffice) -> None:
    send_parts(filled, "abcd", "efgh")
    filled.clock.pass_(seconds=59)
    filled.feed()
    assert names(filled) == set(ALL)
    quiet(filled)
    assert names(filled) == set("abcdefgh")


def test_end_of_a_set_has_a_verdict_and_a_reply_of_its_own(filled: PostOffice) -> None:
    send_parts(filled, "abcd", "efgh")
    quiet(filled)
    assert filled.where("import0.set") == ["processed", "processed"]
    replies = sorted(path.name for path in (filled.root / "replies").glob("import0.set.*json"))
    assert len(replies) == 2
    assert filled.reply(replies[0])["counts"]["good"]["deleted"] == 2


def test_flag_that_comes_with_its_parts_ends_the_set_after_them(filled: PostOffice) -> None:
    for number, ids in enumerate(("abcd", "efgh"), 1):
        filled.drop(f"import0_{number}.xml", page(ids))
    filled.drop("import0.flz", b"")
    filled.feed()
    assert names(filled) == set("abcdefgh")


def test_set_waits_for_a_part_that_is_still_being_written(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    filled.drop("import0_2.xml", page("efgh"))
    filled.drop("import0.flz", b"")
    with (filled.root / "inbox" / "import0_2.xml").open("ab"):
        filled.feed()
        assert names(filled) == set(ALL)
    filled.feed()
    assert names(filled) == set("abcdefgh")


def test_broken_part_lets_the_set_delete_nothing(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    assert filled.send("import0_2.xml", page("efgh")[:-40]) == "broken"
    quiet(filled)
    assert names(filled) == set(ALL)
    assert filled.where("import0.set") == ["error", "processed"]
    (reply,) = [path.name for path in (filled.root / "replies").glob("import0.set.*.json")]
    assert filled.reply(reply)["reason"]["code"] == "sets.spoilt"
    assert "import0_2.xml" in filled.reply(reply)["reason"]["text"]


@pytest.mark.parametrize("first", [True, False], ids=["the first", "the second"])
def test_part_whose_root_cannot_be_read_lets_the_set_delete_nothing(filled: PostOffice, first: bool) -> None:
    broken, sound = ("import0_1.xml", "import0_2.xml") if first else ("import0_2.xml", "import0_1.xml")
    for name in sorted((broken, sound)):
        filled.send(name, "no XML at all" if name == broken else page("abcd"))
    quiet(filled)
    assert names(filled) == set(ALL)
    assert filled.where("import0.set") == ["error", "processed"]


def test_held_part_lets_the_set_delete_nothing(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    assert filled.send("import0_2.xml", page("efghij", price="99.00")) == "held"
    quiet(filled)
    assert names(filled) == set(ALL)
    assert filled.where("import0.set") == ["error", "processed"]


def test_released_part_claims_nothing(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    filled.send("import0_2.xml", page("efghij", price="99.00"))
    quiet(filled)
    with filled.open() as opened:
        (waiting,) = [export for export in _exports(opened) if export.state.value == "held"]
        assert held.release(opened, waiting.arrival).state.value == "processed"
    quiet(filled)
    assert names(filled) == set(ALL)
    assert {str(till["price"]) for till in filled.take().goods.values()} == {"9.5", "9.50", "99.00"} - {"9.5"}


def _exports(opened):
    with opened.store.read() as txn:
        return list(Ledger(txn).exports())


def test_same_part_again_begins_a_new_set(filled: PostOffice) -> None:
    send_parts(filled, "abcd", "efgh")
    send_parts(filled, "abcdefghi")
    quiet(filled)
    assert names(filled) == set("abcdefghi")


def test_part_after_the_end_begins_a_new_set(filled: PostOffice) -> None:
    send_parts(filled, "abcdefghi")
    quiet(filled)
    assert filled.send("import0_2.xml", page("abcdefgh")) == "processed"
    assert names(filled) == set("abcdefghi")
    quiet(filled)
    assert names(filled) == set("abcdefgh")


def test_refused_record_of_a_part_keeps_its_old_value(filled: PostOffice) -> None:
    damaged = page(ALL).replace("<Наименование>Товар c</Наименование>", "")
    assert filled.send("import0_1.xml", damaged) == "processed"
    quiet(filled)
    assert "c" in names(filled)


def test_good_that_came_between_the_parts_stays(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    filled.send("change.xml", page("z", full=False))
    filled.send("import0_2.xml", page("efghi"))
    quiet(filled)
    assert names(filled) == set("abcdefghiz")


def test_end_that_deletes_much_is_held_and_released(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    quiet(filled)
    assert filled.where("import0.set") == ["held", "processed"]
    assert names(filled) == set(ALL)
    with filled.open() as opened:
        (waiting,) = [export for export in _exports(opened) if export.state.value == "held"]
        held.release(opened, waiting.arrival)
    assert names(filled) == set("abcd")
    assert filled.where("import0.set") == ["processed", "processed"]


def test_end_that_is_refused_deletes_nothing_and_is_forgotten(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    quiet(filled)
    with filled.open() as opened:
        (waiting,) = [export for export in _exports(opened) if export.state.value == "held"]
        assert held.refuse(opened, waiting.arrival).state.value == "error"
        with opened.store.read() as txn:
            assert Ledger(txn).part_sets() == []
    quiet(filled)
    assert names(filled) == set(ALL)


def test_new_set_may_come_while_the_end_of_the_last_is_held(filled: PostOffice) -> None:
    send_parts(filled, "abcd")
    quiet(filled)
    send_parts(filled, "abcdefghi")
    quiet(filled)
    assert names(filled) == set("abcdefghi")
    with filled.open() as opened:
        (waiting,) = [export for export in _exports(opened) if export.state.value == "held"]
        held.release(opened, waiting.arrival)
    assert names(filled) == set("abcdefghi")


def test_sets_of_two_shops_are_their_own(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    for shop in ("5", "6"):
        office.send("import0_1.xml", page(ALL), shop=shop)
    quiet(office)
    office.send("import0_1.xml", page("abcdefghi"), shop="6")
    office.drop("import0.flz", b"", shop="6")
    office.feed()
    assert len(office.take("5", "1").goods) == 10
    assert len(office.take("6", "1").goods) == 9


def test_own_export_named_like_a_part_is_whole(office: PostOffice) -> None:
    office.send("goods_5_1.xml", goods(*(good(str(number)) for number in range(10))))
    office.send("goods_5_2.xml", goods(*(good(str(number)) for number in range(9))))
    assert len(office.take().goods) == 9


# --- the ledger's part of it


def test_names_of_a_set_are_dropped_with_it(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillpost.pipeline.ledger.DROPPED_AT_ONCE", 3)
    office.send("import0_1.xml", page(ALL))
    with office.open() as opened, opened.store.write() as txn:
        ledger = Ledger(txn)
        (part_set,) = ledger.part_sets()
        assert ledger.named_in_set(part_set.key, "good", ("a",))
        ledger.drop_set(part_set.key)
        assert txn.table("set names").count() == 0


def test_name_longer_than_any_key_is_no_facts_name(office: PostOffice) -> None:
    with office.open() as opened, opened.store.write() as txn:
        ledger = Ledger(txn)
        ledger.name_in_set("1", "good", ("x" * 600,))
        assert txn.table("set names").count() == 0


def test_refused_variant_is_known_by_its_whole_name(office: PostOffice) -> None:
    with office.open() as opened, opened.store.write() as txn:
        ledger = Ledger(txn)
        ledger.name_in_set("1", REFUSED, ("good#size",))
        assert named_in(ledger, "1", "variant", ("good", "size"))
        assert not named_in(ledger, "1", "variant", ("good", "other"))


def test_set_is_complete_once(office: PostOffice) -> None:
    office.send("import0_1.xml", page("a"))
    with office.open() as opened, opened.store.write() as txn:
        ledger = Ledger(txn)
        (part_set,) = ledger.part_sets()
        assert complete(ledger, frozenset({("", "import0")}), part_set.last, 60) == [part_set]
        ledger.save_set(PartSet(**{**_fields(part_set), "closing": True}))
        assert complete(ledger, frozenset({("", "import0")}), part_set.last + 999, 60) == []


def _fields(part_set: PartSet) -> dict[str, object]:
    return {name: getattr(part_set, name) for name in part_set.__struct_fields__}
