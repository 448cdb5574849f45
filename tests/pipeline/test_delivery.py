"""From the change log to the tills: shared chunks, windows, and trouble that stays with its till."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from faults import Fuse, Stopped, full
from post_office import PostOffice, good, goods
from simulated_till import SimulatedTill
from tillpost.pipeline import root, views
from tillpost.pipeline.delivery import Delivery
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.ledger import Ledger
from tillpost.queues.till import TillState

pytestmark = pytest.mark.usefixtures("unsynced")

LIST = [good(str(number), barcodes=(f"2{number:012}",)) for number in range(100, 130)]
SMALL = "[feed]\nchunk_size = 10\n[queue]\nwindow = 2"


def states(office: PostOffice) -> dict[str, TillState]:
    with office.open() as opened, opened.store.read() as txn:
        return {f"{state.shop}/{state.till}": state for state in Ledger(txn).tills()}


def inodes(office: PostOffice, number: int) -> set[int]:
    return {(office.folder(*key) / f"pos{number:010}.aif").stat().st_ino for key in office.tills}


def commits(office: PostOffice) -> int:
    """What one more round writes."""
    fuse = Fuse(only=lambda path: path == Path("commit"))
    with office.open(fuse) as opened:
        Feed(opened).round(once=True)
    return fuse.count


# --- windows and sharing


def test_window_is_never_exceeded(make_office) -> None:
    office = make_office(settings=SMALL)
    office.send("goods.xml", goods(*LIST))
    for _ in range(10):
        assert len(list(office.folder("5", "1").glob("*.aif"))) <= 2
        office.tills["5", "1"].take(office.folder("5", "1"), 1)
        office.feed()
    assert len(office.tills["5", "1"].goods) == 30


def test_tills_that_lack_the_same_share_every_chunk(make_office) -> None:
    office = make_office({"5": ["1", "2", "3"]}, settings=SMALL)
    office.send("goods.xml", goods(*LIST))
    assert len(inodes(office, 1)) == len(inodes(office, 2)) == 1


def test_till_that_comes_later_shares_what_is_still_the_same(make_office) -> None:
    office = make_office({"5": ["1"]}, settings="[feed]\nchunk_size = 10")
    office.send("goods.xml", goods(*LIST))
    with office.open() as opened:
        root.add_tills(opened, "5", ["2"])
    office.feed()
    assert inodes(office, 1) == {(office.folder("5", "2") / "pos0000000001.aif").stat().st_ino}


def test_copies_are_files_of_their_own_with_the_same_bytes(make_office) -> None:
    office = make_office(settings="[queue]\nshare = 'copies'")
    office.send("goods.xml", goods(*LIST))
    assert len(inodes(office, 1)) == 2
    assert len({(office.folder(*key) / "pos0000000001.aif").read_bytes() for key in office.tills}) == 1
    office.take_all()
    assert office.tills["5", "1"].state() == office.tills["5", "2"].state()


def test_new_till_is_filled_as_the_others_are(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    office.take_all()
    office.send("change.xml", goods(good("100", "77.00"), full=False))
    with office.open() as opened:
        root.add_tills(opened, "5", ["3"])
    office.tills["5", "3"] = SimulatedTill()
    office.feed()
    office.take_all()
    assert office.tills["5", "3"].state() == office.tills["5", "1"].state()


def test_shops_of_one_chain_get_chunks_of_their_own(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    office.send("a.xml", goods(*LIST))
    office.send("b.xml", goods(good("only6"), full=False), shop="6")
    assert "only6" not in office.take("5", "1").goods
    assert "only6" in office.take("6", "1").goods


def test_chunks_that_every_till_took_are_removed(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    office.send("change.xml", goods(good("100", "3.00"), full=False))
    change = states(office)["5/1"].outstanding[1].digest
    office.take_all()
    office.feed()
    assert change not in {file.stem for file in (office.root / "state" / "chunks").rglob("*.aif")}


def test_chunk_that_stands_at_one_till_is_kept(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    office.send("change.xml", goods(good("100", "3.00"), full=False))
    change = states(office)["5/2"].outstanding[1].digest
    office.take("5", "1")
    office.feed()
    assert change in {file.stem for file in (office.root / "state" / "chunks").rglob("*.aif")}


# --- nothing is done twice


def test_round_in_which_nothing_happened_commits_nothing(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    office.feed()
    assert commits(office) == 0


def test_round_uses_up_no_arrival_number(office: PostOffice) -> None:
    office.send("a.xml", goods(*LIST))
    for _ in range(5):
        office.feed()
    office.send("b.xml", goods(*LIST))
    with office.open() as opened, opened.store.read() as txn:
        first, second = sorted(export.arrival for export in Ledger(txn).exports())
    assert second == first + 1


def test_new_day_is_noted_once(office: PostOffice) -> None:
    office.send("a.xml", goods(*LIST))
    office.feed()
    office.clock.pass_(days=1)
    assert commits(office) > 0
    assert commits(office) == 0


def test_chunk_costs_two_commits_for_all_tills(make_office) -> None:
    office = make_office({"5": [str(till) for till in range(1, 6)]})
    office.send("goods.xml", goods(*LIST))
    office.take_all()
    office.feed()
    office.drop("b.xml", goods(good("100", "3.00"), full=False))
    fuse = Fuse(only=lambda path: path == Path("commit"))
    with office.open(fuse) as opened:
        Feed(opened).round(once=True)
    assert fuse.count == 5  # numbered, booked, put away; offered, flagged


def test_what_tills_took_goes_with_the_next_commit(make_office) -> None:
    office = make_office({"5": [str(till) for till in range(1, 6)]})
    office.send("goods.xml", goods(*LIST))
    office.take_all()
    office.drop("b.xml", goods(good("100", "3.00"), full=False))
    assert commits(office) == 5
    assert {(state.acked, len(state.outstanding)) for state in states(office).values()} == {(1, 1)}


def test_tills_wait_for_the_booking_and_not_for_what_follows_it(office: PostOffice) -> None:
    office.drop("goods.xml", goods(*LIST))
    fuse = Fuse(1, only=lambda path: path.parent.name == "replies")
    with office.open(fuse) as opened, pytest.raises(Stopped):
        Feed(opened).round(once=True)
    assert len(office.take("5", "1").goods) == 30
    office.feed()
    assert office.where("goods.xml") == ["processed"]
    assert office.reply("goods.xml.json")
    assert office.tills["5", "1"].taken == [1]


def test_state_that_did_not_change_is_not_written_again(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    shutil.rmtree(office.folder("5", "2"))
    office.feed()
    assert states(office)["5/2"].halted == "queue.folder-missing"
    assert commits(office) == 0


# --- hold and release


def test_till_on_hold_gets_nothing_and_catches_up(office: PostOffice) -> None:
    with office.open() as opened:
        root.hold(opened, "5", "1", held=True)
    office.send("goods.xml", goods(*LIST))
    assert office.queue("5", "1") == []
    assert office.queue("5", "2") != []
    with office.open() as opened:
        root.hold(opened, "5", "1", held=False)
    office.feed()
    assert len(office.take("5", "1").goods) == 30


def test_till_on_hold_may_take_what_stands_there(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    with office.open() as opened:
        root.hold(opened, "5", "1", held=True)
    office.take("5", "1")
    office.feed()
    assert states(office)["5/1"].acked == 1


# --- trouble that stays with its till


def test_unmounted_queues_count_as_nothing_taken(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    away = office.root / "away"
    (office.root / "queues").rename(away)
    for shop, till in office.tills:
        office.folder(shop, till).mkdir(parents=True)
    office.send("change.xml", goods(good("100", "3.00"), full=False))
    assert {state.acked for state in states(office).values()} == {0}
    assert {state.halted for state in states(office).values()} == {"queue.marker-missing"}
    shutil.rmtree(office.root / "queues")
    away.rename(office.root / "queues")
    office.feed()
    office.take_all()
    assert str(office.tills["5", "1"].goods["100"]["price"]) == "3.00"
    assert office.tills["5", "1"].taken == [1, 2]


def test_till_whose_folder_is_gone_stops_no_other(office: PostOffice) -> None:
    shutil.rmtree(office.folder("5", "1"))
    office.send("goods.xml", goods(*LIST))
    assert len(office.take("5", "2").goods) == 30


def test_till_whose_folder_came_back_catches_up(office: PostOffice) -> None:
    folder = office.folder("5", "1")
    away = folder.rename(office.root / "away")
    office.send("goods.xml", goods(*LIST))
    away.rename(folder)
    office.feed()
    assert len(office.take("5", "1").goods) == 30


def test_till_with_a_foreign_file_stops_alone(office: PostOffice) -> None:
    (office.folder("5", "1") / "pos0000000009.aif").write_text("not ours")
    office.send("goods.xml", goods(*LIST))
    assert states(office)["5/1"].halted
    assert len(office.take("5", "2").goods) == 30


@pytest.mark.parametrize("at", range(1, 4))
def test_full_disk_at_one_tills_folder_stops_no_other(make_office, at: int) -> None:
    office = make_office({"5": ["1", "2"], "6": ["1"]})
    office.drop("goods.xml", goods(*LIST))
    broken = office.folder("5", "1")
    with office.open(Fuse(at, full, only=lambda path: path.parent == broken)) as opened:
        Feed(opened).round(once=True)
    assert len(office.take("5", "2").goods) == len(office.take("6", "1").goods) == 30
    office.feed()
    assert len(office.take("5", "1").goods) == 30
    assert office.tills["5", "1"].taken == [1]


def test_shop_whose_chunk_the_disk_does_not_take_stops_no_other(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    office.drop("a.xml", goods(*LIST), shop="5")
    office.drop("b.xml", goods(*LIST[:5]), shop="6")
    chunks = office.root / "state" / "chunks"
    with office.open(Fuse(1, full, only=lambda path: chunks in path.parents)) as opened:
        account = Feed(opened).round(once=True)
        assert [name for name, _ in account.waiting] == [""]
    assert office.queue("6", "1") or office.queue("5", "1")
    office.feed()
    assert len(office.take("5", "1").goods) == 30
    assert len(office.take("6", "1").goods) == 5


# --- filling anew


def test_resync_gives_the_same_state_again(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    before = office.take("5", "1").state()
    with office.open() as opened:
        offered = root.resync(opened, "5", "1", now=False)
        assert offered == root.resync_size(opened, "5", "1")
    assert office.take("5", "1").state() == before
    assert office.queue("5", "2") == ["pos0000000001.aif", "pos0000000001.flz"]


def test_resync_waits_for_the_hours_of_clears(make_office) -> None:
    office = make_office({"5": ["1", "2"]})
    office.send("goods.xml", goods(*LIST))
    (office.root / "tillpost.toml").write_text("[shops.5]\nclear_hours = '22:00-08:00'\n", "utf-8")
    with office.open() as opened:
        assert root.resync(opened, "5", "1", now=False) == 0
        assert views.tills(opened)[0]["standing"] == "to be filled"
    office.clock.pass_(hours=10)
    office.feed()
    assert states(office)["5/1"].epoch == 2


def test_resync_at_once_overrides_the_hours_of_no_other_till(make_office) -> None:
    office = make_office({"5": ["1", "2"]})
    office.send("goods.xml", goods(*LIST))
    (office.root / "tillpost.toml").write_text("[shops.5]\nclear_hours = '22:00-08:00'\n", "utf-8")
    with office.open() as opened:
        assert root.resync(opened, "5", "1", now=False) == 0
        assert root.resync(opened, "5", "2", now=True) > 30
    assert {key: state.epoch for key, state in states(office).items()} == {"5/1": 1, "5/2": 2}


def test_commands_are_counted_for_each_shop(make_office) -> None:
    office = make_office({"5": ["1", "2"], "6": ["1"]})
    office.drop("goods.xml", goods(*LIST), shop="5")
    account = office.feed()
    assert account.commands["5"] >= 30
    assert not account.commands.get("6")


def test_observing_is_enough_to_know_what_was_taken(office: PostOffice) -> None:
    office.send("goods.xml", goods(*LIST))
    office.take_all()
    with office.open() as opened:
        Delivery(opened).observe()
    assert {state.acked for state in states(office).values()} == {1}
