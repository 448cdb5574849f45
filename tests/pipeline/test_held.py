"""Held exports: nobody else waits for them, and the later word wins when they are let through after all."""

from __future__ import annotations

import copy
import shutil
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from faults import Fuse, Stopped
from post_office import PostOffice, export, good, goods
from tillpost.errors import Reason, Reject, Retry
from tillpost.pipeline import held
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.ledger import Export, Ledger
from tillpost.pipeline.office import Office

pytestmark = pytest.mark.usefixtures("unsynced")

TEN = [good(str(number)) for number in range(10)]


def waiting(opened: Office) -> list[Export]:
    with opened.store.read() as txn:
        return [one for one in Ledger(txn).exports() if one.state.value == "held"]


def release(office: PostOffice) -> Export:
    """Lets through the only export that is held."""
    with office.open() as opened:
        (one,) = waiting(opened)
        return held.release(opened, one.arrival)


def refuse(office: PostOffice) -> Export:
    with office.open() as opened:
        (one,) = waiting(opened)
        return held.refuse(opened, one.arrival)


@pytest.fixture
def holding(office: PostOffice) -> PostOffice:
    """Ten goods at the till; a full export that keeps the first two, and makes the first dearer, is held."""
    office.send("goods.xml", goods(*TEN))
    assert office.send("few.xml", goods(good("0", "11.00"), TEN[1])) == "held"
    return office


def test_held_export_changes_nothing(holding: PostOffice) -> None:
    assert len(holding.take().goods) == 10
    assert holding.where("few.xml") == ["held"]


def test_why_of_a_held_export_says_what_it_would_change(holding: PostOffice) -> None:
    (why,) = (holding.root / "held").rglob("few.xml.why")
    text = why.read_text("utf-8")
    assert "8 of 10 goods would go" in text
    assert "tillpost held release" in text


def test_later_exports_are_not_blocked(holding: PostOffice) -> None:
    assert holding.send("later.xml", goods(good("5", "12.00"), full=False)) == "processed"
    assert holding.take().goods["5"]["price"] == Decimal("12.00")


def test_release_applies_what_was_held(holding: PostOffice) -> None:
    assert release(holding).state.value == "processed"
    till = holding.take()
    assert set(till.goods) == {"0", "1"}
    assert till.goods["0"]["price"] == Decimal("11.00")
    assert holding.where("few.xml") == ["processed"]
    assert holding.where("few.xml.why") == []
    assert holding.reply("few.xml.json")["state"] == "processed"


def test_later_word_wins_over_what_is_released(holding: PostOffice) -> None:
    holding.send("later.xml", goods(good("0", "13.00"), full=False))
    release(holding)
    assert holding.take().goods["0"]["price"] == Decimal("13.00")
    assert holding.reply("few.xml.json")["records"]["skipped"] == 1


def test_later_word_that_changed_nothing_wins_too(holding: PostOffice) -> None:
    holding.send("later.xml", goods(good("0"), full=False))
    release(holding)
    assert holding.take().goods["0"]["price"] == Decimal("10.00")


def test_released_full_export_deletes_nothing_that_a_later_one_named(holding: PostOffice) -> None:
    holding.send("later.xml", goods(good("7"), good("new"), full=False))
    release(holding)
    assert set(holding.take().goods) == {"0", "1", "7", "new"}


def test_later_deletion_is_a_later_word(holding: PostOffice) -> None:
    holding.send("gone.xml", goods(*(good(str(number)) for number in range(1, 10))))
    release(holding)
    assert "0" not in holding.take().goods


def test_release_is_weighed_by_nobody(holding: PostOffice) -> None:
    release(holding)
    assert holding.reply("few.xml.json")["suspicions"] == []


def test_refused_export_ends_in_error_and_changes_nothing(holding: PostOffice) -> None:
    assert refuse(holding).state.value == "error"
    assert holding.where("few.xml") == ["error"]
    assert holding.where("few.xml.why") == ["error"]
    assert len(holding.take().goods) == 10
    assert holding.reply("few.xml.json")["reason"]["code"] == "held.refused"


@pytest.mark.parametrize("decide", [held.release, held.refuse])
def test_what_is_decided_is_held_no_more(holding: PostOffice, decide) -> None:
    arrival = release(holding).arrival
    with holding.open() as opened, pytest.raises(Reject) as no:
        decide(opened, arrival)
    assert no.value.reason.code == "held.not-held"


def test_unknown_arrival_is_not_held(office: PostOffice) -> None:
    with office.open() as opened, pytest.raises(Reject):
        held.release(opened, 999)


def test_number_of_a_held_export_is_taken(office: PostOffice) -> None:
    office.send("a.xml", goods(*TEN, number=1))
    office.send("b.xml", goods(TEN[0], number=2))
    assert office.send("c.xml", goods(good("5", "12.00"), full=False, number=3)) == "processed"
    assert office.reply("c.xml.json")["warnings"] == []
    release(office)
    assert set(office.take().goods) == {"0", "5"}


def test_later_words_are_remembered_only_while_something_is_held(holding: PostOffice) -> None:
    holding.send("later.xml", goods(good("7"), full=False))
    assert _names(holding) > 0
    release(holding)
    holding.send("last.xml", goods(good("8", "3.00"), full=False))
    assert _names(holding) == 0


