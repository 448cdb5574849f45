"""Old files on their way into archives and back, with power cuts in between."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tillpost.errors import Reason, Reject, Retry, Trouble
from tillpost.queues.archives import Archive, Archives, OldFile, Spot, file_name, named_so
from tillpost.queues.disk import Disk, FileKind, LocalDisk
from tillpost.queues.layout import ARCHIVED, Layout, Room, Trade
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.pastdays import ArrivalFolder, PastDays, Strange
from tillpost.queues.troubles import Missing, Taken

DAY = date(2026, 11, 20)
TODAY = date(2026, 11, 21)
SPOT = Spot(DAY, Room.PROCESSED, Trade.EXPORTS)


class Post:
    """A root in small, with files in its rooms."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self.disk = disk
        self.layout = Layout.of(root)
        self.layout.create(disk)
        self.start()

    def start(self) -> None:
        """A process begins."""
        self.archives = Archives(self.disk, self.layout)

    def put(self, name: str, data: bytes, arrival: int = 1, spot: Spot = SPOT) -> Path:
        folder = self.layout.root
        for part in (*spot.folder.split("/"), f"{arrival:010}"):
            folder /= part
            if self.disk.mkdir(folder, 0o755):
                self.disk.sync_dir(folder.parent)
        path = folder / name
        self.disk.unlink(path)
        self.disk.write_new(path, (data,), 0o640)
        self.disk.sync_dir(folder)
        return path

    def lying(self, spot: Spot = SPOT) -> tuple[list[OldFile], list[Path]]:
        """The files and the arrivals' folders of a day."""
        found = [
            one for one in PastDays(self.disk, self.layout, TODAY).room(spot.room) if isinstance(one, ArrivalFolder)
        ]
        mine = [folder for folder in found if folder.spot == spot]
        files = [
            OldFile(folder.path / entry.name, f"{folder.relative}/{entry.name}", entry)
            for folder in mine
            for entry in folder.entries
        ]
        return files, [folder.path for folder in mine]

    def trim(self, spot: Spot = SPOT) -> list[OldFile]:
        """A day's files into an archive, as a run does it."""
        self.archives.sweep()
        files, folders = self.lying(spot)
        kept = set[str]().union(*(self.archives.kept(one, files) for one in self.archives.all() if one.spot == spot))
        lacking = [file for file in files if file.member not in kept]
        if lacking:
            self.archives.add(spot, lacking)
        return self.archives.remove(spot, files, folders)

    def contents(self) -> dict[str, list[tuple[str, bytes]]]:
        return {
            archive.name: [
                (m.name, b"".join(self.archives.content(archive, m.name))) for m in self.archives.members(archive)
            ]
            for archive in self.archives.all()
        }

    def only(self) -> Archive:
        (archive,) = self.archives.all()
        return archive

    def litter(self) -> list[str]:
        folders = [self.layout.archive(room) for room in ARCHIVED]
        return [e.name for f in folders for e in self.disk.entries(f) if e.name.startswith(".tillpost-")]


@pytest.fixture
def post(place: tuple[Disk, Path]) -> Post:
    return Post(place[0], place[1] / "root")


def member(name: str, arrival: int = 1, spot: Spot = SPOT) -> str:
    return f"{spot.folder}/{arrival:010}/{name}"


def plain_archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


# --- names


@pytest.mark.parametrize("number", [1, 2, 17])
def test_name_of_an_archive_says_what_it_is_of(number: int) -> None:
    name = file_name(SPOT, number)
    assert name == ("exports-26-11-20.tgz" if number == 1 else f"exports-26-11-20-{number}.tgz")
    assert named_so(Room.PROCESSED, name) == (SPOT, number)


