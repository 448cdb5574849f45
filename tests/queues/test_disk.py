"""What every disk promises: one suite, run over this machine's disk and over its twin."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tillpost.errors import Halt, Retry, Trouble
from tillpost.queues.disk import Disk, FileKind, LocalDisk, read_if_there
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.troubles import TROUBLES, Apart, Missing, Taken, trouble

Place = tuple[Disk, Path]


def test_new_file_holds_its_pieces_in_order(place: Place) -> None:
    disk, root = place
    assert disk.write_new(root / "a", [b"one", b"", b"two"], 0o440) == 6
    assert disk.read(root / "a") == b"onetwo"
    with disk.open(root / "a") as file:
        assert file.read(3) == b"one"


def test_new_file_never_replaces(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"first"], 0o440)
    with pytest.raises(Taken):
        disk.write_new(root / "a", [b"second"], 0o440)
    assert disk.read(root / "a") == b"first"


def test_new_file_that_fails_half_way_is_not_there(place: Place) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise Retry(trouble(OSError(errno.EIO, "bad"), Path("source")).reason)

    disk, root = place
    with pytest.raises(Retry):
        disk.write_new(root / "a", pieces(), 0o440)
    assert disk.entries(root) == []


def test_linked_file_is_one_file_with_two_names(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"data"], 0o440)
    disk.link(root / "a", root / "b")
    one, two = disk.stat(root / "a"), disk.stat(root / "b")
    assert one is not None
    assert two is not None
    assert (one.inode, one.device, one.links) == (two.inode, two.device, 2)
    assert disk.unlink(root / "a")
    assert disk.read(root / "b") == b"data"


def test_link_never_replaces(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"data"], 0o440)
    disk.write_new(root / "b", [b"other"], 0o440)
    with pytest.raises(Taken):
        disk.link(root / "a", root / "b")
    assert disk.read(root / "b") == b"other"


def test_missing_side_of_a_link_or_rename_is_named(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"data"], 0o440)
    for move in (disk.link, disk.rename):
        with pytest.raises(Missing, match="nowhere"):
            move(root / "nowhere", root / "b")
        with pytest.raises(Missing, match="folder"):
            move(root / "a", root / "folder" / "b")


def test_rename_moves_and_replaces_only_when_told(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"data"], 0o440)
    disk.write_new(root / "b", [b"other"], 0o440)
    with pytest.raises(Taken):
        disk.rename(root / "a", root / "b")
    assert disk.read(root / "b") == b"other"
    disk.rename(root / "a", root / "b", replace=True)
    assert disk.read(root / "b") == b"data"
    assert disk.stat(root / "a") is None


def test_folder_is_renamed_with_all_that_lies_in_it(place: Place) -> None:
    disk, root = place
    disk.mkdir(root / "f", 0o750)
    disk.write_new(root / "f" / "a", [b"data"], 0o440)
    disk.rename(root / "f", root / "g")
    assert disk.read(root / "g" / "a") == b"data"
    assert disk.stat(root / "f") is None


def test_rename_without_replacing_works_where_the_kernel_has_no_such_call(tmp_path: Path) -> None:
    disk = LocalDisk(system="freebsd14")
    disk.write_new(tmp_path / "a", [b"data"], 0o440)
    disk.write_new(tmp_path / "b", [b"other"], 0o440)
    with pytest.raises(Taken):
        disk.rename(tmp_path / "a", tmp_path / "b")
    disk.rename(tmp_path / "a", tmp_path / "c")
    assert disk.read(tmp_path / "c") == b"data"


def test_unlink_tells_whether_it_was_there(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [], 0o440)
    assert disk.unlink(root / "a")
    assert not disk.unlink(root / "a")


def test_unlink_never_removes_a_folder(place: Place) -> None:
    disk, root = place
    disk.mkdir(root / "f", 0o750)
    with pytest.raises(Halt):
        disk.unlink(root / "f")
    assert disk.stat(root / "f") is not None


def test_folder_is_made_once(place: Place) -> None:
    disk, root = place
    assert disk.mkdir(root / "f", 0o750)
    assert not disk.mkdir(root / "f", 0o700)
    with pytest.raises(Missing):
        disk.mkdir(root / "no" / "f", 0o750)


def test_only_an_empty_folder_is_removed(place: Place) -> None:
    disk, root = place
    disk.mkdir(root / "f", 0o750)
    disk.write_new(root / "f" / "a", [b""], 0o440)
    assert not disk.rmdir(root / "f")
    disk.unlink(root / "f" / "a")
    assert disk.rmdir(root / "f")
    assert not disk.rmdir(root / "f")


def test_entries_tell_kind_size_and_name(place: Place) -> None:
    disk, root = place
    disk.write_new(root / "a", [b"1234"], 0o440)
    disk.mkdir(root / "f", 0o750)
    found = {entry.name: entry for entry in disk.entries(root)}
    assert found == {name: disk.stat(root / name) for name in ("a", "f")}
    assert (found["a"].kind, found["a"].size, found["f"].kind) == (FileKind.FILE, 4, FileKind.FOLDER)


def test_what_is_missing_is_said_to_be_missing(place: Place) -> None:
    disk, root = place
    assert disk.stat(root / "a") is None
    assert read_if_there(disk, root / "a") is None
    for ask in (disk.read, disk.open, disk.entries, disk.sync_dir):
        with pytest.raises(Missing):
            ask(root / "a")
    with pytest.raises(Missing):
        disk.write_new(root / "no" / "a", [b""], 0o440)


def test_files_on_two_disks_cannot_share_or_move(tmp_path: Path) -> None:
    disk = MemoryDisk(apart=[Path("/share")])
    disk.mkdir(Path("/share"), 0o755)
    disk.write_new(Path("/a"), [b"data"], 0o440)
    for move in (disk.link, disk.rename):
        with pytest.raises(Apart):
            move(Path("/a"), Path("/share/a"))


def test_file_has_no_more_names_than_its_file_system_allows() -> None:
    disk = MemoryDisk(links_most=2)
    disk.write_new(Path("/a"), [b"data"], 0o440)
    disk.link(Path("/a"), Path("/b"))
    with pytest.raises(Apart):
        disk.link(Path("/a"), Path("/c"))


# --- this machine's disk ------------------------------------------------------------------------------------


def test_modes_are_exact_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        LocalDisk().mkdir(tmp_path / "till", 0o2770)
        LocalDisk().write_new(tmp_path / "chunk", [b""], 0o440)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "till").stat().st_mode) == 0o2770
    assert stat.S_IMODE((tmp_path / "chunk").stat().st_mode) == 0o440


def test_symbolic_link_is_never_followed(tmp_path: Path) -> None:
    disk = LocalDisk()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "a").symlink_to(tmp_path / "secret")
    entry = disk.stat(tmp_path / "a")
    assert entry is not None
    assert entry.kind is FileKind.SYMLINK
    with pytest.raises(Halt, match="symbolic link"):
        disk.read(tmp_path / "a")
    with pytest.raises(Taken):
        disk.write_new(tmp_path / "a", [b"new"], 0o440)
    disk.link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").is_symlink()
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_every_kind_of_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    kinds = {entry.name: entry.kind for entry in LocalDisk().entries(tmp_path)}
    assert kinds == {"fifo": FileKind.FIFO, "socket": FileKind.SOCKET}
    assert LocalDisk().stat(Path(os.devnull)).kind is FileKind.DEVICE  # type: ignore[union-attr]


def test_fifo_in_a_files_place_does_not_stop_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert LocalDisk().read(tmp_path / "fifo") == b""


def test_folder_read_as_a_file_is_refused_and_leaves_nothing_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(Halt):
        LocalDisk().read(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("code", sorted(TROUBLES), ids=errno.errorcode.get)
def test_every_error_of_the_system_says_what_to_do_next(code: int) -> None:
    told = trouble(OSError(code, os.strerror(code)), Path("/root/a"))
    assert isinstance(told, Retry | Halt)
    for language in ("en", "ru"):
        assert "/root/a" in told.reason.text(language)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, Retry),
        (errno.EDQUOT, Retry),
        (errno.EIO, Retry),
        (errno.EROFS, Retry),
        (errno.ESTALE, Retry),
        (errno.EACCES, Halt),
        (errno.EPERM, Halt),
        (errno.ENOENT, Missing),
        (errno.EEXIST, Taken),
        (errno.EXDEV, Apart),
        (errno.EMLINK, Apart),
        (errno.ENOTSOCK, Halt),
    ],
)
def test_trouble_of_an_error(code: int, kind: type[Trouble]) -> None:
    assert type(trouble(OSError(code, os.strerror(code)), Path("a"))) is kind


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV])
def test_disk_without_links_says_apart(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*names: str, **how: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(Apart):
        LocalDisk().link(tmp_path / "a", tmp_path / "b")


def test_share_without_modes_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chmod(path: object, mode: int) -> None:
        raise PermissionError(errno.EPERM, "no modes here")

    monkeypatch.setattr(os, "chmod", chmod)
    assert LocalDisk().write_new(tmp_path / "a", [b"data"], 0o440) == 4
    assert LocalDisk().mkdir(tmp_path / "f", 0o750)


def test_failed_sync_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        raise OSError(errno.EIO, "bad sector")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(Retry):
        LocalDisk().write_new(tmp_path / "a", [b"data"], 0o440)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Retry):
        LocalDisk().sync_dir(tmp_path)


def test_share_that_cannot_sync_folders_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        raise OSError(errno.EINVAL, "no such call")

    monkeypatch.setattr(os, "fsync", fsync)
    LocalDisk().sync_dir(tmp_path)


class HeldOpen(OSError):
    """What Windows says of a file that somebody else has open."""

    winerror = 32


def test_file_held_open_on_windows_is_tried_again_with_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def unlink(name: str, **how: object) -> None:
        raise HeldOpen(errno.EACCES, "in use")

    monkeypatch.setattr(os, "unlink", unlink)
    with pytest.raises(Retry):
        LocalDisk(system="win32", pause=pauses.append).unlink(tmp_path / "a")
    assert pauses == sorted(pauses)
    assert 0 < sum(pauses) < 2


def test_file_let_go_on_windows_is_removed_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").touch()
    answers = [HeldOpen(errno.EACCES, "in use"), None]
    really = os.unlink

    def unlink(name: str, **how: Any) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        really(name, **how)

    monkeypatch.setattr(os, "unlink", unlink)
    assert LocalDisk(system="win32", pause=lambda seconds: None).unlink(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_windows_syncs_no_folder_and_sets_no_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError

    disk = LocalDisk(system="win32")
    monkeypatch.setattr(os, "chmod", never)
    disk.write_new(tmp_path / "a", [b"data"], 0o440)
    monkeypatch.setattr(os, "fsync", never)
    disk.sync_dir(tmp_path)


# --- what the twin adds -------------------------------------------------------------------------------------

ROOT = Path("/")


def test_unsynced_name_is_gone_after_a_power_cut() -> None:
    disk = MemoryDisk()
    disk.write_new(ROOT / "a", [b"data"], 0o440)
    disk.sync_dir(ROOT)
    disk.write_new(ROOT / "b", [b"data"], 0o440)
    disk.unlink(ROOT / "a")
    disk.crash()
    assert [entry.name for entry in disk.entries(ROOT)] == ["a"]


def test_power_cut_keeps_a_first_part_of_what_waits() -> None:
    disk = MemoryDisk()
    for name in "abc":
        disk.write_new(ROOT / name, [b"data"], 0o440)
    answers = iter([True, False])
    disk.crash(lambda: next(answers))
    assert [entry.name for entry in disk.entries(ROOT)] == ["a"]


def test_unsynced_folder_takes_synced_files_along() -> None:
    disk = MemoryDisk()
    disk.mkdir(ROOT / "f", 0o750)
    disk.write_new(ROOT / "f" / "a", [b"data"], 0o440)
    disk.sync_dir(ROOT / "f")
    disk.crash()
    assert disk.stat(ROOT / "f") is None


def test_rename_between_folders_is_never_lost_by_half() -> None:
    for synced in ("one", "two"):
        disk = MemoryDisk()
        for folder in ("one", "two"):
            disk.mkdir(ROOT / folder, 0o750)
        disk.sync_dir(ROOT)
        disk.write_new(ROOT / "one" / "a", [b"data"], 0o440)
        disk.rename(ROOT / "one" / "a", ROOT / "two" / "a")
        disk.sync_dir(ROOT / synced)
        disk.crash()
        assert disk.stat(ROOT / "one" / "a") is None
        assert disk.read(ROOT / "two" / "a") == b"data"


def test_file_cut_while_written_is_torn() -> None:
    class Gone(BaseException):
        pass

    def stop(step: str, path: Path) -> None:
        if step == "sync":
            raise Gone

    disk = MemoryDisk(stop)
    with pytest.raises(Gone):
        disk.write_new(ROOT / "a", [b"1234"], 0o440)
    disk.crash(lambda: True)
    assert disk.read(ROOT / "a") == b"12"
