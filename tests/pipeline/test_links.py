"""Whoever may write into a folder below the root puts a link in its place, at any moment of a round: nothing outside is
read, written or removed; and when the folder is back, everything goes on as if nothing had been."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from post_office import PostOffice, good, goods
from sales_pages import page, receipt, shift
from tillpost.pipeline.collect import Collect, open_books
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.office import open_office
from tillpost.queues.disk import LocalDisk
from tillpost.queues.layout import Layout
from tillpost.queues.ways import Ways

SECRET = "classified"
STEP = 1 if os.environ.get("TILLPOST_FAULTS") else 13  # of how many moments one is tried
VICTIMS = ("inbox/5", "sales/5/1", "sales/5/1/online", "queues/5/1")


class Swapping(Ways):
    """At its `at`-th look at what lies in `victim`, just before it is opened or just after, that folder becomes a link
    to `foreign`, and stays one."""

    def __init__(self, root: Path, victim: Path, foreign: Path, at: int) -> None:
        super().__init__(Layout.of(root).tops())
        self.victim, self.foreign, self.at = victim, foreign, at
        self.moved = root / ".moved"
        self.looks = 0

    def open(self, path: Path, flags: int) -> int:
        self._look(path)
        handle = super().open(path, flags)
        self._look(path)
        return handle

    def _look(self, path: Path) -> None:
        if path.is_relative_to(self.victim):
            self.looks += 1
            if self.looks == self.at:
                self.victim.rename(self.moved)
                self.victim.symlink_to(self.foreign)

    def put_back(self) -> None:
        """Somebody puts it right: what the rooms have not taken as a link that was dropped."""
        if self.moved.exists():
            self.victim.unlink(missing_ok=True)
            self.moved.rename(self.victim)


class Swapped(LocalDisk):
    """Goes by these ways."""

    def __init__(self, ways: Ways) -> None:
        super().__init__()
        self._ways = ways


def foreign_folder(folder: Path) -> dict[str, bytes]:
    """Somebody else's, with the names that ours have, and what a file would be good for there."""
    folder.mkdir()
    whole = {
        "x.xml": goods(good("666", name=SECRET), full=False).encode(),
        "x.flz": b"",
        "x.json": page([shift()], [receipt(666)]).encode(),
        "sale.req": SECRET.encode(),
        ".tillpost-0000000000000000.tmp": SECRET.encode(),
        "pos0000000001.aif": SECRET.encode(),
        "pos0000000001.flz": b"",
    }
    for name, data in whole.items():
        (folder / name).write_bytes(data)
    return whole


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def opened(folder: Path) -> PostOffice:
    """An export is ready in the shop's folder, and sales in the till's."""
    office = PostOffice(folder / "root", {"5": ["1", "2"]})
    office.drop("x.xml", goods(good("1"), good("2")), "5")
    (office.root / "inbox" / "5" / "x.flz").touch()
    office.sell("x.json", page([shift()], [receipt(1), receipt(2)]))
    office.sell("y.json", page([], [receipt(3)]), live=True)
    return office


def work(office: PostOffice, ways: Ways | None = None) -> None:
    """A round of all jobs that touch what others may write to."""
    disk = Swapped(ways) if ways else None
    with open_office(office.root, ours=True, clock=office.clock, disk=disk) as work:
        Feed(work).round(once=True)
        with open_books(work) as books:
            Collect(work, books).round(once=True)


def everything(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())


def looks(folder: Path, victim: str) -> int:
    """How often a round looks at what lies in there, when nobody swaps anything."""
    office = opened(folder)
    ways = Swapping(office.root, office.root / victim, folder / "nowhere", 0)
    work(office, ways)
    return ways.looks


@pytest.mark.parametrize("victim", VICTIMS)
def test_folder_swapped_for_a_link_at_any_moment_lets_nothing_in_or_out(tmp_path: Path, victim: str) -> None:
    (tmp_path / "calm").mkdir()
    moments = looks(tmp_path / "calm", victim)
    assert moments > 3
    for at in range(1, moments + 1, STEP):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        office = opened(folder)
        before = foreign_folder(folder / "foreign")
        ways = Swapping(office.root, office.root / victim, folder / "foreign", at)
        work(office, ways)
        assert content(folder / "foreign") == before, at
        assert SECRET.encode() not in everything(office.root), at
        work(office)  # with the link in its place
        assert content(folder / "foreign") == before, at
        ways.put_back()
        office.clock.pass_(hours=1)
        work(office)
        work(office)
        assert content(folder / "foreign") == before, at
        assert office.take("5", "1").goods.keys() == office.take("5", "2").goods.keys() == {"1", "2"}, at
        assert office.where("x.xml") == ["processed"], at
        assert sorted(office.where("x.json") + office.where("y.json")) == ["processed", "processed"], at
        receipts = [name for name in office.outbox() if name.startswith("receipt")]
        assert len(receipts) == 3, (at, office.outbox())