@pytest.mark.parametrize(
    "name",
    [
        "exports-26-13-01.tgz", "exports-26-11-20-1.tgz", "exports-26-11-20-02.tgz", "exports-26-11-20.tgz.part",
        "imports-26-11-20.tgz", "exports-2026-11-20.tgz", "exports-26-11-20.TGZ", "exports-26-02-30.tgz",
        "exports-٢٦-11-20.tgz", "exports-26-11-20.tgz\n",
    ],
)  # fmt: skip
def test_any_other_name_is_foreign(name: str) -> None:
    assert named_so(Room.PROCESSED, name) is None


# --- which lie there


def test_days_before_are_found_by_their_folders_names(post: Post) -> None:
    """Yesterday's file is as new as can be, and found; today's is not."""
    post.put("a.xml", b"1")
    post.put("b.xml", b"2", 2, Spot(TODAY, Room.PROCESSED, Trade.EXPORTS))
    post.put("c.xml", b"3", 3, Spot(date(2026, 11, 22), Room.PROCESSED, Trade.EXPORTS))
    found = list(PastDays(post.disk, post.layout, TODAY).room(Room.PROCESSED))
    assert [one.arrival for one in found if isinstance(one, ArrivalFolder)] == [1]


def test_what_has_no_place_in_a_room_is_told(post: Post) -> None:
    room = post.layout.processed
    post.put("a.xml", b"1")
    post.disk.mkdir(room / "photos", 0o755)
    post.disk.mkdir(room / "exports" / "2026-02-30", 0o755)
    post.disk.mkdir(room / "exports" / "2026-11-20" / "12", 0o755)
    post.disk.write_new(room / "readme.txt", (b"",), 0o644)
    post.disk.mkdir(room / "lost+found", 0o755)
    found = list(PastDays(post.disk, post.layout, TODAY).room(Room.PROCESSED))
    strange = {str(one.path.relative_to(room)) for one in found if isinstance(one, Strange)}
    assert strange == {"photos", "exports/2026-02-30", "exports/2026-11-20/12", "readme.txt"}


def test_folder_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    class Broken(LocalDisk):
        def entries(self, folder: Path) -> list:  # type: ignore[type-arg]
            if folder.name == "0000000001":
                raise Retry(Reason("disk.failing", path=folder, detail="I/O error"))
            return super().entries(folder)

    post = Post(Broken(), tmp_path / "root")
    post.put("a.xml", b"1", 1)
    post.put("b.xml", b"2", 2)
    first, second = PastDays(post.disk, post.layout, TODAY).room(Room.PROCESSED)
    assert isinstance(first, Strange)
    assert isinstance(first.trouble, Retry)
    assert isinstance(second, ArrivalFolder)


# --- into an archive


def test_file_goes_into_the_archive_of_its_room_trade_and_day(post: Post) -> None:
    for room in ARCHIVED:
        for trade in Trade:
            post.put("a.xml", f"{room} {trade}".encode(), spot=Spot(DAY, room, trade))
            post.trim(Spot(DAY, room, trade))
    assert post.contents() == {
        f"{room}_archive/{trade}-26-11-20.tgz": [
            (f"{room}/{trade}/2026-11-20/0000000001/a.xml", f"{room} {trade}".encode())
        ]
        for room in ARCHIVED
        for trade in Trade
    }


def test_nothing_is_left_of_a_day_that_went(post: Post) -> None:
    post.put("a.xml", b"1")
    post.put("a.xml.why", b"because")
    post.put("b.xml", b"2", 2)
    assert post.trim() == []
    assert post.disk.entries(post.layout.processed / "exports") == []


def test_what_stays_keeps_its_folders(post: Post) -> None:
    post.put("a.xml", b"1")
    note = post.put("note.txt", b"a person's")
    files, folders = post.lying()
    mine = [file for file in files if file.path.name == "a.xml"]
    post.archives.add(SPOT, mine)
    post.archives.remove(SPOT, mine, folders)
    assert post.disk.read(note) == b"a person's"


