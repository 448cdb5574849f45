"""After a durable write the file is whole under its name; before, nothing is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyfakefs.fake_filesystem import FakeFilesystem, OSType
from tillpost.errors import Retry
from tillpost.queues.disk import Disk, LocalDisk
from tillpost.queues.durable import Clash, copy, digest_of, is_litter, pieces, publish, replace, sweep
from tillpost.queues.memory import Keep, MemoryDisk, nothing_kept
from tillpost.queues.troubles import Missing

Place = tuple[Disk, Path]
ROOT = Path("/")


def names(disk: Disk, folder: Path) -> list[str]:
    return sorted(entry.name for entry in disk.entries(folder))


def test_published_file_is_there_and_nothing_else(place: Place) -> None:
    disk, root = place
    publish(disk, root / "a", b"data", 0o440)
    assert disk.read(root / "a") == b"data"
    assert names(disk, root) == ["a"]


def test_publishing_the_same_bytes_again_is_a_success(place: Place) -> None:
    disk, root = place
    publish(disk, root / "a", b"data", 0o440)
    before = disk.stat(root / "a")
    publish(disk, root / "a", b"data", 0o440)
    assert disk.stat(root / "a") == before
    assert names(disk, root) == ["a"]


def test_publishing_other_bytes_is_told_and_changes_nothing(place: Place) -> None:
    disk, root = place
    publish(disk, root / "a", b"data", 0o440)
    with pytest.raises(Clash, match="other content"):
        publish(disk, root / "a", b"tada", 0o440)
    assert disk.read(root / "a") == b"data"
    assert names(disk, root) == ["a"]


def test_replaced_file_has_the_new_bytes(place: Place) -> None:
    disk, root = place
    for data in (b"old", b"new and longer", b""):
        replace(disk, root / "a", data, 0o440)
        assert disk.read(root / "a") == data
    assert names(disk, root) == ["a"]


def test_copy_is_a_file_of_its_own(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"data"], 0o440)
    for _ in range(2):
        copy(disk, root / "a", root / "b", 0o440)
    disk.unlink(root / "a")
    found = disk.stat(root / "b")
    assert found is not None
    assert (found.links, disk.read(root / "b")) == (1, b"data")


def test_copy_of_nothing_says_what_is_missing(place: Place) -> None:
    disk, root = place
    with pytest.raises(Missing):
        copy(disk, root / "a", root / "b", 0o440)
    assert names(disk, root) == []


def test_copy_is_read_back_and_compared(place: Place) -> None:
    class Changing(MemoryDisk):
        """Somebody writes to the source while it is copied."""

        def write_new(self, path: Path, pieces_: object, mode: int) -> int:
            written = super().write_new(path, pieces_, mode)  # type: ignore[arg-type]
            if is_litter(path.name):
                self.overwrite(ROOT / "a", b"new data")
            return written

    disk = Changing()
    disk.write_new(ROOT / "a", [b"old data"], 0o440)
    with pytest.raises(Retry):
        copy(disk, ROOT / "a", ROOT / "b", 0o440)
    assert names(disk, ROOT) == ["a"]


def test_name_is_published_where_there_are_no_links() -> None:
    disk = MemoryDisk(links_most=1)
    publish(disk, ROOT / "a", b"data", 0o440)
    assert names(disk, ROOT) == ["a"]
    disk.crash()
    assert disk.read(ROOT / "a") == b"data"


def test_short_write_is_never_published() -> None:
    class Short(MemoryDisk):
        def write_new(self, path: Path, pieces_: object, mode: int) -> int:
            return super().write_new(path, [b"da"], mode) + 2

    disk = Short()
    with pytest.raises(Retry):
        publish(disk, ROOT / "a", b"data", 0o440)
    assert names(disk, ROOT) == []


def test_sweep_removes_litter_and_nothing_else(place: Place) -> None:
    disk, root = place
    for name in (".tillpost-0123456789abcdef.tmp", ".tillpost-queues", "pos0000000001.aif", ".other.tmp"):
        disk.write_new(root / name, [b""], 0o440)
    assert sweep(disk, root) == 1
    assert names(disk, root) == [".other.tmp", ".tillpost-queues", "pos0000000001.aif"]


def test_file_larger_than_a_piece_is_read_whole(place: Place) -> None:
    disk, root = place
    data = bytes(3 << 20) + b"end"
    publish(disk, root / "a", data, 0o440)
    parts = list(pieces(disk, root / "a"))
    assert b"".join(parts) == data
    assert digest_of(parts) == digest_of((data,))


# --- power cuts ---------------------------------------------------------------------------------------------


class Deaf(MemoryDisk):
    """Forgets every sync of a folder."""

    def sync_dir(self, folder: Path) -> None:
        self.interrupt("sync_dir", folder)


class PowerCut(BaseException):
    pass


class Cut:
    """Lets some steps pass and none after them."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, step: str, path: Path) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1