def test_later_words_are_remembered_until_the_release_is_booked(holding: PostOffice) -> None:
    """A release may be put off; what comes meanwhile is later than it."""
    with holding.open() as opened, opened.store.write() as txn:
        ledger = Ledger(txn)
        (one,) = [each for each in ledger.exports() if each.state.value == "held"]
        put_off = Export(**{**_fields(one), "state": type(one.state).CLAIMED, "released": True, "next_try": 9e12})
        ledger.save(Export(**{**_fields(put_off), "put_away": False}))
    holding.drop("later.xml", goods(good("0"), full=False))
    holding.feed(once=False)
    holding.feed()
    assert holding.take().goods["0"]["price"] == Decimal("10.00")
    assert holding.where("few.xml") == ["processed"]


def _fields(one: Export) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _names(office: PostOffice) -> int:
    with office.open() as opened, opened.store.read() as txn:
        return txn.table("named").count()


def test_held_file_that_was_removed_is_an_error_when_released(holding: PostOffice) -> None:
    _remove_held(holding)
    done = release(holding)
    assert (done.state.value, done.reason and done.reason.code) == ("error", "arrival.lost")
    assert len(holding.take().goods) == 10
    assert [one.state.value for one in holding.feed().exports] == []


def test_held_file_that_was_removed_can_be_refused(holding: PostOffice) -> None:
    _remove_held(holding)
    assert refuse(holding).state.value == "error"
    assert holding.feed().exports == []


def _remove_held(office: PostOffice) -> None:
    (file,) = (office.root / "held").rglob("few.xml")
    file.unlink()


def test_two_held_exports_are_released_in_any_order(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN))
    office.send("one.xml", goods(good("0", "11.00")))
    office.send("two.xml", goods(good("0", "12.00"), good("1", "12.00")))
    with office.open() as opened:
        for one in waiting(opened):  # the later first
            held.release(opened, one.arrival)
    till = office.take()
    assert till.goods["0"]["price"] == Decimal("12.00")
    assert set(till.goods) == {"0", "1"}


def test_held_prices_name_goods_and_prices_apart(office: PostOffice) -> None:
    """A later word on a good's name says nothing of its price."""
    office.send("goods.xml", goods(*(good(str(number), None) for number in range(10))))
    priced = "".join(f'<price good="{number}">10.00</price>' for number in range(10))
    office.send("prices.xml", export("prices", priced))
    office.send("dear.xml", export("prices", priced.replace("10.00", "99.00")))
    assert office.where("dear.xml") == ["held"]
    office.send("later.xml", goods(good("1", None, "Новое имя"), full=False))
    release(office)
    till = office.take()
    assert (till.goods["1"]["price"], till.goods["1"]["name"]) == (Decimal("99.00"), "Новое имя")


def test_full_disk_during_a_release_is_caught_up_by_the_next_round(
    holding: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise Retry(Reason("disk.full", path="/", detail="No space left on device"))

    with holding.open() as opened:
        (one,) = waiting(opened)
        with monkeypatch.context() as broken:
            broken.setattr(type(opened.rooms), "release", full)
            with pytest.raises(Retry):
                held.release(opened, one.arrival)
        Feed(opened).round(once=True)
    assert set(holding.take().goods) == {"0", "1"}
    assert holding.where("few.xml") == ["processed"]


@pytest.mark.parametrize(("decide", "state"), [(held.release, "processed"), (held.refuse, "error")])
def test_decision_after_a_kill_at_any_step_leaves_one_reply(tmp_path: Path, decide: Any, state: str) -> None:
    """Also where the reply was written and nobody noted its name."""
    begun = PostOffice(tmp_path / "begun", {"5": ["1"]})
    begun.send("ten.xml", goods(*TEN))
    begun.drop("few.xml", goods(*TEN[:2]))
    decided, fuse, at = 0, Fuse(), 0
    while not at or fuse.went_off:
        at += 1
        office, fuse = copy.copy(begun), Fuse(at)
        office.root = tmp_path / f"killed{at}"
        shutil.copytree(begun.root, office.root)
        with suppress(Stopped), office.open(fuse) as opened:
            Feed(opened).round(once=True)
        with office.open() as opened:
            for one in waiting(opened):
                decided += 1
                assert decide(opened, one.arrival).state.value == state
        office.feed()
        pages = [office.reply(path.name) for path in (office.root / "replies").glob("few.xml*")]
        assert [page["state"] for page in pages] in ([state], ["held"]), at  # held: it came to be only with that round
        assert office.where("few.xml") != ["inbox"]
    assert decided > 5


def test_held_export_that_cannot_be_put_away_waits(holding: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise Retry(Reason("disk.full", path="/", detail="No space left on device"))

    with holding.open() as opened:
        (one,) = waiting(opened)
        with opened.store.write() as txn:
            Ledger(txn).save(Export(**{**_fields(one), "put_away": False, "reply": ""}))
        with monkeypatch.context() as broken:
            broken.setattr(type(opened.rooms), "reply", full)
            with pytest.raises(Retry, match="put away"):
                held.refuse(opened, one.arrival)
        assert held.refuse(opened, one.arrival).state.value == "error"