def test_later_files_of_a_day_go_into_the_next_archive(post: Post) -> None:
    for number in range(1, 4):
        post.put("a.xml", b"1", number)
        post.trim()
    assert list(post.contents()) == [f"processed_archive/exports-26-11-20{again}.tgz" for again in ("", "-2", "-3")]


def test_same_name_with_other_bytes_is_kept_twice(post: Post) -> None:
    post.put("a.xml", b"1")
    post.trim()
    post.put("a.xml", b"2")
    post.trim()
    assert [data for found in post.contents().values() for _, data in found] == [b"1", b"2"]


def test_number_goes_on_behind_a_gap_and_whatever_bears_the_name(post: Post) -> None:
    """Somebody took the first away; the third is a folder."""
    folder = post.layout.archive(Room.PROCESSED)
    post.disk.write_new(folder / "exports-26-11-20-2.tgz", (b"",), 0o640)
    post.disk.mkdir(folder / "exports-26-11-20-3.tgz", 0o755)
    assert post.archives.next_path(SPOT).name == "exports-26-11-20-4.tgz"


def test_what_an_archive_holds_already_is_only_removed(post: Post) -> None:
    post.put("a.xml", b"1")
    post.trim()
    before = post.disk.read(post.only().path)
    post.put("a.xml", b"1")
    assert post.trim() == []
    assert post.lying() == ([], [])
    assert post.disk.read(post.only().path) == before


def test_file_that_changed_since_it_was_looked_at_stays(post: Post) -> None:
    post.put("a.xml", b"1")
    files, folders = post.lying()
    post.archives.add(SPOT, files)
    path = post.put("a.xml", b"2")
    assert post.archives.remove(SPOT, files, folders) == files
    assert post.disk.read(path) == b"2"


