"""Real file systems in images, mounted where nobody else sees it, and the power that goes.

The process moves into mounts of its own, once: what it mounts is seen by its children alone, and gone with it. Needs
Linux, root, loop devices and ext4; `Unmountable` says what lacks.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 32 << 20  # bytes of an image
# Large pages and a small journal, as many transactions as may be; all of it written by mkfs and not in the background.
_MADE = ("-q", "-F", "-b", "4096", "-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0")
_NEW_MOUNTS, _ALL_BELOW, _PRIVATE = 0x00020000, 0x4000, 1 << 18  # CLONE_NEWNS, MS_REC, MS_PRIVATE
_SHUTDOWN, _WITHOUT_JOURNAL = 0x8004587D, struct.pack("I", 2)  # EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH


class Unmountable(Exception):
    """This machine lets nobody mount an image."""


def in_mounts_of_its_own(trial: Path) -> None:
    """This process, from now on. Tries it on an image in the folder `trial`."""
    if sys.platform != "linux" or os.geteuid():
        raise Unmountable("only root of Linux mounts images")
    if not shutil.which("mkfs.ext4"):
        raise Unmountable("mkfs.ext4 is not installed")
    libc = ctypes.CDLL(None, use_errno=True)
    here = Path.cwd()
    if libc.unshare(_NEW_MOUNTS) or libc.mount(b"none", b"/", None, _ALL_BELOW | _PRIVATE, None):
        raise Unmountable(os.strerror(ctypes.get_errno()))
    os.chdir(here)
    trial.mkdir(exist_ok=True)
    try:
        with mounted(made(trial / "image"), trial / "mount"):
            pass
    except subprocess.CalledProcessError as no:
        raise Unmountable(no.stderr.strip()) from no


def made(image: Path, content: Path | None = None) -> Path:
    """An image of ext4, with a copy of the folder `content`, links and all, as its folder `root`."""
    image.unlink(missing_ok=True)
    image.touch()
    os.truncate(image, SIZE)
    _run("mkfs.ext4", *_MADE, str(image))
    if content is not None:
        with mounted(image, image.with_name(f"{image.name}.filled")) as folder:
            copied(content, folder / "root")
    return image


def copied(folder: Path, to: Path) -> Path:
    """`folder` as a new folder `to`, with its links, modes and times."""
    assert not to.exists(), f"{to} is there already"
    _run("cp", "-a", str(folder), str(to))
    return to


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """The file system of `image`, at `folder`. Its journal is recovered by the kernel, where it has to be."""
    folder.mkdir(exist_ok=True)
    _mount(image, folder)
    try:
        yield folder
    finally:
        _run("umount", str(folder))


def lose_power(image: Path, folder: Path) -> None:
    """What was written to the file system of `image`, mounted at `folder`, and is not in its journal yet never will be.
    Then the power comes back: it is mounted anew."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(handle, _SHUTDOWN, _WITHOUT_JOURNAL)
    finally:
        os.close(handle)
    _run("umount", str(folder))
    _mount(image, folder)


def _mount(image: Path, folder: Path) -> None:
    _run("mount", "-t", "ext4", "-o", "loop", str(image), str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
