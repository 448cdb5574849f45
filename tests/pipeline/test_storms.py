"""Worlds that are too fast, too slow, or not what they were: nothing is missed, nothing comes twice, and a person hears
of what only a person can put right."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from faults import full
from post_office import PostOffice, good, goods
from running_service import events, is_ready, service, soon
from tillpost.pipeline import root
from tillpost.pipeline.checking import check
from tillpost.pipeline.feed import Account, Feed
from tillpost.pipeline.ledger import Ledger
from tillpost.pipeline.office import Office, open_office
from tillpost.queues.disk import LocalDisk
from tillpost.queues.till import TillState

EVENTS = Path("/proc/sys/fs/inotify/max_queued_events")


@contextmanager
def few_events(limit: int) -> Iterator[None]:
    """Who begins to watch meanwhile is told of so many changes at once, and of the others that they are too many."""
    before = EVENTS.read_text("ascii") if EVENTS.exists() else ""
    try:
        EVENTS.write_text(str(limit), "ascii")
    except OSError as no:
        pytest.skip(f"the kernel's queue of events cannot be made small here: {no}")
    try:
        yield
    finally:
        EVENTS.write_text(before, "ascii")


def test_storm_that_overflows_the_queue_of_events_is_taken_whole_and_in_its_order(make_office) -> None:
    office, storm = make_office(settings="[arrival]\nscan_seconds = 1"), range(1, 121)
    with few_events(32), service(office) as process:
        soon(is_ready(office))
        process.send_signal(signal.SIGSTOP)
        for number in reversed(storm):
            office.drop(f"{number}.xml", goods(good("1", f"{number}.00"), full=False, number=number))
        process.send_signal(signal.SIGCONT)
        soon(lambda: len(list((office.root / "replies").glob("*.json"))) == len(storm))
        soon(lambda: office.take().goods.get("1", {}).get("price") == storm[-1])
        soon(lambda: not list(office.root.rglob(".claimed/*/*")))
    assert [office.where(f"{number}.xml") for number in storm] == [["processed"]] * len(storm)


# --- a disk that is full for an hour


class FullDisk(LocalDisk):
    """Takes nothing while it is full."""

    def __init__(self, *places: Any) -> None:
        super().__init__(*places)
        self.full = False

    def write_new(self, path: Path, *rest: Any) -> int:
        self._refuse(path)
        return super().write_new(path, *rest)

    def rename(self, source: Path, target: Path, **how: bool) -> None:
        self._refuse(target)
        super().rename(source, target, **how)

    def mkdir(self, folder: Path, *rest: Any) -> bool:
        self._refuse(folder)
        return super().mkdir(folder, *rest)

    def _refuse(self, path: Path) -> None:
        if self.full:
            raise full(path)


def test_disk_that_is_full_for_an_hour_is_tried_ever_later_and_then_all_goes_on(office: PostOffice) -> None:
    disk = FullDisk((office.root,))
    with open_office(office.root, ours=True, clock=office.clock, disk=disk) as opened:
        feed = Feed(opened)
        feed.round()
        disk.full = True
        office.drop("goods.xml", goods(good("1")))
        accounts = [minute(office, feed) for _ in range(60)]
        disk.full = False
        after = [minute(office, feed) for _ in range(16)]
    assert not any(export.put_away for account in accounts for export in account.exports)
    assert [export.state for account in after for export in account.exports if export.put_away] == ["processed"]
    assert len(events(office, "export_put_off")) < 20
    assert set(office.take().goods) == {"1"}


def minute(office: PostOffice, feed: Feed) -> Account:
    office.clock.pass_(seconds=60)
    return feed.round()


# --- a backup that is brought back


@pytest.mark.parametrize("taken", [2, 3, 4])
def test_state_that_was_brought_back_gives_no_number_twice(office: PostOffice, taken: int) -> None:
    """However much tills had taken by then. A person fills them anew, and they show what a new till shows."""
    office.send("1.xml", goods(good("1"), number=1))
    office.take_all()
    office.feed()
    with office.restored("state"):
        for number in range(2, 5):
            office.send(f"{number}.xml", goods(good("1", f"{number}.00"), good(f"{number}"), full=False, number=number))
            if number <= taken:
                office.take_all()
                office.feed()
    office.clock.pass_(hours=1)
    office.send("5.xml", goods(good("1", "5.00"), full=False, number=5))
    with office.open() as opened:
        assert {state.halted for state in tills(opened)} <= {"queue.behind", "queue.ahead"}
        assert all(state.halted for state in tills(opened))
        check(opened, fix=True)
        for till in ("1", "2"):
            root.resync(opened, "5", till, now=True)
    office.take_all()
    office.feed()
    for till in office.tills.values():
        assert till.taken == sorted(set(till.taken))
        assert till.goods["1"]["price"] == 5
        assert set(till.goods) == {"1"}  # what the state forgot, the ERP's next full export brings again


def tills(office: Office) -> list[TillState]:
    with office.store.read() as txn:
        return Ledger(txn).tills()
