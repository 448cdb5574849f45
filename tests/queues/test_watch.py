"""What wakes the one who waits for files, and what does not.

Nothing is asserted of how fast. What must not wake is followed, in the same folder, by something that does: a folder's
events come in their order.
"""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from tillpost.queues.disk import LocalDisk
from tillpost.queues.inbox import scan
from tillpost.queues.layout import Layout, Trade
from tillpost.queues.mounts import LOCAL, file_system, mounts
from tillpost.queues.rooms import Rooms
from tillpost.queues.salesbox import scan_sales
from tillpost.queues.watch import Watch
from watchdog.events import FileSystemEvent

LONG = 30.0  # seconds; never waited out, but by a failing test

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or file_system(Path(__file__), mounts()) not in LOCAL,
    reason="events come from a local disk under Linux here",
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    layout = Layout.of(tmp_path / "root")
    layout.create(LocalDisk())
    return layout.inbox


class Heard(Watch):
    """Remembers for which names it rang."""

    def __init__(self, *folders: Path, deep: Iterable[Path] = ()) -> None:
        super().__init__(*folders, deep=deep)
        self.rang: list[str] = []
        self._name = ""

    def _happened(self, event: FileSystemEvent) -> None:
        self._name = Path(str(event.dest_path or event.src_path)).name
        super()._happened(event)

    def wake(self) -> None:
        self.rang.append(self._name)
        super().wake()

    def until(self, name: str) -> list[str]:
        """Waits until it rang for `name`; everything that it rang for before."""
        while name not in self.rang:
            assert self.wait(LONG), f"never rang for {name}"
        self.wait(0)  # whoever rings has noted new folders, and this watches them
        return self.rang[: self.rang.index(name)]


def test_renamed_in_file_wakes(inbox: Path) -> None:
    (inbox.parent / "goods.xml").write_bytes(b"<a/>")
    with Watch(inbox) as watch:
        assert watch.blind == []
        (inbox.parent / "goods.xml").rename(inbox / "goods.xml")
        assert watch.wait(LONG)


def test_file_closed_by_its_writer_wakes(inbox: Path) -> None:
    with Watch(inbox) as watch:
        with (inbox / "goods.xml").open("wb") as file:
            assert watch.wait(LONG)  # created
            file.write(b"<a/>")
        assert watch.wait(LONG)


def test_hard_link_wakes(inbox: Path) -> None:
    (inbox.parent / "goods.xml").write_bytes(b"<a/>")
    with Watch(inbox) as watch:
        (inbox / "goods.xml").hardlink_to(inbox.parent / "goods.xml")
        assert watch.wait(LONG)


def test_unfinished_name_wakes_only_when_it_is_finished(inbox: Path) -> None:
    with Heard(inbox) as watch:
        part = inbox / "goods.xml.part"
        for _ in range(20):
            part.write_bytes(b"<a/>")
        part.rename(inbox / "goods.xml")
        assert watch.until("goods.xml") == []


def test_file_in_a_shops_folder_wakes(inbox: Path) -> None:
    (inbox / "5").mkdir()
    with Watch(inbox) as watch:
        (inbox / "5" / "goods.xml").write_bytes(b"<a/>")
        assert watch.wait(LONG)


def test_folder_made_later_is_watched_too(inbox: Path) -> None:
    with Watch(inbox) as watch:
        (inbox / "5").mkdir()
        assert watch.wait(LONG)
        (inbox / "5" / "goods.xml").write_bytes(b"<a/>")
        assert watch.wait(LONG)


def test_folder_made_anew_is_watched_again(inbox: Path) -> None:
    (inbox / "5").mkdir()
    with Heard(inbox) as watch:
        (inbox / "5").rmdir()
        (inbox / "5").mkdir()
        watch.until("5")
        (inbox / "5" / "goods.xml").write_bytes(b"<a/>")
        watch.until("goods.xml")


def test_reading_and_claiming_wakes_nobody(inbox: Path) -> None:
    disk = LocalDisk()
    (inbox / "goods.xml").write_bytes(b"<a/>")
    rooms = Rooms(disk, Layout.of(inbox.parent))
    with Heard(inbox) as watch:
        for found in scan(disk, inbox).found:
            rooms.claim(found, 1)
        rooms.put_away(1, "goods.xml", "processed", "2026-03-01")
        (inbox / "next.xml").touch()
        assert watch.until("next.xml") == []


# --- everything below


@pytest.fixture
def sales(inbox: Path) -> Path:
    return inbox.parent / "sales"


@pytest.mark.parametrize("where", ["", "5", "5/1", "5/1/online"])
def test_file_in_any_folder_of_the_tills_wakes(sales: Path, where: str) -> None:
    (sales / "5" / "1" / "online").mkdir(parents=True)
    with Watch(deep=[sales]) as watch:
        assert watch.blind == []
        (sales / where / "sale1.json").write_bytes(b"###")
        assert watch.wait(LONG)


