"""No link leads away: whatever stands on the way below a top, and whoever puts it there between two looks."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tillpost.errors import Halt, Trouble
from tillpost.queues import ways
from tillpost.queues.disk import FileKind, LocalDisk
from tillpost.queues.layout import Layout
from tillpost.queues.ways import FOLDER, Ways

Move = Callable[[LocalDisk, Path, Path], object]

# What is done below a folder `f`; `own` is a file of ours elsewhere under the same top.
MOVES: dict[str, Move] = {
    "open": lambda disk, f, own: disk.open(f / "x").close(),
    "read": lambda disk, f, own: disk.read(f / "x"),
    "stat": lambda disk, f, own: disk.stat(f / "x"),
    "entries": lambda disk, f, own: disk.entries(f),
    "write_new": lambda disk, f, own: disk.write_new(f / "new", (b"ours",), 0o640),
    "link to": lambda disk, f, own: disk.link(own, f / "new"),
    "link from": lambda disk, f, own: disk.link(f / "x", own.with_name("new")),
    "rename to": lambda disk, f, own: disk.rename(own, f / "new"),
    "rename from": lambda disk, f, own: disk.rename(f / "x", own.with_name("new")),
    "replace": lambda disk, f, own: disk.rename(own, f / "x", replace=True),
    "unlink": lambda disk, f, own: disk.unlink(f / "x"),
    "mkdir": lambda disk, f, own: disk.mkdir(f / "new", 0o777),
    "mkdir of the link itself": lambda disk, f, own: disk.mkdir(f, 0o777),
    "rmdir": lambda disk, f, own: disk.rmdir(f / "folder"),
    "sync_dir": lambda disk, f, own: disk.sync_dir(f),
}


@pytest.fixture(params=["linux", "linux without openat2", "another"])
def top(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LocalDisk, Path]:
    """A disk, and its top with a file of ours in it."""
    if request.param == "linux without openat2":

        def absent(*arguments: object) -> int:
            ctypes.set_errno(errno.ENOSYS)
            return -1

        monkeypatch.setattr(ways, "_syscall", lambda: absent)
    root = tmp_path / "root"
    root.mkdir()
    (root / "own").write_bytes(b"ours")
    return LocalDisk((root,), system="another" if request.param == "another" else "linux"), root


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder outside, with something in it."""
    folder = tmp_path / "foreign"
    (folder / "folder").mkdir(parents=True)
    (folder / "x").write_bytes(b"secret")
    folder.chmod(0o700)
    return folder


