"""Where an arrival's file lies, on a real disk, on its twin, and after a power cut between any two steps."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from tillpost.errors import Reason, Reject, Retry, Trouble
from tillpost.queues.disk import Disk, FileKind, LocalDisk
from tillpost.queues.inbox import Flag, Found, scan
from tillpost.queues.layout import Layout, Room, Trade
from tillpost.queues.lease import Answer
from tillpost.queues.memory import MemoryDisk, nothing_kept
from tillpost.queues.names import LONGEST, kept
from tillpost.queues.rooms import Place, Rooms
from tillpost.queues.troubles import Apart, Missing

DAY = "2026-03-01"
ROOT = Path("/root")
EXPORTS = ("inbox", "processed", "error", "broken", "held")  # the folders in which an export may lie


class Says:
    """Answers what the test wants, and may do something when asked."""

    def __init__(self, answer: Answer = Answer.NOBODY, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.answer = answer
        self.meanwhile = meanwhile

    def of(self, file: BinaryIO, path: Path) -> Answer:
        self.meanwhile()
        return self.answer


class House:
    """A root on some disk, and an ERP that drops files into its inbox."""

    def __init__(self, disk: Disk, root: Path, overrides: dict[str, str] | None = None) -> None:
        self.disk = disk
        self.layout = Layout.of(root, overrides)
        self.layout.create(disk)
        self.writers = Says()
        self.start()

    @property
    def claimed(self) -> Path:
        return self.layout.claimed(Trade.EXPORTS)

    def start(self) -> None:
        """A process begins, and remembers nothing."""
        self.rooms = Rooms(self.disk, self.layout, writers=self.writers)

    def drop(self, name: str, data: bytes = b"<a/>", shop: str = "") -> Path:
        folder = self.layout.shop_inbox(shop)
        if shop:
            self.disk.mkdir(folder, 0o755)
            self.disk.sync_dir(folder.parent)
        self.disk.write_new(folder / name, [data], 0o644)
        self.disk.sync_dir(folder)
        return folder / name

    def found(self, name: str, shop: str = "") -> Found:
        return next(f for f in scan(self.disk, self.layout.inbox).found if (f.name, f.shop) == (name, shop))

    def lies(self, *folders: str) -> dict[str, bytes]:
        """Every file below the named folders (all that hold exports), by its path from the root."""
        tops = [self.layout.folders()[name] for name in folders or EXPORTS]
        return {self.layout.relative(path): self.disk.read(path) for top in tops for path in self.below(top)}

    def below(self, folder: Path) -> Iterator[Path]:
        for entry in self.disk.entries(folder):
            if entry.kind is FileKind.FOLDER:
                yield from self.below(folder / entry.name)
            else:
                yield folder / entry.name

    def empty_folders(self) -> list[Path]:
        """Folders below rooms and `.claimed` in which nothing lies."""
        tops = [*(self.layout.room(room) / "exports" for room in Room), self.claimed]
        return [
            top / entry.name for top in tops if self.disk.stat(top)
            for entry in self.disk.entries(top) if not list(self.below(top / entry.name))
        ]  # fmt: skip


def twin(apart: tuple[str, ...] = ()) -> MemoryDisk:
    disk = MemoryDisk(apart=[ROOT / path for path in apart])
    disk.plant(ROOT, FileKind.FOLDER)
    return disk


@pytest.fixture(params=["local", "memory"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    return House(LocalDisk(), tmp_path / "root") if request.param == "local" else House(twin(), ROOT)


# --- claiming


def test_claimed_file_lies_under_its_number(house: House) -> None:
    house.drop("goods.xml")
    path = house.rooms.claim(house.found("goods.xml"), 7)
    assert path == house.layout.inbox / ".claimed" / "0000000007" / "goods.xml"
    assert house.lies() == {"inbox/.claimed/0000000007/goods.xml": b"<a/>"}
    assert house.rooms.claimed_path(7, "goods.xml") == path
    assert house.rooms.claimed() == [(7, path)]
    assert house.rooms.find(7, "goods.xml") == Place(path, None)
    assert scan(house.disk, house.layout.inbox).found == ()


def test_two_shops_files_of_one_name_are_two_arrivals(house: House) -> None:
    for shop, data in (("5", b"five"), ("6", b"six"), ("", b"all")):
        house.drop("goods.xml", data, shop)
    for arrival, shop in enumerate(("5", "6", ""), 1):
        house.rooms.claim(house.found("goods.xml", shop), arrival)
    assert [house.disk.read(path) for _, path in house.rooms.claimed()] == [b"five", b"six", b"all"]


def test_claim_done_again_finds_it_done_and_leaves_a_newer_file(house: House) -> None:
    house.drop("goods.xml", b"first")
    found = house.found("goods.xml")
    house.rooms.claim(found, 7)
    house.drop("goods.xml", b"second")
    assert house.disk.read(house.rooms.claim(found, 7)) == b"first"
    assert house.lies("inbox") == {"inbox/.claimed/0000000007/goods.xml": b"first", "inbox/goods.xml": b"second"}


def test_flags_go_when_the_file_is_claimed(house: House) -> None:
    for name in ("goods.xml", "goods.flz", "goods.xml.flz", "other.flz"):
        house.drop(name, b"")
    house.rooms.claim(house.found("goods.xml"), 7)
    assert sorted(house.lies()) == ["inbox/.claimed/0000000007/goods.xml", "inbox/other.flz"]


def test_flag_of_a_set_is_lowered_when_asked(house: House) -> None:
    house.drop("import0.flz", b"")
    (flag,) = scan(house.disk, house.layout.inbox).flags
    assert flag == Flag(house.layout.inbox, "", "import0.flz", "import0")
    house.rooms.lower_flag(flag)
    house.rooms.lower_flag(flag)
    assert house.lies() == {}


def test_file_that_vanished_is_not_claimed(house: House) -> None:
    path = house.drop("goods.xml")
    found = house.found("goods.xml")
    house.disk.unlink(path)
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "arrival.vanished"
    assert house.rooms.resume(7, "goods.xml") is None
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
    assert house.lies() == {"inbox/goods.xml": b"<a/>"}
    assert house.empty_folders() == []


def test_file_that_was_replaced_is_given_back(house: House) -> None:
    path = house.drop("goods.xml")
    found = house.found("goods.xml")
    house.drop("fresh.part", b"<b/>")
    house.disk.rename(path.with_name("fresh.part"), path, replace=True)
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "arrival.changed"
    assert house.lies() == {"inbox/goods.xml": b"<b/>"}
    assert house.rooms.resume(7, "goods.xml") is None
    assert house.empty_folders() == []


def test_file_that_is_open_again_is_given_back_with_its_flag(house: House) -> None:
    house.drop("goods.xml")
    house.drop("goods.flz", b"")
    house.writers.answer = Answer.SOMEBODY
    assert code_of(Retry, lambda: house.rooms.claim(house.found("goods.xml"), 7)) == "arrival.written"
    assert sorted(house.lies()) == ["inbox/goods.flz", "inbox/goods.xml"]


def test_file_whose_name_was_taken_meanwhile_stays_claimed_for_a_later_try(house: House) -> None:
    house.drop("goods.xml", b"first")
    found = house.found("goods.xml")
    house.writers.meanwhile = lambda: house.drop("goods.xml", b"second")
    house.writers.answer = Answer.SOMEBODY
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "arrival.written"
    house.writers.meanwhile = lambda: None
    assert house.disk.read(house.rooms.resume(7, "goods.xml") or Path()) == b"first"
    assert code_of(Retry, lambda: house.rooms.claimed_path(7, "goods.xml")) == "arrival.written"
    house.writers.answer = Answer.NOBODY
    assert house.disk.read(house.rooms.claimed_path(7, "goods.xml")) == b"first"
    assert house.disk.read(house.layout.inbox / "goods.xml") == b"second"


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
    empty = house.claimed / "0000000008"
    house.disk.mkdir(empty, 0o750)
    house.disk.write_new(empty / ".tillpost-1.tmp", [b"torn"], 0o640)
    house.disk.write_new(house.layout.replies / ".tillpost-2.tmp", [b"torn"], 0o640)
    house.rooms.tidy()
    assert house.disk.stat(empty) is None
    assert house.lies("inbox", "replies") == {"inbox/.claimed/0000000007/goods.xml": b"<a/>"}


def test_stale_flag_of_a_claimed_file_goes_at_the_next_start(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.drop("goods.flz", b"")
    house.drop("import0.flz", b"")
    assert house.rooms.resume(7, "goods.xml")
    assert sorted(house.lies("inbox")) == ["inbox/.claimed/0000000007/goods.xml", "inbox/import0.flz"]


def test_flag_of_a_newer_file_is_left_to_it(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.drop("goods.xml", b"newer")
    house.drop("goods.flz", b"")
    house.rooms.resume(7, "goods.xml")
    assert house.found("goods.xml").flags == ("goods.flz",)


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


def test_what_is_no_file_is_moved_to_broken_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(LocalDisk(), tmp_path / "root")
    shop = house.layout.shop_inbox("5")
    shop.mkdir()
    names = list(odd_things(shop))
    monkeypatch.chdir(shop)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.xml")
    for arrival, name in enumerate([*names, "socket.xml"], 1):
        found = house.found(name, "5")
        path = house.rooms.refuse(found, arrival, DAY, "no file")
        assert path == house.layout.broken / "exports" / DAY / f"{arrival:010d}" / name
        assert house.disk.stat(path).kind is found.kind  # type: ignore[union-attr]
        assert path.with_name(f"{name}.why").read_text("utf-8") == "no file"
        assert house.rooms.put_away(arrival, name, "broken", DAY, "no file") == path
    assert list(house.below(house.layout.inbox)) == []
    assert Path("/etc/passwd").exists()


def test_claimed_link_is_never_read(house: House) -> None:
    if isinstance(house.disk, MemoryDisk):
        house.disk.plant(house.layout.inbox / "link.xml", FileKind.SYMLINK)
    else:
        (house.layout.inbox / "link.xml").symlink_to("/etc/passwd")
    house.rooms.claim(house.found("link.xml"), 7)
    assert code_of(Reject, lambda: house.rooms.claimed_path(7, "link.xml")) == "arrival.symlink"


def test_what_is_no_file_is_set_aside_where_it_cannot_be_renamed() -> None:
    house = House(twin(("broken",)), ROOT)
    house.disk.plant(house.layout.inbox / "pipe.xml", FileKind.FIFO)  # type: ignore[attr-defined]
    path = house.rooms.refuse(house.found("pipe.xml"), 7, DAY, "no file")
    assert path == house.layout.inbox / ".refused" / "0000000007" / "pipe.xml"
    assert house.lies("broken") == {}
    assert house.disk.read(path.with_name("pipe.xml.why")) == b"no file"
    house.start()
    assert house.rooms.find(7, "pipe.xml") == Place(path, Room.BROKEN)
    assert house.rooms.put_away(7, "pipe.xml", "broken", DAY, "no file") == path
    assert house.rooms.claimed() == []
    assert scan(house.disk, house.layout.inbox).found == ()


def test_what_is_no_file_stays_on_a_shops_own_file_system() -> None:
    house = House(twin(("inbox/5",)), ROOT)
    house.disk.plant(house.layout.shop_inbox("5"), FileKind.FOLDER)  # type: ignore[attr-defined]
    house.disk.plant(house.layout.shop_inbox("5") / "pipe.xml", FileKind.FIFO)  # type: ignore[attr-defined]
    path = house.rooms.refuse(house.found("pipe.xml", "5"), 7, DAY, "no file")
    assert path == house.layout.shop_inbox("5") / ".refused" / "0000000007" / "pipe.xml"
    house.start()
    assert house.rooms.find(7, "pipe.xml") == Place(path, Room.BROKEN)


# --- putting away


@pytest.mark.parametrize("room", Room)
def test_file_is_put_away_with_why_beside_it(house: House, room: Room) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    path = house.rooms.put_away(7, "goods.xml", room.value, DAY, "почему")
    folder = f"{room}/exports/{DAY}/0000000007"
    assert house.lies() == {f"{folder}/goods.xml": b"<a/>", f"{folder}/goods.xml.why": "почему".encode()}
    assert path == house.layout.absolute(f"{folder}/goods.xml")
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
    assert house.lies() == {"inbox/.claimed/0000000007/goods.xml": b"<a/>"}
    assert house.empty_folders() == []
    house.rooms.put_away(7, "goods.xml", "processed", "2026-03-05")
    assert house.lies() == {"processed/exports/2026-03-05/0000000007/goods.xml": b"<a/>"}


def test_release_cut_short_before_its_move_is_ended_by_resume(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "held", DAY, "suspicious")
    assert house.rooms.resume(7, "goods.xml") == house.claimed / "0000000007" / "goods.xml"
    assert house.lies() == {"inbox/.claimed/0000000007/goods.xml": b"<a/>"}


def test_file_goes_from_room_to_room(house: House) -> None:
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.rooms.put_away(7, "goods.xml", "held", DAY, "suspicious")
    house.rooms.put_away(7, "goods.xml", "error", DAY, "refused")
    folder = f"error/exports/{DAY}/0000000007"
    assert house.lies() == {f"{folder}/goods.xml": b"<a/>", f"{folder}/goods.xml.why": b"refused"}
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


def test_reply_bears_the_name_of_its_export(house: House) -> None:
    assert house.rooms.reply("", "goods.xml", 7, b"{}") == "goods.xml.json"
    assert house.rooms.reply("", "goods.xml", 7, b"{}") == "goods.xml.json"
    assert house.lies("replies") == {"replies/goods.xml.json": b"{}"}


def test_later_export_of_the_name_gets_a_reply_with_its_number(house: House) -> None:
    house.rooms.reply("", "goods.xml", 7, b"7")
    assert house.rooms.reply("", "goods.xml", 8, b"8") == "goods.xml.8.json"
    assert house.lies("replies") == {"replies/goods.xml.json": b"7", "replies/goods.xml.8.json": b"8"}


def test_reply_that_is_known_is_replaced(house: House) -> None:
    house.rooms.reply("", "goods.xml", 7, b"7")
    taken = house.rooms.reply("", "goods.xml", 8, b"held")
    assert house.rooms.reply(taken, "goods.xml", 8, b"processed") == taken
    assert house.lies("replies") == {"replies/goods.xml.json": b"7", "replies/goods.xml.8.json": b"processed"}


def test_reply_never_replaces_what_is_not_known_to_be_its_own(house: House) -> None:
    house.rooms.reply("", "goods.xml", 7, b"7")
    house.rooms.reply("", "goods.xml.8", 6, b"of a file whose name looks like a number")
    house.disk.mkdir(house.layout.replies / "goods.xml.8-2.json", 0o755)
    assert house.rooms.reply("", "goods.xml", 8, b"8") == "goods.xml.8-3.json"
    assert len(house.lies("replies")) == 3


# --- other file systems


def test_file_crosses_file_systems_whole() -> None:
    house = House(twin(("inbox/5", "processed")), ROOT)
    house.drop("goods.xml", b"x" * 3_000_000, "5")
    house.drop("goods.flz", b"", "5")
    house.rooms.claim(house.found("goods.xml", "5"), 7)
    assert house.lies() == {"inbox/.claimed/0000000007/goods.xml": b"x" * 3_000_000}
    house.rooms.put_away(7, "goods.xml", "processed", DAY)
    assert house.lies() == {f"processed/exports/{DAY}/0000000007/goods.xml": b"x" * 3_000_000}


def test_file_that_does_not_fit_across_is_given_back() -> None:
    house = House(twin(("inbox/5",)), ROOT)
    house.drop("goods.xml", b"<a/>", "5")
    found = house.found("goods.xml", "5")

    def full(step: str, path: Path) -> None:
        if step == "write":
            raise Retry(Reason("disk.full", path=path, detail="no space"))

    house.disk.interrupt = full  # type: ignore[attr-defined]
    assert code_of(Retry, lambda: house.rooms.claim(found, 7)) == "disk.full"
    assert house.lies() == {"inbox/5/goods.xml": b"<a/>"}
    assert house.empty_folders() == []


def test_what_cannot_be_copied_says_so() -> None:
    house = House(twin(("processed",)), ROOT)
    house.disk.plant(house.layout.inbox / "pipe", FileKind.FIFO)  # type: ignore[attr-defined]
    with pytest.raises(Apart):
        house.rooms._moves.move(house.layout.inbox / "pipe", house.layout.processed / "pipe")
    with pytest.raises(Missing):
        house.rooms._moves.move(house.layout.inbox / "nothing", house.layout.processed / "nothing")


def test_room_that_is_not_there_is_not_made_up_for() -> None:
    house = House(twin(), ROOT)
    house.drop("goods.xml")
    house.rooms.claim(house.found("goods.xml"), 7)
    house.disk.rmdir(house.layout.processed)
    with pytest.raises(Missing):
        house.rooms.put_away(7, "goods.xml", "processed", DAY)
    house.disk.mkdir(house.layout.processed, 0o750)
    assert house.rooms.put_away(7, "goods.xml", "processed", DAY)


# --- a power cut between any two steps


class PowerCut(BaseException):
    """Nobody catches it: there is nobody left."""


def claim(house: House) -> None:
    """What a process does with an arrival on record: what was never claimed is claimed, the rest is ended."""
    shop = "5" if house.disk.stat(house.layout.shop_inbox("5")) else ""
    if house.rooms.resume(7, "goods.xml", shop) is None:
        house.rooms.claim(house.found("goods.xml", shop), 7)


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
MOVES: dict[str, tuple[tuple[Move, ...], Move, dict[str, bytes]]] = {
    "claim": ((), claim, {"inbox/.claimed/0000000007/goods.xml": b"<a/>"}),
    "put away": (
        (claim,),
        put_away,
        {
            f"broken/exports/{DAY}/0000000007/goods.xml": b"<a/>",
            f"broken/exports/{DAY}/0000000007/goods.xml.why": b"why",
        },
    ),
    "release": ((claim, hold), release, {"inbox/.claimed/0000000007/goods.xml": b"<a/>"}),
    "room to room": (
        (claim, hold),
        go,
        {
            f"error/exports/{DAY}/0000000007/goods.xml": b"<a/>",
            f"error/exports/{DAY}/0000000007/goods.xml.why": b"refused",
        },
    ),
    "reply": (
        (claim,),
        reply,
        {"inbox/.claimed/0000000007/goods.xml": b"<a/>", "replies/goods.xml.json": b"{}"},
    ),
}
DISKS: dict[str, tuple[str, ...]] = {
    "one": (),
    "inbox apart": ("inbox/5",),
    "rooms apart": ("broken", "held", "error"),
    "all apart": ("inbox/5", "broken", "held", "error"),
}


def everything() -> bool:
    """The kindest power cut: all that was done is there, synced or not."""
    return True


@pytest.mark.parametrize("apart", DISKS)
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("keep", [nothing_kept, everything], ids=["nothing kept", "everything kept"])
def test_move_cut_short_anywhere_is_ended_by_doing_it_again(
    move: str, apart: str, keep: Callable[[], bool]
) -> None:
    before, under_test, expected = MOVES[move]
    for steps in range(200):
        house = House(twin(DISKS[apart]), ROOT)
        shop = "5" if "inbox/5" in DISKS[apart] else ""
        house.drop("goods.xml", shop=shop)
        house.drop("goods.flz", b"", shop)
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
        assert house.lies(*EXPORTS, "replies") == expected, f"cut after {steps} steps"
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
    assert house.lies() == {"inbox/goods.xml": b"<a/>"}


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


def test_kept_names_of_replies_are_text(house: House) -> None:
    name = os.fsdecode(b"\xd2.xml")
    assert house.rooms.reply("", name, 7, b"{}") == kept(name + ".json")


def code_of(kind: type[Trouble], do: Callable[[], object]) -> str:
    with pytest.raises(kind) as trouble:
        do()
    reason = trouble.value.reason
    assert all(reason.text(language) for language in ("en", "ru"))
    return reason.code