def test_till_that_is_added_later_is_watched_too(sales: Path) -> None:
    with Heard(deep=[sales]) as watch:
        (sales / "5" / "1" / "online").mkdir(parents=True)
        watch.until("5")
        (sales / "5" / "1" / "online" / "sale1.json").write_bytes(b"###")
        watch.until("sale1.json")
        (sales / "5" / "2").mkdir()
        (sales / "5" / "2" / "sale2.json").write_bytes(b"###")
        watch.until("sale2.json")


def test_folders_made_one_in_another_end_no_watch(sales: Path) -> None:
    with Heard(deep=[sales]) as watch:
        for shop in range(100):
            (sales / str(shop) / "1" / "online").mkdir(parents=True)
        for shop in range(100):
            (sales / str(shop) / "1" / "online" / f"sale{shop}.json").touch()
            watch.until(f"sale{shop}.json")


def test_collecting_wakes_nobody(sales: Path) -> None:
    """Neither the moves into `.claimed` nor what becomes of its folders."""
    disk = LocalDisk()
    (sales / "5" / "1").mkdir(parents=True)
    for number in range(40):
        (sales / "5" / "1" / f"sale{number}.json").write_bytes(b"###")
    rooms = Rooms(disk, Layout.of(sales.parent), trade=Trade.SALES)
    with Heard(deep=[sales]) as watch:
        for arrival, found in enumerate(scan_sales(disk, sales).found, 1):
            rooms.claim(found, arrival)
            rooms.put_away(arrival, found.name, "processed", "2026-03-01")
        (sales / "5" / "1" / "next.json").touch()
        assert watch.until("next.json") == []


def test_many_tills_cost_one_watch(sales: Path) -> None:
    before = threading.active_count()
    for till in range(300):
        (sales / "5" / str(till) / "online").mkdir(parents=True)
    with Watch(deep=[sales]) as watch:
        assert watch.blind == []
        assert threading.active_count() - before < 10
        (sales / "5" / "299" / "online" / "sale1.json").touch()
        assert watch.wait(LONG)


def test_tills_share_is_said_to_give_no_events(sales: Path) -> None:
    (sales / "5" / "1").mkdir(parents=True)
    mounted = b"1 0 0:1 / / rw - ext4 /dev/x rw\n2 1 0:2 / %s rw - cifs //till/sales rw\n"
    with Watch(deep=[sales], table=lambda: mounted % bytes(sales / "5" / "1")) as watch:
        assert [(reason.code, reason.parts["path"]) for reason in watch.blind] == [("watch.share", sales / "5" / "1")]


@pytest.mark.parametrize("ring", ["from a thread", "from a signal's handler"])
def test_wake_ends_a_wait(inbox: Path, ring: str) -> None:
    with Watch(inbox) as watch:
        if ring == "from a thread":
            threading.Thread(target=watch.wake).start()
        else:
            before = signal.signal(signal.SIGALRM, lambda number, frame: watch.wake())
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        assert watch.wait(LONG)
    if ring != "from a thread":
        signal.signal(signal.SIGALRM, before)


def test_many_wakes_end_one_wait(inbox: Path) -> None:
    with Watch(inbox) as watch:
        for _ in range(100):
            watch.wake()
        assert watch.wait(0)
        assert not watch.wait(0)


def test_no_thread_is_left_behind(inbox: Path) -> None:
    before = set(threading.enumerate())
    with Watch(inbox) as watch:
        assert set(threading.enumerate()) > before
        assert watch.wait(0) is False
    assert set(threading.enumerate()) == before


def test_missing_folder_leaves_the_timer_and_says_so(inbox: Path) -> None:
    with Watch(inbox / "nowhere") as watch:
        assert [reason.code for reason in watch.blind] == ["watch.refused"]
        assert not watch.wait(0)
        watch.wake()
        assert watch.wait(LONG)


@pytest.mark.parametrize("limit", ["inotify_init", "inotify_add_watch"])
def test_limits_of_the_kernel_leave_the_timer(inbox: Path, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    import watchdog.observers.inotify_c as inotify

    def refuse(*args: object) -> int:
        ctypes.set_errno(errno.EMFILE if limit == "inotify_init" else errno.ENOSPC)
        return -1

    before = set(threading.enumerate())
    monkeypatch.setattr(inotify, limit, refuse)
    with Watch(inbox) as watch:
        assert [reason.code for reason in watch.blind] == ["watch.refused"]
        assert not watch.wait(0)
    assert set(threading.enumerate()) == before


def test_share_is_said_to_give_no_events(inbox: Path) -> None:
    with Watch(inbox, table=lambda: b"1 0 0:1 / / rw - nfs4 server:/x rw\n") as watch:
        assert [reason.code for reason in watch.blind] == ["watch.share"]
        assert "nfs4" in watch.blind[0].text("ru")