def test_archive_is_never_put_in_anothers_place(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.put("a.xml", b"1")
    files, _ = post.lying()
    path = post.archives.add(SPOT, files)
    before = post.disk.read(path)
    monkeypatch.setattr(Archives, "next_path", lambda self, spot: path)
    with pytest.raises(Taken):
        post.archives.add(SPOT, files)
    assert post.disk.read(path) == before
    assert post.litter() == []


def test_bytes_that_come_back_otherwise_are_noticed(tmp_path: Path) -> None:
    class Liar(LocalDisk):
        """Keeps of an archive something else than it was given."""

        def write_new(self, path: Path, pieces: object, mode: int) -> int:
            data = b"".join(pieces)  # type: ignore[call-overload]
            return super().write_new(path, (data[:-9] + bytes(9),) if path.name.endswith(".tmp") else (data,), mode)

    post = Post(Liar(), tmp_path / "root")
    path = post.put("a.xml", b"1")
    with pytest.raises(Retry) as found:
        post.trim()
    assert found.value.reason.code == "archive.unlike"
    assert post.contents() == {}
    assert post.litter() == []
    assert path.read_bytes() == b"1"


def test_file_that_is_rewritten_while_it_is_archived_is_not_taken(tmp_path: Path) -> None:
    post = Post(LocalDisk(), tmp_path / "root")
    path = post.put("a.xml", b"1")

    def rewrite(count: int) -> None:
        path.write_bytes(b"2")

    archives = Archives(post.disk, post.layout, rewrite)
    with pytest.raises(Retry):
        archives.add(SPOT, post.lying()[0])
    assert post.contents() == {}


def test_damaged_archive_holds_nothing_for_certain(post: Post) -> None:
    post.put("a.xml", os.urandom(2000))
    files, _ = post.lying()
    path = post.archives.add(SPOT, files)
    archive = post.only()
    assert post.archives.kept(archive, files) == {member("a.xml")}
    data = bytearray(post.disk.read(path))
    data[len(data) // 2] ^= 1
    post.disk.unlink(path)
    post.disk.write_new(path, (bytes(data),), 0o440)
    with pytest.raises(Reject, match="damaged"):
        post.archives.kept(archive, files)


def test_foreign_files_beside_archives_are_told(post: Post) -> None:
    folder = post.layout.archive(Room.ERROR)
    for name in ("notes.txt", ".tillpost-12.tmp", "exports-26-11-20.tgz"):
        post.disk.write_new(folder / name, (b"",), 0o640)
    found, foreign = post.archives.room(Room.ERROR)
    assert [archive.path.name for archive in found] == ["exports-26-11-20.tgz"]
    assert foreign == [folder / "notes.txt"]
    post.archives.sweep()
    assert post.litter() == []


def test_archives_are_dropped_by_name(post: Post) -> None:
    for number in (1, 2):
        post.put("a.xml", b"1", number)
        post.trim()
    first, second = post.archives.all()
    assert post.archives.drop([first]) == 1
    assert post.archives.all() == [second]
    assert post.archives.drop([first]) == 0


# --- names that a system allows


NAMES = ("Товар №5.xml", "a\nb.xml", os.fsdecode(b"\xff\xfe.xml"), "x" * 255, "я" * 127, " ", "-rf", "a\\b", "'\"$(id)")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_goes_into_an_archive_and_comes_back(post: Post, name: str) -> None:
    path = post.put(name, b"1")
    assert post.trim() == []
    archive = post.only()
    (found,) = post.archives.members(archive)
    assert post.archives.restore(archive, found.name) == path
    assert post.disk.read(path) == b"1"
    assert post.trim() == []
    assert len(post.archives.all()) == 1


# --- out of an archive


def test_restored_file_lies_where_it_lay_and_goes_again(post: Post) -> None:
    path = post.put("a.xml", b"1" * 5000)
    post.trim()
    archive = post.only()
    assert post.archives.restore(archive, member("a.xml")) == path
    assert post.archives.restore(archive, member("a.xml")) == path
    assert post.disk.read(path) == b"1" * 5000
    assert post.trim() == []
    assert post.archives.all() == [archive]
    assert post.lying() == ([], [])


def test_restored_file_may_go_anywhere(post: Post) -> None:
    post.put("a.xml", b"1")
    post.trim()
    to = post.layout.root / "desk"
    with pytest.raises(Missing):
        post.archives.restore(post.only(), member("a.xml"), to)
    post.disk.mkdir(to, 0o755)
    assert post.archives.restore(post.only(), member("a.xml"), to) == to / "a.xml"
    assert post.disk.read(to / "a.xml") == b"1"
    assert post.lying() == ([], [])


def test_restored_file_replaces_no_other(post: Post) -> None:
    post.put("a.xml", b"1")
    post.trim()
    path = post.put("a.xml", b"2")
    with pytest.raises(Reject, match="another file"):
        post.archives.restore(post.only(), member("a.xml"))
    assert post.disk.read(path) == b"2"


def test_file_that_is_not_there_is_refused(post: Post) -> None:
    post.put("a.xml", b"1")
    post.trim()
    for name in (member("b.xml"), member("a.xml", 2)):
        with pytest.raises(Reject, match="no file"):
            post.archives.restore(post.only(), name)


def planted(post: Post, info: tarfile.TarInfo, data: bytes = b"") -> Archive:
    path = post.layout.archive(Room.PROCESSED) / file_name(SPOT, 1)
    post.disk.write_new(path, (plain_archive((info, data)),), 0o640)
    return post.only()


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../../etc/passwd", "processed/exports/2026-11-20/../../../x", "a.xml",
        "processed/exports/2026-11-20/0000000001/../x", "processed/exports/2026-11-19/0000000001/a.xml",
        "error/exports/2026-11-20/0000000001/a.xml", "processed/exports/2026-11-20/0000000001/a/b",
        "processed/exports/2026-11-20/0000000001/..", "processed/exports/2026-11-20/0000000001/",
        "processed/exports/2026-11-20/x/a.xml", "processed/exports/2026-11-20//a.xml",
        "processed/exports/2026-11-20/0000000001/a\0.xml", "processed/exports/2026-11-20", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("to", ["", "desk"])
def test_path_that_leads_elsewhere_is_refused(post: Post, name: str, to: str) -> None:
    info = tarfile.TarInfo()
    info.pax_headers = {"path": name}
    archive = planted(post, info, b"1")
    post.disk.mkdir(post.layout.root / "desk", 0o755)
    with pytest.raises(Reject) as found:
        post.archives.restore(archive, name, post.layout.root / to if to else None)
    assert found.value.reason.code in {"archive.foreign", "archive.no-member", "archive.damaged"}
    assert post.disk.entries(post.layout.root / "desk") == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_not_restored(post: Post, kind: bytes) -> None:
    info = tarfile.TarInfo(member("a.xml"))
    info.type, info.linkname = kind, "/etc/passwd"
    archive = planted(post, info)
    for wanted in (member("a.xml"), member("a.xml") + "/"):
        with pytest.raises(Reject) as found:
            post.archives.restore(archive, wanted)
        assert found.value.reason.code in {"archive.foreign", "archive.no-member"}
    assert post.lying() == ([], [])


def test_nothing_is_restored_from_a_damaged_archive(post: Post) -> None:
    """Its bytes may be right, but nobody knows."""
    archive = planted(post, tarfile.TarInfo(member("a.xml")), os.urandom(5000))
    data = post.disk.read(archive.path)
    post.disk.unlink(archive.path)
    post.disk.write_new(archive.path, (data[:-4] + b"size",), 0o640)
    with pytest.raises(Reject, match="damaged"):
        post.archives.restore(archive, member("a.xml"))
    assert post.lying() == ([], [])
    got = list[bytes]()
    with pytest.raises(Reject, match="damaged"):
        got.extend(post.archives.content(archive, member("a.xml")))
    assert len(b"".join(got)) == 5000  # a person may still look at it


def test_second_member_of_a_name_is_passed_over(post: Post) -> None:
    path = post.layout.archive(Room.PROCESSED) / file_name(SPOT, 1)
    twice = [(tarfile.TarInfo(member("a.xml")), data) for data in (b"1", b"22")]
    post.disk.write_new(path, (plain_archive(*twice),), 0o640)
    assert post.disk.read(post.archives.restore(post.only(), member("a.xml"))) == b"1"


def test_bytes_behind_the_end_are_no_archive(post: Post) -> None:
    path = post.layout.archive(Room.PROCESSED) / file_name(SPOT, 1)
    post.disk.write_new(path, (gzip.compress(bytes(1024) + b"x" * 512),), 0o640)
    with pytest.raises(Reject, match="damaged"):
        list(post.archives.members(post.only()))


# --- power cuts


FILES = {1: {"a.xml": b"1" * 700, "a.xml.why": b"no"}, 2: {"b.xml": b""}, 3: {"a.xml": b"3"}}


def filled(cut: Callable[[str, Path], None], files: dict[int, dict[str, bytes]]) -> tuple[Post, MemoryDisk]:
    disk = MemoryDisk(cut)
    disk.mkdir(Path("/root"), 0o755)
    disk.sync_dir(Path("/"))
    post = Post(disk, Path("/root"))
    for arrival, named in files.items():
        for name, data in named.items():
            post.put(name, data, arrival)
    return post, disk


def kept_once(post: Post, files: dict[int, dict[str, bytes]]) -> None:
    """Every file is in exactly one archive, whole, and in no room."""
    found = sorted(pair for one in post.contents().values() for pair in one)
    assert found == sorted(
        (member(name, arrival), data) for arrival, named in files.items() for name, data in named.items()
    )
    assert post.lying() == ([], [])
    assert post.litter() == []


def nothing_lost(post: Post, files: dict[int, dict[str, bytes]]) -> None:
    """Every file is in its room or in an archive that can be read."""
    archived = {pair for one in post.contents().values() for pair in one}
    lying = {(file.member, post.disk.read(file.path)) for file in post.lying()[0]}
    every = {(member(name, arrival), data) for arrival, named in files.items() for name, data in named.items()}
    assert every <= archived | lying


class Cut:
    """Stops everything after so many steps; as the fixture of the same name does."""

    def __init__(self, stop: type[BaseException]) -> None:
        self.steps: int | None = None
        self.passed = 0
        self._stop = stop

    def __call__(self, step: str, path: Path) -> None:
        if self.steps is not None and self.passed >= self.steps:
            raise self._stop(step)
        self.passed += 1


@settings(max_examples=120, deadline=None)
@given(
    files=st.dictionaries(
        st.integers(1, 4),
        st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=900), min_size=1, max_size=3),
        max_size=3,
    ),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=4),
    chances=st.lists(st.booleans(), max_size=80),
)
@example(FILES, [(12, True)], [])
@example(FILES, [(17, True)], [True] * 10)
def test_power_may_go_at_any_steps_and_no_file_is_lost_or_kept_twice(
    files: dict[int, dict[str, bytes]], cuts: list[tuple[int, bool]], chances: list[bool]
) -> None:
    class PowerCut(BaseException):
        pass

    cut = Cut(PowerCut)
    post, disk = filled(cut, files)
    chance = iter(chances)
    for steps, power in cuts:  # of the machine, or only the process is killed
        cut.steps = cut.passed + steps
        try:
            post.trim()
        except PowerCut:
            cut.steps = None
            if power:
                disk.crash(lambda: next(chance, False))
        cut.steps = None
        post.start()
        nothing_lost(post, files)
    post.trim()
    kept_once(post, files)


