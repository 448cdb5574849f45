"""Many folders at once: a chunk linked into all of them, and all of them made certain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tillpost.errors import Retry
from tillpost.queues import disk as local
from tillpost.queues import syncing
from tillpost.queues.disk import Disk, LocalDisk
from tillpost.queues.memory import MemoryDisk

Place = tuple[Disk, Path]
MANY = syncing.HANDFUL + 3


def made(place: Place, count: int) -> list[Path]:
    disk, root = place
    folders = [root / str(number) for number in range(count)]
    for folder in folders:
        disk.mkdir(folder, 0o755)
    return folders


def sources(place: Place) -> list[Path]:
    disk, root = place
    for shelf in ("x", "y"):
        disk.mkdir(root / shelf, 0o755)
    files = [root / "x" / "one", root / "y" / "two", root / "x" / "three"]
    for file in files:
        disk.write_new(file, [file.name.encode()], 0o440)
    return files


def test_files_are_linked_into_every_folder_under_the_names_it_gives(place: Place) -> None:
    disk = place[0]
    files, (many, few, none) = sources(place), made(place, 3)
    linked = disk.fan_out(files, {many: ["a", "b", "c"], few: ["d"], none: []})
    assert linked == {many: 3, few: 1, none: 0}
    assert [disk.read(many / name) for name in "abc"] == [b"one", b"two", b"three"]
    assert (disk.names(few), disk.names(none)) == (["d"], [])
    assert disk.stat(many / "a").inode == disk.stat(few / "d").inode == disk.stat(files[0]).inode


def test_what_cannot_be_linked_ends_that_folder_alone(place: Place) -> None:
    disk, root = place
    files, (taken, free) = sources(place), made(place, 2)
    disk.write_new(taken / "b", [b"theirs"], 0o440)
    names = ["a", "b", "c"]
    assert disk.fan_out(files, {taken: names, root / "gone": names, free: names}) == {
        taken: 1,
        root / "gone": 0,
        free: 3,
    }
    assert sorted(disk.names(taken)) == ["a", "b"]
    assert disk.read(taken / "b") == b"theirs"


def test_nothing_is_linked_where_a_source_has_no_folder(place: Place) -> None:
    disk, root = place
    (folder,) = made(place, 1)
    assert disk.fan_out([root / "gone" / "one"], {folder: ["a"]}) == {folder: 0}
    assert disk.names(folder) == []


@pytest.mark.parametrize("count", [1, MANY])
def test_folder_that_is_not_there_is_told_and_the_others_are_certain(place: Place, count: int) -> None:
    disk, root = place
    folders = made(place, count)
    for folder in folders:
        disk.write_new(folder / "a", [], 0o440)
    troubles = disk.sync_dirs([*folders, root / "gone"])
    assert {path: trouble.reason.code for path, trouble in troubles.items()} == {root / "gone": "disk.missing"}
    if isinstance(disk, MemoryDisk):
        disk.sync_dir(root)
        disk.crash()
        assert all(disk.names(folder) == ["a"] for folder in folders)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the real disk was asked for: "one" folder, or a "whole" file system."""
    asked: list[str] = []

    def one(handle: int) -> None:
        asked.append("one")

    monkeypatch.setattr(os, "fsync", one)
    monkeypatch.setattr(local, "sync_whole", lambda handle: asked.append("whole"))
    monkeypatch.setattr(syncing, "file_system", lambda path, table: "ext4")
    return asked


@pytest.mark.parametrize(("count", "expected"), [(syncing.HANDFUL, ["one"] * syncing.HANDFUL), (MANY, ["whole"])])
def test_many_folders_of_one_disk_are_synced_at_one_go(
    tmp_path: Path, synced: list[str], count: int, expected: list[str]
) -> None:
    disk = LocalDisk()
    folders = made((disk, tmp_path), count)
    assert disk.sync_dirs(folders) == {}
    assert synced == expected


@pytest.mark.parametrize("kind", ["nfs4", "fuseblk", ""])
def test_folders_of_a_share_are_synced_one_by_one(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(syncing, "file_system", lambda path, table: kind)
    disk = LocalDisk()
    assert disk.sync_dirs(made((disk, tmp_path), MANY)) == {}
    assert synced == ["one"] * MANY


@pytest.mark.parametrize("release", ["5.7.0-1-amd64", "4.19", "3.10.0-1160.el7"])
def test_kernel_that_keeps_quiet_about_errors_is_not_relied_on(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    found = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*found[:2], release, *found[3:])))
    disk = LocalDisk()
    assert disk.sync_dirs(made((disk, tmp_path), MANY)) == {}
    assert synced == ["one"] * MANY


def test_disk_that_fails_makes_no_folder_certain(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(local, "sync_whole", fail)
    disk = LocalDisk()
    folders = made((disk, tmp_path), MANY)
    troubles = disk.sync_dirs(folders)
    assert set(troubles) == set(folders)
    assert all(isinstance(trouble, Retry) for trouble in troubles.values())
    assert synced == []


def test_whole_file_system_is_really_synced(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        syncing.sync_whole(handle)
    finally:
        os.close(handle)
    with pytest.raises(OSError, match="Bad file descriptor"):
        syncing.sync_whole(handle)
