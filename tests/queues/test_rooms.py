"""Where an arrival's file lies, on a real disk, on its twin, and after a power cut between any two steps."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.errors import Halt, Reason, Reject, Retry, Trouble
from tillpost.queues.disk import Disk, Entry, FileKind, LocalDisk
from tillpost.queues.inbox import Flag, Found, flag_of, scan
from tillpost.queues.layout import Layout, Room, Trade
from tillpost.queues.lease import Answer
from tillpost.queues.memory import MemoryDisk, nothing_kept
from tillpost.queues.names import LONGEST, kept
from tillpost.queues.rooms import Place, Rooms
from tillpost.queues.salesbox import scan_sales
from tillpost.queues.troubles import Apart, Missing, Taken

DAY = "2026-03-01"
ROOT = Path("/root")


class Says:
    """Answers what the test wants, and may do something when asked."""

    def __init__(self, answer: Answer = Answer.NOBODY, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.answer = answer
        self.meanwhile = meanwhile

    def of(self, file: BinaryIO, path: Path) -> Answer:
        self.meanwhile()
        return self.answer


class House:
    """A root on some disk, and an ERP or a till that drops files into its folder. Their files are called goods.xml in
    both trades: names mean nothing to the rooms."""

    def __init__(self, disk: Disk, root: Path, trade: Trade = Trade.EXPORTS, where: str | None = None) -> None:
        self.disk = disk
        self.layout = Layout.of(root)
        self.layout.create(disk)
        self.trade = trade
        self.home = self.layout.home(trade)
        self.where = where if where is not None else "" if trade is Trade.EXPORTS else "5/1"
        self.make(self.where)
        self.writers = Says()
        self.start()

    def start(self) -> None:
        """A process begins, and remembers nothing."""
        self.rooms = Rooms(self.disk, self.layout, trade=self.trade, writers=self.writers)

    def make(self, where: str) -> Path:
        """A folder to drop files in."""
        folder = self.home
        for name in Path(where).parts:
            folder /= name
            self.disk.mkdir(folder, 0o755)
            self.disk.sync_dir(folder.parent)
        return folder

    def drop(self, name: str, data: bytes = b"<a/>", where: str | None = None) -> Path:
        folder = self.make(self.where if where is None else where)
        self.disk.write_new(folder / name, [data], 0o644)
        self.disk.sync_dir(folder)
        return folder / name

    def scan(self) -> tuple[Found, ...]:
        return (scan(self.disk, self.home) if self.trade is Trade.EXPORTS else scan_sales(self.disk, self.home)).found

    def found(self, name: str, where: str | None = None) -> Found:
        wanted = name, self.where if where is None else where
        return next(found for found in self.scan() if (found.name, found.where) == wanted)

    def resume(self, arrival: int = 7, name: str = "goods.xml") -> Path | None:
        return self.rooms.resume(arrival, name, self.where)

    # --- by their paths from the root

    @property
    def claimed(self) -> str:
        return f"{self.home.name}/.claimed/0000000007/goods.xml"

    def dropped(self, name: str = "goods.xml") -> str:
        return (Path(self.home.name) / self.where / name).as_posix()

    def away(self, room: str, date: str = DAY) -> str:
        return f"{room}/{self.trade}/{date}/0000000007/goods.xml"

    @property
    def tops(self) -> tuple[str, ...]:
        """The folders in which a file of the trade may lie."""
        return (self.home.name, *Room)

    def lies(self, *folders: str) -> dict[str, bytes]:
        """Every file below the named folders (all that may hold a file), by its path from the root."""
        tops = [self.layout.folders()[name] for name in folders or self.tops]
        return {self.layout.relative(path): self.disk.read(path) for top in tops for path in self.below(top)}

    def below(self, folder: Path) -> Iterator[Path]:
        for entry in self.disk.entries(folder):
            if entry.kind is FileKind.FOLDER:
                yield from self.below(folder / entry.name)
            else:
                yield folder / entry.name

    def empty_folders(self) -> list[Path]:
        """Folders below rooms and `.claimed` in which nothing lies."""
        tops = [*(self.layout.room(room) / self.trade for room in Room), self.home / ".claimed"]
        return [
            top / entry.name for top in tops if self.disk.stat(top)
            for entry in self.disk.entries(top) if not list(self.below(top / entry.name))
        ]  # fmt: skip


def twin(apart: tuple[str, ...] = ()) -> MemoryDisk:
    disk = MemoryDisk(apart=[ROOT / path for path in apart])
    disk.plant(ROOT, FileKind.FOLDER)
    return disk


def on(kind: str, tmp_path: Path, trade: Trade) -> House:
    return House(LocalDisk(), tmp_path / "root", trade) if kind == "local" else House(twin(), ROOT, trade)


@pytest.fixture(params=["local", "memory"])
def exports(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    return on(request.param, tmp_path, Trade.EXPORTS)


@pytest.fixture(params=[(kind, trade) for trade in Trade for kind in ("local", "memory")], ids="-".join)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """Either trade: what holds for one holds for the other."""
    return on(request.param[0], tmp_path, request.param[1])


# --- claiming


def test_claimed_file_lies_under_its_number(house: House) -> None:
    house.drop("goods.xml")
    path = house.rooms.claim(house.found("goods.xml"), 7)
    assert path == house.home / ".claimed" / "0000000007" / "goods.xml"
    assert house.lies() == {house.claimed: b"<a/>"}
    assert house.rooms.claimed_path(7, "goods.xml") == path
    assert house.rooms.claimed() == [(7, path)]
    assert house.rooms.find(7, "goods.xml") == Place(path, None)
    assert house.scan() == ()


def test_two_shops_files_of_one_name_are_two_arrivals(exports: House) -> None:
    for shop, data in (("5", b"five"), ("6", b"six"), ("", b"all")):
        exports.drop("goods.xml", data, shop)
    for arrival, shop in enumerate(("5", "6", ""), 1):
        exports.rooms.claim(exports.found("goods.xml", shop), arrival)
    assert [exports.disk.read(path) for _, path in exports.rooms.claimed()] == [b"five", b"six", b"all"]


def test_claim_done_again_finds_it_done_and_leaves_a_newer_file(house: House) -> None:
    house.drop("goods.xml", b"first")
    found = house.found("goods.xml")
    house.rooms.claim(found, 7)
    house.drop("goods.xml", b"second")
    assert house.disk.read(house.rooms.claim(found, 7)) == b"first"
    assert house.lies() == {house.claimed: b"first", house.dropped(): b"second"}


def test_flags_go_when_the_file_is_claimed(exports: House) -> None:
    for name in ("goods.xml", "goods.flz", "goods.xml.flz", "other.flz"):
        exports.drop(name, b"")
    exports.rooms.claim(exports.found("goods.xml"), 7)
    assert sorted(exports.lies()) == ["inbox/.claimed/0000000007/goods.xml", "inbox/other.flz"]


def test_flag_of_a_set_is_lowered_when_asked(exports: House) -> None:
    exports.drop("import0.flz", b"")
    (flag,) = scan(exports.disk, exports.layout.inbox).flags
    assert flag == Flag(exports.layout.inbox, "", "import0.flz", "import0")
    exports.rooms.lower_flag(flag)
    exports.rooms.lower_flag(flag)
    assert exports.lies() == {}


def test_file_that_vanished_is_not_claimed(house: House) -> None:
    path = house.drop("goods.xml")
    found = house.found("goods.xml")
    house.disk.unlink(path)
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "arrival.vanished"
    assert house.resume() is None
    assert house.empty_folders() == []


def test_file_that_cannot_be_moved_now_leaves_nothing_behind() -> None:
    """As on Windows, while somebody reads it."""
    house = House(twin(), ROOT)
    house.drop("goods.xml")

    def held_open(step: str, path: Path) -> None:
        if step == "rename":
            raise Retry(Reason("disk.away", path=path, detail="sharing violation"))

    house.disk.interrupt = held_open  # type: ignore[attr-defined]
    assert code_of(Retry, lambda: house.rooms.claim(house.found("goods.xml"), 7)) == "disk.away"
    assert house.lies() == {house.dropped(): b"<a/>"}
    assert house.empty_folders() == []


def test_file_that_was_replaced_is_given_back(house: House) -> None:
    path = house.drop("goods.xml")
    found = house.found("goods.xml")
    house.drop("fresh.part", b"<b/>")
    house.disk.rename(path.with_name("fresh.part"), path, replace=True)
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "arrival.changed"
    assert house.lies() == {house.dropped(): b"<b/>"}
    assert house.resume() is None
    assert house.empty_folders() == []


def test_file_that_is_open_again_is_given_back_with_its_flag(exports: House) -> None:
    exports.drop("goods.xml")
    exports.drop("goods.flz", b"")
    exports.writers.answer = Answer.SOMEBODY
    assert code_of(Retry, lambda: exports.rooms.claim(exports.found("goods.xml"), 7)) == "arrival.written"
    assert sorted(exports.lies()) == ["inbox/goods.flz", "inbox/goods.xml"]


def test_file_whose_name_was_taken_meanwhile_stays_claimed_for_a_later_try(house: House) -> None:
    house.drop("goods.xml", b"first")
    found = house.found("goods.xml")
    house.writers.meanwhile = lambda: house.drop("goods.xml", b"second")
    house.writers.answer = Answer.SOMEBODY
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "arrival.written"
    house.writers.meanwhile = lambda: None
    assert house.disk.read(house.resume() or Path()) == b"first"
    assert code_of(Retry, lambda: house.rooms.claimed_path(7, "goods.xml")) == "arrival.written"
    house.writers.answer = Answer.NOBODY
    assert house.disk.read(house.rooms.claimed_path(7, "goods.xml")) == b"first"
    assert house.lies()[house.dropped()] == b"second"


def test_claimed_file_that_somebody_removed_is_a_verdict(house: House) -> None:
    assert code_of(Reject, lambda: house.rooms.claimed_path(7, "goods.xml")) == "arrival.lost"
    assert code_of(Reject, lambda: house.rooms.release(7, "goods.xml")) == "arrival.lost"
    assert house.rooms.put_away(7, "goods.xml", "broken", DAY, "why") is None
    assert house.rooms.find(7, "goods.xml") is None


def test_page_of_our_own_is_placed_among_the_claimed(house: House) -> None:
    path = house.rooms.place(9, "import0.set", b"parts")
    assert house.rooms.place(9, "import0.set", b"parts") == path == house.rooms.claimed_path(9, "import0.set")


def test_tidy_removes_litter_and_empty_folders_only(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    empty = house.home / ".claimed" / "0000000008"
    house.disk.mkdir(empty, 0o750)
    house.disk.write_new(empty / ".tillpost-1.tmp", [b"torn"], 0o640)
    house.disk.write_new(house.layout.replies / ".tillpost-2.tmp", [b"torn"], 0o640)
    house.rooms.tidy()
    assert house.disk.stat(empty) is None
    assert house.lies(*house.tops, "replies") == {house.claimed: b"<a/>"}


def test_stale_flag_of_a_claimed_file_goes_at_the_next_start(exports: House) -> None:
    exports.drop("goods.xml")
    exports.rooms.claim(exports.found("goods.xml"), 7)
    exports.drop("goods.flz", b"")
    exports.drop("import0.flz", b"")
    assert exports.rooms.resume(7, "goods.xml")
    assert sorted(exports.lies("inbox")) == ["inbox/.claimed/0000000007/goods.xml", "inbox/import0.flz"]


@pytest.mark.parametrize("name", ["goods", "goods.", "goods.xml"])
def test_claim_that_is_ended_takes_no_other_file_for_a_flag(house: House, name: str) -> None:
    house.drop(name)
    house.rooms.claim(house.found(name), 7)
    for other in ("other.xml", "another", "xml"):
        house.drop(other)
    assert house.resume(7, name)
    house.rooms.claim(house.found("another"), 8)
    assert {house.dropped("other.xml"), house.dropped("xml")} <= house.lies().keys()


def test_flag_of_a_newer_file_is_left_to_it(exports: House) -> None:
    exports.drop("goods.xml")
    exports.rooms.claim(exports.found("goods.xml"), 7)
    exports.drop("goods.xml", b"newer")
    exports.drop("goods.flz", b"")
    exports.rooms.resume(7, "goods.xml")
    assert exports.found("goods.xml").flags == ("goods.flz",)


# --- what is no file


def odd_things(folder: Path) -> Iterator[str]:
    (folder / "link.xml").symlink_to("/etc/passwd")
    yield "link.xml"
    (folder / "dangling.xml").symlink_to("nowhere")
    yield "dangling.xml"
    os.mkfifo(folder / "pipe.xml")
    yield "pipe.xml"
    (folder / "folder.xml").mkdir()
    (folder / "folder.xml" / "inside.xml").write_bytes(b"kept")
    yield "folder.xml"


@pytest.mark.parametrize(("trade", "where"), [("exports", "5"), ("sales", "5/1"), ("sales", "5/1/online")])
def test_what_is_no_file_is_moved_to_broken_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trade: str, where: str
) -> None:
    house = House(LocalDisk(), tmp_path / "root", Trade(trade), where)
    folder = house.home / where
    names = list(odd_things(folder))
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.xml")
    for arrival, name in enumerate([*names, "socket.xml"], 1):
        found = house.found(name)
        path = house.rooms.refuse(found, arrival, DAY, "no file")
        assert path == house.layout.broken / trade / DAY / f"{arrival:010d}" / name
        assert house.disk.stat(path).kind is found.kind  # type: ignore[union-attr]
        assert path.with_name(f"{name}.why").read_text("utf-8") == "no file"
        assert house.rooms.put_away(arrival, name, "broken", DAY, "no file") == path
    assert list(house.below(house.home)) == []
    assert Path("/etc/passwd").exists()


def test_claimed_link_is_never_read(house: House) -> None:
    if isinstance(house.disk, MemoryDisk):
        house.disk.plant(house.home / house.where / "link.xml", FileKind.SYMLINK)
    else:
        (house.home / house.where / "link.xml").symlink_to("/etc/passwd")
    house.rooms.claim(house.found("link.xml"), 7)
    assert code_of(Reject, lambda: house.rooms.claimed_path(7, "link.xml")) == "arrival.symlink"


@pytest.mark.parametrize("trade", Trade)
def test_what_is_no_file_is_set_aside_where_it_cannot_be_renamed(trade: Trade) -> None:
    house = House(twin(("broken",)), ROOT, trade)
    house.disk.plant(house.home / house.where / "pipe.xml", FileKind.FIFO)  # type: ignore[attr-defined]
    path = house.rooms.refuse(house.found("pipe.xml"), 7, DAY, "no file")
    assert path == house.home / ".refused" / "0000000007" / "pipe.xml"
    assert house.lies("broken") == {}
    assert house.disk.read(path.with_name("pipe.xml.why")) == b"no file"
    house.start()
    assert house.rooms.find(7, "pipe.xml") == Place(path, Room.BROKEN)
    assert house.rooms.put_away(7, "pipe.xml", "broken", DAY, "no file") == path
    assert house.rooms.claimed() == []
    assert house.scan() == ()
    assert house.rooms.highest() == 7


@pytest.mark.parametrize(("trade", "where"), [("exports", "5"), ("sales", "5/1"), ("sales", "5/1/online")])
def test_what_is_no_file_stays_on_its_folders_own_file_system(trade: str, where: str) -> None:
    house = House(twin((f"{'inbox' if trade == 'exports' else 'sales'}/{where}",)), ROOT, Trade(trade), where)
    house.disk.plant(house.home / where / "pipe.xml", FileKind.FIFO)  # type: ignore[attr-defined]
    path = house.rooms.refuse(house.found("pipe.xml"), 7, DAY, "no file")
    assert path == house.home / where / ".refused" / "0000000007" / "pipe.xml"
    house.start()
    assert house.rooms.find(7, "pipe.xml") == Place(path, Room.BROKEN)
    house.start()
    assert house.rooms.highest() == 7


# --- putting away


@pytest.mark.parametrize("room", Room)
def test_file_is_put_away_with_why_beside_it(house: House, room: Room) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    path = house.rooms.put_away(7, "goods.xml", room.value, DAY, "почему")
    away = house.away(room)
    assert house.lies() == {away: b"<a/>", f"{away}.why": "почему".encode()}
    assert path == house.layout.absolute(away)
    assert house.rooms.find(7, "goods.xml") == Place(path, room)
    assert house.empty_folders() == []


def test_put_away_again_on_another_day_finds_it_done(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    path = house.rooms.put_away(7, "goods.xml", "broken", DAY, "old")
    assert house.rooms.put_away(7, "goods.xml", "broken", "2026-03-02", "new") == path
    assert sorted(house.lies().values()) == [b"<a/>", b"new"]


def test_held_file_is_released_and_put_away_elsewhere(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "held", DAY, "suspicious")
    assert house.rooms.release(7, "goods.xml") == house.rooms.release(7, "goods.xml")
    assert house.lies() == {house.claimed: b"<a/>"}
    assert house.empty_folders() == []
    house.rooms.put_away(7, "goods.xml", "processed", "2026-03-05")
    assert house.lies() == {house.away("processed", "2026-03-05"): b"<a/>"}


def test_release_cut_short_before_its_move_is_ended_by_resume(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "held", DAY, "suspicious")
    assert house.resume() == house.layout.absolute(house.claimed)
    assert house.lies() == {house.claimed: b"<a/>"}


def test_file_goes_from_room_to_room(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "held", DAY, "suspicious")
    house.rooms.put_away(7, "goods.xml", "error", DAY, "refused")
    away = house.away("error")
    assert house.lies() == {away: b"<a/>", f"{away}.why": b"refused"}
    assert house.empty_folders() == []


def test_only_a_held_file_is_released(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "processed", DAY)
    assert code_of(Reject, lambda: house.rooms.release(7, "goods.xml")) == "arrival.lost"


def test_why_is_utf8_whatever_is_said_in_it(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "broken", DAY, "\udcff – 🧾")
    assert r"\udcff – 🧾".encode() in house.lies().values()


@pytest.mark.parametrize(
    "raw", [b"a\nb.xml", b"\xff\xfe.xml", b"-rf", b"x" * LONGEST, "й".encode() * 127, b"a.xml.why", b"a\\b.xml"]
)
def test_file_of_any_name_goes_all_the_way(tmp_path: Path, raw: bytes) -> None:
    house, name = House(LocalDisk(), tmp_path / "root"), os.fsdecode(raw)
    house.drop(name)
    house.rooms.claim(house.found(name), 7)
    house.rooms.put_away(7, name, "held", DAY, "why")
    house.rooms.release(7, name)
    path = house.rooms.put_away(7, name, "broken", DAY, "why")
    assert path is not None
    assert os.fsencode(path.name) == raw
    assert sorted(house.lies().values()) == [b"<a/>", b"why"]
    reply = house.rooms.reply("", name, 7, b"{}")
    reply.encode("utf-8")
    assert house.rooms.reply(reply, name, 7, b"{ }") == reply
    assert list(house.lies("replies").values()) == [b"{ }"]


# --- replies


def test_reply_bears_the_name_of_its_export(exports: House) -> None:
    assert exports.rooms.reply("", "goods.xml", 7, b"{}") == "goods.xml.json"
    assert exports.rooms.reply("", "goods.xml", 7, b"{}") == "goods.xml.json"
    assert exports.lies("replies") == {"replies/goods.xml.json": b"{}"}


def test_later_export_of_the_name_gets_a_reply_with_its_number(exports: House) -> None:
    exports.rooms.reply("", "goods.xml", 7, b"7")
    assert exports.rooms.reply("", "goods.xml", 8, b"8") == "goods.xml.8.json"
    assert exports.lies("replies") == {"replies/goods.xml.json": b"7", "replies/goods.xml.8.json": b"8"}


def test_reply_that_is_known_is_replaced(exports: House) -> None:
    exports.rooms.reply("", "goods.xml", 7, b"7")
    taken = exports.rooms.reply("", "goods.xml", 8, b"held")
    assert exports.rooms.reply(taken, "goods.xml", 8, b"processed") == taken
    assert exports.lies("replies") == {"replies/goods.xml.json": b"7", "replies/goods.xml.8.json": b"processed"}


def test_reply_never_replaces_what_is_not_known_to_be_its_own(exports: House) -> None:
    exports.rooms.reply("", "goods.xml", 7, b"7")
    exports.rooms.reply("", "goods.xml.8", 6, b"of a file whose name looks like a number")
    exports.disk.mkdir(exports.layout.replies / "goods.xml.8-2.json", 0o755)
    assert exports.rooms.reply("", "goods.xml", 8, b"8") == "goods.xml.8-3.json"
    assert len(exports.lies("replies")) == 3


# --- other file systems


def apart(trade: Trade, *more: str) -> House:
    """A house in which the folder that files are dropped in is a file system of its own."""
    where = "5" if trade is Trade.EXPORTS else "5/1"
    home = "inbox" if trade is Trade.EXPORTS else "sales"
    return House(twin((f"{home}/{where}", *more)), ROOT, trade, where)


@pytest.mark.parametrize("trade", Trade)
def test_file_crosses_file_systems_whole(trade: Trade) -> None:
    house = apart(trade, "processed")
    house.drop("goods.xml", b"x" * 3_000_000)
    if trade is Trade.EXPORTS:
        house.drop("goods.flz", b"")
    house.rooms.claim(house.found("goods.xml"), 7)
    assert house.lies() == {house.claimed: b"x" * 3_000_000}
    house.rooms.put_away(7, "goods.xml", "processed", DAY)
    assert house.lies() == {house.away("processed"): b"x" * 3_000_000}


@pytest.mark.parametrize("trade", Trade)
def test_file_that_does_not_fit_across_is_given_back(trade: Trade) -> None:
    house = apart(trade)
    house.drop("goods.xml", b"<a/>")
    found = house.found("goods.xml")

    def full(step: str, path: Path) -> None:
        if step == "write":
            raise Retry(Reason("disk.full", path=path, detail="no space"))

    house.disk.interrupt = full  # type: ignore[attr-defined]
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "disk.full"
    assert house.lies() == {house.dropped(): b"<a/>"}
    assert house.empty_folders() == []


@pytest.mark.parametrize("trade", Trade)
def test_rename_that_fails_once_as_if_across_file_systems_loses_no_file(trade: Trade) -> None:
    """In our home itself: the next rename works, and there is no copy of which the original could be removed."""
    house = House(twin(), ROOT, trade, "" if trade is Trade.EXPORTS else "5/1")
    house.drop("goods.xml", b"<a/>")
    found, failed = house.found("goods.xml"), []

    def once(step: str, path: Path) -> None:
        if step == "rename" and not failed:
            failed.append(path)
            raise Apart(path)

    house.disk.interrupt = once  # type: ignore[attr-defined]
    with suppress(Retry):
        house.rooms.claim(found, 7)
    house.resume()
    assert list(house.lies().values()) == [b"<a/>"]


def test_file_that_is_moved_to_where_it_lies_stays_there() -> None:
    house = House(twin(), ROOT)
    path = house.drop("goods.xml", b"<a/>")
    with pytest.raises(Taken):
        house.rooms._moves.move(path, path)
    assert house.lies() == {house.dropped(): b"<a/>"}


def test_what_cannot_be_copied_says_so() -> None:
    house = House(twin(("processed",)), ROOT)
    house.disk.plant(house.home / "pipe", FileKind.FIFO)  # type: ignore[attr-defined]
    with pytest.raises(Apart):
        house.rooms._moves.move(house.home / "pipe", house.layout.processed / "pipe")
    with pytest.raises(Missing):
        house.rooms._moves.move(house.home / "nothing", house.layout.processed / "nothing")


def test_room_that_is_not_there_is_not_made_up_for() -> None:
    house = House(twin(), ROOT)
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.disk.rmdir(house.layout.processed)
    with pytest.raises(Missing):
        house.rooms.put_away(7, "goods.xml", "processed", DAY)
    house.disk.mkdir(house.layout.processed, 0o750)
    assert house.rooms.put_away(7, "goods.xml", "processed", DAY)


# --- shares that are away


class Away(MemoryDisk):
    """Some folders lie on a share that does not answer."""

    folders: tuple[Path, ...] = ()

    def entries(self, folder: Path) -> list[Entry]:
        self._ask(folder)
        return super().entries(folder)

    def stat(self, path: Path) -> Entry | None:
        self._ask(path)
        return super().stat(path)

    def _ask(self, path: Path) -> None:
        if any(path.is_relative_to(folder) for folder in self.folders):
            raise Retry(Reason("disk.away", path=path, detail="stale handle"))


def mounted(trade: Trade) -> tuple[House, Away]:
    """Two folders, each a file system of its own; in the first lies an arrival that cannot leave it."""
    where = "5" if trade is Trade.EXPORTS else "5/1"
    home = ROOT / ("inbox" if trade is Trade.EXPORTS else "sales")
    disk = Away(apart=[home / where, home / "6"])
    disk.plant(ROOT, FileKind.FOLDER)
    house = House(disk, ROOT, trade, where)
    disk.plant(home / where / "pipe.xml", FileKind.FIFO)
    house.rooms.claim(house.found("pipe.xml"), 6)
    return house, disk


@pytest.mark.parametrize("trade", Trade)
def test_file_is_not_said_to_be_lost_while_a_share_is_away(trade: Trade) -> None:
    house, disk = mounted(trade)
    disk.folders = (house.home / house.where,)
    for ask in (
        lambda: house.rooms.claimed_path(6, "pipe.xml"),
        lambda: house.rooms.put_away(6, "pipe.xml", "broken", DAY, "no file"),
        lambda: house.rooms.release(6, "pipe.xml"),
        house.resume,
    ):
        assert code_of(Retry, ask) == "disk.away"
    disk.folders = ()
    assert code_of(Reject, lambda: house.rooms.claimed_path(6, "pipe.xml")) == "arrival.fifo"
    assert house.rooms.put_away(6, "pipe.xml", "broken", DAY, "no file")
    assert code_of(Reject, lambda: house.rooms.claimed_path(5, "pipe.xml")) == "arrival.lost"


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("trade", Trade)
def test_share_that_is_away_stops_no_other_file(trade: Trade, fresh: bool) -> None:
    house, disk = mounted(trade)
    if fresh:
        house.start()
    disk.folders = (house.home / house.where,)
    for arrival, where in ((7, "6"), (8, "7")):
        house.drop("goods.xml", where=where)
        folder = next(entry for entry in disk.entries(house.home / where) if entry.name == "goods.xml")
        found = Found(
            house.home / where,
            where,
            "goods.xml",
            folder.kind,
            folder.size,
            folder.mtime_ns,
            folder.inode,
            folder.device,
        )
        house.rooms.tidy()
        house.rooms.claim(found, arrival)
        assert house.rooms.resume(arrival, "goods.xml", where) == house.rooms.claimed_path(arrival, "goods.xml")
        assert house.rooms.put_away(arrival, "goods.xml", "held", DAY, "why")
        assert house.rooms.release(arrival, "goods.xml")
        assert house.rooms.put_away(arrival, "goods.xml", "processed", DAY)
        assert house.rooms.put_away(arrival, "goods.xml", "processed", DAY)


@pytest.mark.parametrize("own", [False, True], ids=["one file system", "its own"])
@pytest.mark.parametrize("trade", Trade)
def test_folder_that_lets_nothing_go_stops_no_other(trade: Trade, own: bool) -> None:
    """Such as one whose files only their owner may move."""
    where = "5" if trade is Trade.EXPORTS else "5/1"
    house = apart(trade) if own else House(twin(), ROOT, trade, where)
    house.drop("goods.xml")
    found = house.found("goods.xml")

    def denied(step: str, path: Path) -> None:
        if (step, own) in (("mkdir", True), ("rename", False)) and (path.is_relative_to(house.home / where) or not own):
            raise Halt(Reason("disk.denied", path=path, detail="no"))

    house.disk.interrupt = denied  # type: ignore[attr-defined]
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "disk.denied"
    house.disk.interrupt = lambda step, path: None  # type: ignore[attr-defined]
    assert house.lies() == {house.dropped(): b"<a/>"}
    assert house.resume() is None
    house.rooms.claim(found, 8)


def test_flag_that_cannot_be_removed_stops_no_other() -> None:
    exports = House(twin(), ROOT)
    exports.drop("goods.xml")
    exports.drop("goods.flz", b"")

    def denied(step: str, path: Path) -> None:
        if path.suffix == ".flz":
            raise Halt(Reason("disk.denied", path=path, detail="no"))

    exports.disk.interrupt = denied  # type: ignore[attr-defined]
    assert code_of(Retry, lambda: exports.rooms.claim(exports.found("goods.xml"), 7)) == "disk.denied"
    assert code_of(Retry, exports.resume) == "disk.denied"
    exports.disk.interrupt = lambda step, path: None  # type: ignore[attr-defined]
    assert exports.resume() == exports.layout.absolute(exports.claimed)


@pytest.mark.parametrize("trade", Trade)
def test_what_another_process_claimed_is_found(trade: Trade) -> None:
    """A verb may run beside a service that has looked around already."""
    house = apart(trade)
    house.rooms.tidy()
    house.disk.plant(house.home / house.where / "pipe.xml", FileKind.FIFO)  # type: ignore[attr-defined]
    other = Rooms(house.disk, house.layout, trade=trade, writers=house.writers)
    path = other.claim(house.found("pipe.xml"), 7)
    assert house.rooms.find(7, "pipe.xml") == Place(path, None)
    assert house.rooms.put_away(7, "pipe.xml", "broken", DAY, "no file")


# --- numbers, and whose they are


def test_highest_number_is_found_wherever_its_folder_lies(house: House) -> None:
    assert house.rooms.highest() == 0
    for arrival, name in ((3, "a"), (9, "b"), (4, "c"), (12, "d")):
        house.drop(name)
        house.rooms.claim(house.found(name), arrival)
    assert house.rooms.highest() == 12
    house.rooms.put_away(12, "d", "processed", DAY)
    house.rooms.put_away(9, "b", "held", DAY, "why")
    house.disk.mkdir(house.layout.processed / house.trade / "notes", 0o755)
    house.disk.mkdir(house.layout.processed / house.trade / DAY / "²", 0o755)
    assert house.rooms.highest() == 12


def test_each_trade_has_its_own_numbers_and_files(exports: House) -> None:
    sales = House(exports.disk, exports.layout.root, Trade.SALES)
    exports.drop("a", b"export")
    sales.drop("a", b"sales")
    for one in (exports, sales):
        one.rooms.claim(one.found("a"), 7)
    sales.rooms.put_away(7, "a", "processed", DAY)
    assert exports.disk.read(exports.rooms.claimed_path(7, "a")) == b"export"
    assert exports.rooms.find(7, "a") == Place(exports.home / ".claimed" / "0000000007" / "a", None)
    sales.rooms.put_away(7, "a", "processed", DAY)
    exports.rooms.put_away(7, "a", "processed", DAY)
    assert exports.lies() == {f"processed/{trade}/{DAY}/0000000007/a": data
                              for trade, data in (("exports", b"export"), ("sales", b"sales"))}  # fmt: skip


def test_sales_files_have_no_flags(house: House) -> None:
    house.drop("sale1.json")
    house.drop("sale1.flz", b"")
    house.rooms.claim(house.found("sale1.json"), 7)
    house.resume(7, "sale1.json")
    assert (house.dropped("sale1.flz") in house.lies()) == (house.trade is Trade.SALES)


@pytest.mark.parametrize("where", ["", "5", "5/1", "5/1/online"])
def test_sales_file_is_claimed_from_any_folder(where: str) -> None:
    house = House(twin(), ROOT, Trade.SALES, where)
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    assert house.lies() == {house.claimed: b"<a/>"}
    assert house.resume() == house.layout.absolute(house.claimed)


# --- whatever their names are

NAMES = ("goods", "goods.xml", "goods.flz", "goods.xml.why")


class Hands:
    """What a post office does with files, in any order, and a witness of every file that is no flag."""

    def __init__(self, trade: Trade) -> None:
        self.house = House(twin(), ROOT, trade)
        self.ours: dict[str, int] = {}  # arrivals, by their names
        self.dropped: set[bytes] = set()

    def drop(self, name: str) -> None:
        if self.house.disk.stat(self.house.home / self.house.where / name) is None:
            data = f"{name} {len(self.dropped)}".encode()
            self.house.drop(name, data)
            if self.house.trade is Trade.SALES or not flag_of(name, ".flz"):
                self.dropped.add(data)

    def claim(self, name: str) -> None:
        found = next((found for found in self.house.scan() if found.name == name), None)
        if found and name not in self.ours:
            self.ours[name] = len(self.ours) + 1
            self.house.rooms.claim(found, self.ours[name])

    def resume(self, name: str) -> None:
        if name in self.ours:
            self.house.resume(self.ours[name], name)

    def hold(self, name: str) -> None:
        if name in self.ours:
            self.house.rooms.put_away(self.ours[name], name, "held", DAY, "why")

    def release(self, name: str) -> None:
        if name in self.ours:
            with suppress(Reject):
                self.house.rooms.release(self.ours[name], name)

    def put_away(self, name: str) -> None:
        if name in self.ours:
            self.house.rooms.put_away(self.ours[name], name, "processed", DAY)

    def restart(self, name: str) -> None:
        self.house.start()
        self.house.rooms.tidy()


ACTS = (Hands.drop, Hands.claim, Hands.resume, Hands.hold, Hands.release, Hands.put_away, Hands.restart)


@given(
    st.sampled_from(Trade),
    st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(NAMES)), max_size=15),
)
@settings(max_examples=150, deadline=None)
def test_no_file_is_lost_or_changed_by_what_is_done_to_others(
    trade: Trade, acts: list[tuple[Callable[[Hands, str], None], str]]
) -> None:
    hands = Hands(trade)
    for name in NAMES:
        hands.drop(name)
    for act, name in acts:
        act(hands, name)
    assert hands.dropped <= set(hands.house.lies().values())


# --- a power cut between any two steps


class PowerCut(BaseException):
    """Nobody catches it: there is nobody left."""


def claim(house: House) -> None:
    """What a process does with an arrival on record: what was never claimed is claimed, the rest is ended."""
    if house.resume() is None:
        house.rooms.claim(house.found("goods.xml"), 7)


def put_away(house: House) -> None:
    assert house.rooms.put_away(7, "goods.xml", "broken", DAY, "why")


def hold(house: House) -> None:
    house.rooms.put_away(7, "goods.xml", "held", DAY, "suspicious")


def release(house: House) -> None:
    house.rooms.release(7, "goods.xml")


def go(house: House) -> None:
    """From room to room."""
    house.rooms.put_away(7, "goods.xml", "error", DAY, "refused")


def reply(house: House) -> None:
    house.rooms.reply("", "goods.xml", 7, b"{}")


Move = Callable[[House], None]
CLAIMED, AWAY = "HOME/.claimed/0000000007/goods.xml", "{}/TRADE/" + DAY + "/0000000007/goods.xml"
MOVES: dict[str, tuple[tuple[Move, ...], Move, dict[str, bytes]]] = {
    "claim": ((), claim, {CLAIMED: b"<a/>"}),
    "put away": (
        (claim,),
        put_away,
        {AWAY.format("broken"): b"<a/>", AWAY.format("broken") + ".why": b"why"},
    ),
    "release": ((claim, hold), release, {CLAIMED: b"<a/>"}),
    "room to room": (
        (claim, hold),
        go,
        {AWAY.format("error"): b"<a/>", AWAY.format("error") + ".why": b"refused"},
    ),
    "reply": (
        (claim,),
        reply,
        {CLAIMED: b"<a/>", "replies/goods.xml.json": b"{}"},
    ),
}
DISKS: dict[str, tuple[str, ...]] = {
    "one": (),
    "folder apart": ("HOME/WHERE",),
    "rooms apart": ("broken", "held", "error"),
    "all apart": ("HOME/WHERE", "broken", "held", "error"),
}


def everything() -> bool:
    """The kindest power cut: all that was done is there, synced or not."""
    return True


@pytest.mark.parametrize("trade", Trade)
@pytest.mark.parametrize("disks", DISKS)
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("keep", [nothing_kept, everything], ids=["nothing kept", "everything kept"])
def test_move_cut_short_anywhere_is_ended_by_doing_it_again(
    move: str, disks: str, trade: Trade, keep: Callable[[], bool]
) -> None:
    before, under_test, expected = MOVES[move]
    home, where = ("inbox", "5") if trade is Trade.EXPORTS else ("sales", "5/1")
    wanted = {name.replace("HOME", home).replace("TRADE", trade): data for name, data in expected.items()}
    for steps in range(200):
        apart = tuple(name.replace("HOME", home).replace("WHERE", where) for name in DISKS[disks])
        house = House(twin(apart), ROOT, trade, where)
        house.drop("goods.xml")
        if trade is Trade.EXPORTS:
            house.drop("goods.flz", b"")
        for earlier in before:
            earlier(house)
        cut = cut_after(house, steps, under_test)
        house.disk.crash(keep)  # type: ignore[attr-defined]
        copies = [data for name, data in house.lies().items() if name.endswith("goods.xml") or data == b"<a/>"]
        assert b"<a/>" in copies, "the file is nowhere"
        house.start()
        house.rooms.tidy()
        under_test(house)
        house.disk.crash()  # type: ignore[attr-defined] - and what was ended is certain
        house.start()
        house.rooms.tidy()
        assert house.lies(*house.tops, "replies") == wanted, f"cut after {steps} steps"
        assert house.empty_folders() == []
        if not cut:
            return
    pytest.fail("more steps than anybody expected")


def cut_after(house: House, steps: int, move: Move) -> bool:
    """Does `move` until `steps` steps of the disk are done; whether it was cut short."""
    left = iter(range(steps))

    def interrupt(step: str, path: Path) -> None:
        if next(left, None) is None:
            raise PowerCut(step)

    house.disk.interrupt = interrupt  # type: ignore[attr-defined]
    try:
        move(house)
    except PowerCut:
        return True
    finally:
        house.disk.interrupt = lambda step, path: None  # type: ignore[attr-defined]
    return False


def test_checker_finds_a_disk_that_never_syncs_folders() -> None:
    """The test above can fail: on a disk whose folder syncs do nothing, it must."""

    class Forgetful(MemoryDisk):
        def sync_dir(self, folder: Path) -> None:
            pass

    house = House(twin(), ROOT)
    house.drop("goods.xml")
    house.disk.__class__ = Forgetful
    claim(house)
    put_away(house)
    house.disk.crash()  # type: ignore[attr-defined]
    assert house.lies() == {house.dropped(): b"<a/>"}


def test_trouble_in_the_middle_leaves_the_file_in_one_place() -> None:
    """A disk that fails, instead of a power cut: the same process tries again."""
    for steps in range(60):
        house = House(twin(), ROOT)
        house.drop("goods.xml")
        left = iter(range(steps))

        def fail(step: str, path: Path, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Retry(Reason("disk.failing", path=path, detail="EIO"))

        house.disk.interrupt = fail  # type: ignore[attr-defined]
        failed = False
        for do in (claim, put_away):
            try:
                do(house)
            except Retry:
                failed = True
                house.disk.interrupt = lambda step, path: None  # type: ignore[attr-defined]
                do(house)
        assert sorted(house.lies().values()) == [b"<a/>", b"why"]
        if not failed:
            return
    pytest.fail("more steps than anybody expected")


def test_kept_names_of_replies_are_text(exports: House) -> None:
    name = os.fsdecode(b"\xd2.xml")
    assert exports.rooms.reply("", name, 7, b"{}") == kept(name + ".json")


def code_of(kind: type[Trouble], do: Callable[[], object]) -> str:
    with pytest.raises(kind) as trouble:
        do()
    reason = trouble.value.reason
    assert all(reason.text(language) for language in ("en", "ru"))
    return reason.code