def test_name_of_an_archive_is_certain_before_anything_is_removed_for_its_sake() -> None:
    """A process dies between name and sync; the next one finds everything in the archive; then the power goes."""

    class Killed(BaseException):
        pass

    for first in range(3, 12):
        for second in range(0, 30, 2):
            cut = Cut(Killed)
            post, disk = filled(cut, FILES)
            for steps in (first, second):
                cut.steps = cut.passed + steps
                with suppress(Killed):
                    post.trim()
                cut.steps = None
                post.start()
            disk.crash()
            nothing_lost(post, FILES)


@pytest.mark.parametrize("at", range(60))
def test_power_may_go_at_each_step(at: int) -> None:
    class PowerCut(BaseException):
        pass

    for kept in (False, True):
        cut = Cut(PowerCut)
        post, disk = filled(cut, FILES)
        cut.steps = cut.passed + at
        try:
            post.trim()
        except PowerCut:
            cut.steps = None
            disk.crash(lambda kept=kept: kept)  # type: ignore[misc]
        cut.steps = None
        post.start()
        nothing_lost(post, FILES)
        post.trim()
        kept_once(post, FILES)


@pytest.mark.parametrize("at", range(0, 60, 3))
def test_disk_may_be_full_at_each_step(at: int) -> None:
    """Whatever does not go now goes when there is room."""

    def full(path: str) -> Trouble:
        return Retry(Reason("disk.full", path=path, detail="No space left on device"))

    class Once(Cut):
        def __call__(self, step: str, path: Path) -> None:
            self.passed += 1
            if self.passed == self.steps:
                raise full(step)

    cut = Once(Retry)
    post, _ = filled(cut, FILES)
    cut.steps = cut.passed + at
    try:
        post.trim()
    except Retry:
        nothing_lost(post, FILES)
    cut.steps = None
    post.trim()
    kept_once(post, FILES)


def test_what_was_planted_as_a_link_is_no_archive() -> None:
    post, disk = filled(lambda step, path: None, {})
    disk.plant(post.layout.archive(Room.PROCESSED) / "exports-26-11-20.tgz", FileKind.SYMLINK)
    assert post.archives.all() == []