def looks(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything of a folder that somebody could have changed."""
    seen = {"": (folder.stat().st_mode, folder.stat().st_nlink, b"")}
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        seen[path.name] = (found.st_mode, found.st_nlink, path.read_bytes() if path.is_file() else b"")
    return seen


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("move", MOVES)
def test_nothing_is_done_behind_a_link(
    top: tuple[LocalDisk, Path], foreign: Path, move: str, depth: int
) -> None:
    disk, root = top
    folder = root.joinpath(*"abc"[: depth - 1])
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "link"
    link.symlink_to(foreign)
    before, there = looks(foreign), sorted(root.rglob("*"))
    with pytest.raises(Halt) as caught:
        MOVES[move](disk, link, root / "own")
    assert caught.value.reason.code == "disk.symlink"
    assert looks(foreign) == before
    assert sorted(root.rglob("*")) == there
    assert (root / "own").read_bytes() == b"ours"


@pytest.mark.parametrize("move", [move for move in MOVES if "mkdir of" not in move])
def test_nothing_is_done_behind_a_link_in_the_middle_of_a_path(
    top: tuple[LocalDisk, Path], foreign: Path, move: str
) -> None:
    disk, root = top
    (root / "link").symlink_to(foreign.parent)
    before = looks(foreign)
    with pytest.raises(Halt) as caught:
        MOVES[move](disk, root / "link" / foreign.name, root / "own")
    assert caught.value.reason.code == "disk.symlink"
    assert looks(foreign) == before


def test_way_to_a_top_may_hold_links(top: tuple[LocalDisk, Path], foreign: Path, tmp_path: Path) -> None:
    disk, root = top
    (tmp_path / "srv").symlink_to(tmp_path)
    linked = LocalDisk((tmp_path / "srv" / "root",))
    linked.mkdir(tmp_path / "srv" / "root" / "f", 0o750)
    linked.write_new(tmp_path / "srv" / "root" / "f" / "a", (b"data",), 0o640)
    assert disk.read(root / "f" / "a") == b"data"
    (root / "f" / "link").symlink_to(foreign)
    with pytest.raises(Halt, match="symbolic link"):
        linked.read(tmp_path / "srv" / "root" / "f" / "link" / "x")


def test_folder_that_the_settings_place_elsewhere_is_a_top_of_its_own(tmp_path: Path, foreign: Path) -> None:
    (tmp_path / "mnt").mkdir()
    layout = Layout.of(tmp_path / "root", {"inbox": str(tmp_path / "mnt" / "inbox"), "outbox": "out/box"})
    assert layout.tops() == (tmp_path / "root", tmp_path / "mnt" / "inbox")
    disk = LocalDisk(layout.tops())
    layout.create(LocalDisk((tmp_path / "root",)))
    (layout.inbox / "5").symlink_to(foreign)
    with pytest.raises(Halt, match="symbolic link"):
        disk.entries(layout.inbox / "5")


def test_folder_swapped_for_a_link_just_before_the_call_leads_nowhere(
    top: tuple[LocalDisk, Path], foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the way was walked, and the call is not yet made."""
    disk, root = top
    swapped = []

    def swapping(really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **how: Any) -> Any:
            if (root / "f").is_dir() and not (root / "f").is_symlink():
                (root / "f").rename(root / "moved")
                (root / "f").symlink_to(foreign)
                swapped.append(arguments)
            return really(*arguments, **how)

        return call

    def reset() -> None:
        (root / "f").unlink(missing_ok=True)
        (root / "moved").rename(root / "f")

    (root / "f").mkdir()
    before = looks(foreign)
    monkeypatch.setattr(os, "unlink", swapping(os.unlink))
    monkeypatch.setattr(os, "link", swapping(os.link))
    monkeypatch.setattr(os, "replace", swapping(os.replace))
    monkeypatch.setattr(os, "mkdir", swapping(os.mkdir))
    monkeypatch.setattr(os, "rmdir", swapping(os.rmdir))
    for move in ("link to", "unlink", "rmdir", "replace", "mkdir"):
        if move == "unlink":
            (root / "f" / "x").touch()
        told = None
        try:
            MOVES[move](disk, root / "f", root / "own")
        except Trouble as trouble:  # a new folder cannot be given its rights by its path any more
            told = trouble
        assert told is None or (move, told.reason.code) == ("mkdir", "disk.symlink")
        assert looks(foreign) == before
        monkeypatch.undo() if move == "mkdir" else reset()
    assert len(swapped) == 5
    assert sorted(path.name for path in (root / "moved").iterdir()) == ["new", "x"]


@pytest.fixture
def swapper(tmp_path: Path) -> Iterator[Callable[[Path, Path], None]]:
    """Exchanges two names as fast as it can, until the test ends."""
    exchange = 2  # RENAME_EXCHANGE, <linux/fs.h>
    ended = threading.Event()
    threads = []

    def swap(one: Path, other: Path) -> None:
        def forever() -> None:
            names = os.fsencode(one), os.fsencode(other)
            while not ended.is_set():
                ctypes.CDLL(None).renameat2(-100, names[0], -100, names[1], exchange)

        threads.append(threading.Thread(target=forever))
        threads[-1].start()

    yield swap
    ended.set()
    for thread in threads:
        thread.join()


def test_folder_that_is_a_link_at_every_other_moment_lets_nothing_out(
    top: tuple[LocalDisk, Path], foreign: Path, swapper: Callable[[Path, Path], None]
) -> None:
    disk, root = top
    (root / "f").mkdir()
    (root / "link").symlink_to(foreign)
    before = looks(foreign)
    swapper(root / "f", root / "link")
    outcomes = []
    for at in range(400):
        try:
            disk.write_new(root / "f" / f"{at}", (b"ours",), 0o640)
            disk.link(root / "own", root / "f" / f"{at}.link")
            assert b"secret" not in disk.read(root / "f" / f"{at}")
            outcomes.append("done")
        except Halt as halt:
            outcomes.append(halt.reason.code)
    assert looks(foreign) == before
    # without openat2 it is a link when it is opened, and may be a folder when it is looked at
    assert set(outcomes) <= {"done", "disk.symlink", "disk.missing", "disk.no-folder"}
    assert len(outcomes) == 400


def test_what_is_opened_is_closed_again(top: tuple[LocalDisk, Path], foreign: Path) -> None:
    disk, root = top
    (root / "f").mkdir()
    (root / "link").symlink_to(foreign)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for folder in (root / "f", root / "link", root / "nowhere"):
        for move in MOVES.values():
            try:
                move(disk, folder, root / "own")
            except Halt:
                (root / "own").write_bytes(b"ours")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_file_on_the_way_is_said_to_be_no_folder(top: tuple[LocalDisk, Path]) -> None:
    disk, root = top
    for path in (root / "own" / "x", root / "own" / "x" / "y"):
        with pytest.raises(Halt) as caught:
            disk.read(path)
        assert caught.value.reason.code == "disk.no-folder"
    with pytest.raises(Halt):
        disk.mkdir(root / "own", 0o750)


def test_folder_that_may_be_entered_and_not_listed_is_gone_through(top: tuple[LocalDisk, Path]) -> None:
    disk, root = top
    (root / "f").mkdir()
    (root / "f" / "a").write_bytes(b"data")
    (root / "f").chmod(0o100)
    try:
        assert disk.read(root / "f" / "a") == b"data"
    finally:
        (root / "f").chmod(0o700)


def test_sandbox_that_forbids_the_call_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: object) -> int:
        ctypes.set_errno(errno.EPERM)
        return -1

    monkeypatch.setattr(ways, "_syscall", lambda: forbidden)
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a").write_bytes(b"data")
    assert LocalDisk((tmp_path,)).read(tmp_path / "f" / "a") == b"data"
    assert LocalDisk((tmp_path,)).stat(tmp_path / "f" / "b") is None


def test_kind_of_a_link_is_told_and_not_followed(top: tuple[LocalDisk, Path], foreign: Path) -> None:
    disk, root = top
    (root / "link").symlink_to(foreign)
    entry = disk.stat(root / "link")
    assert entry is not None
    assert entry.kind is FileKind.SYMLINK
    assert disk.unlink(root / "link")
    assert looks(foreign)["x"][2] == b"secret"


def test_top_itself_is_opened_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "top").symlink_to(tmp_path / "real")
    os.close(Ways((tmp_path / "top",)).open(tmp_path / "top", os.O_RDONLY | FOLDER))