def survivors(move: Callable[[Disk], None], keep: Keep, kind: type[MemoryDisk] = MemoryDisk) -> list[list[bytes]]:
    """What lies under `a` after a power cut before each step of `move`, and after the last one."""
    found: list[list[bytes]] = []
    whole = False
    while not whole:
        disk = kind()
        publish_before(disk)
        disk.interrupt = Cut(len(found))
        with suppress(PowerCut):
            move(disk)
            whole = True
        disk.interrupt = lambda step, path: None
        disk.crash(keep)
        found.append([disk.read(ROOT / "f" / entry.name) for entry in disk.entries(ROOT / "f") if entry.name == "a"])
        sweep(disk, ROOT / "f")
        assert set(names(disk, ROOT / "f")) <= {"a"}
    return found


def publish_before(disk: MemoryDisk) -> None:
    disk.mkdir(ROOT / "f", 0o750)
    MemoryDisk.sync_dir(disk, ROOT)


def everything_kept() -> bool:
    return True


@pytest.mark.parametrize("keep", [nothing_kept, everything_kept])
def test_power_cut_at_any_step_leaves_the_whole_file_or_none(keep: Keep) -> None:
    found = survivors(lambda disk: publish(disk, ROOT / "f" / "a", b"data", 0o440), keep)
    assert all(files in ([], [b"data"]) for files in found)
    assert found[-1] == [b"data"]
    assert len(found) > 5


@given(answers=st.lists(st.booleans(), max_size=8))
def test_power_cut_that_keeps_anything_leaves_the_whole_file_or_none(answers: list[bool]) -> None:
    left = [*answers]
    found = survivors(
        lambda disk: publish(disk, ROOT / "f" / "a", b"data", 0o440), lambda: left.pop(0) if left else False
    )
    assert all(files in ([], [b"data"]) for files in found)
    assert found[-1] == [b"data"]


@pytest.mark.parametrize("keep", [nothing_kept, everything_kept])
def test_power_cut_while_replacing_leaves_the_old_file_or_the_new(keep: Keep) -> None:
    def move(disk: Disk) -> None:
        publish(disk, ROOT / "f" / "a", b"old", 0o440)
        replace(disk, ROOT / "f" / "a", b"new", 0o440)

    found = survivors(move, keep)
    assert all(files in ([], [b"old"], [b"new"]) for files in found)
    assert found[-1] == [b"new"]


@pytest.mark.parametrize("write", [publish, replace])
def test_missing_sync_of_the_folder_is_found(write: Callable[[Disk, Path, bytes, int], None]) -> None:
    found = survivors(lambda disk: write(disk, ROOT / "f" / "a", b"data", 0o440), nothing_kept, Deaf)
    assert found[-1] == []


def test_publishing_again_after_a_kill_makes_the_name_certain() -> None:
    disk = MemoryDisk()

    def stop(step: str, path: Path) -> None:
        if step == "sync_dir":
            raise PowerCut

    disk.interrupt = stop
    with pytest.raises(PowerCut):
        publish(disk, ROOT / "a", b"data", 0o440)
    disk.interrupt = lambda step, path: None
    publish(disk, ROOT / "a", b"data", 0o440)
    disk.crash()
    assert disk.read(ROOT / "a") == b"data"


# --- full disks and Windows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [publish, replace])
def test_full_disk_leaves_no_name_and_no_litter(
    fs: FakeFilesystem, write: Callable[[Disk, Path, bytes, int], None]
) -> None:
    fs.create_dir("/root")
    fs.set_disk_usage(1000)
    with pytest.raises(Retry, match="no room"):
        write(LocalDisk(), Path("/root/a"), bytes(2000), 0o440)
    assert list(Path("/root").iterdir()) == []
    write(LocalDisk(), Path("/root/a"), bytes(500), 0o440)
    assert Path("/root/a").read_bytes() == bytes(500)


def test_full_disk_keeps_the_file_that_was_to_be_replaced(fs: FakeFilesystem) -> None:
    fs.create_dir("/root")
    replace(LocalDisk(), Path("/root/a"), b"old", 0o440)
    fs.set_disk_usage(1000)
    with pytest.raises(Retry):
        replace(LocalDisk(), Path("/root/a"), bytes(2000), 0o440)
    assert Path("/root/a").read_bytes() == b"old"


def test_durable_write_works_on_windows(fs: FakeFilesystem) -> None:
    fs.os = OSType.WINDOWS
    root = Path("C:/root")
    fs.create_dir(root)
    disk = LocalDisk(system="win32")
    publish(disk, root / "pos0000000001.aif", b"data", 0o440)
    publish(disk, root / "pos0000000001.aif", b"data", 0o440)
    with pytest.raises(Clash):
        publish(disk, root / "POS0000000001.AIF", b"other", 0o440)
    replace(disk, root / "pos0000000001.aif", b"new", 0o440)
    assert (root / "pos0000000001.aif").read_bytes() == b"new"
    assert names(disk, root) == ["pos0000000001.aif"]
