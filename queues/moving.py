"""How an arrival's file gets from one folder to another: once, whole, and certain when the call returns.

On one file system a move is one rename. Between two it is a durable copy, compared, and only then the removal of
the original; cut short in between, both bear the same bytes, and the same move done again removes the original.

Failures: `Missing` where the source is not there, `Clash` where the target is another file, `Apart` for what cannot
be copied (a link, a pipe, a folder) to another file system, `Taken` for a move to where the file lies; else as the disk
says.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from .disk import Disk, FileKind
from .durable import copy, sweep
from .troubles import Apart, Missing, Taken


class Moves:
    """`folder_mode` and `file_mode` are those of what is made here; what is renamed keeps its own."""

    def __init__(self, disk: Disk, *, folder_mode: int = 0o750, file_mode: int = 0o640) -> None:
        self._disk = disk
        self._folder_mode = folder_mode
        self._file_mode = file_mode
        self._certain: set[Path] = set()  # folders whose names are synced, and that others are made in

    def make(self, folder: Path, base: Path) -> None:
        """Makes `folder` and what is missing between it and `base`, which must be there: a share that is not
        mounted must not be made up for on the local disk."""
        missing = [folder, *folder.parents][: len(folder.relative_to(base).parts)]
        try:
            self._make(missing)
        except Missing:  # somebody removed an empty folder that was certain
            self._certain.clear()
            self._make(missing)

    def _make(self, folders: list[Path]) -> None:
        for folder in reversed(folders):
            if folder not in self._certain:
                self._disk.mkdir(folder, self._folder_mode)
                self._disk.sync_dir(folder.parent)  # also if it was there: its maker may have died before the sync
        self._certain.update(folders[1:])

    def move(self, source: Path, target: Path) -> None:
        """Moves a file to `target`, whose folder is there."""
        try:
            self._disk.rename(source, target)
        except (Taken, Apart) as trouble:
            self._copy(source, target, trouble)
        self._disk.sync_dir(target.parent)
        self._disk.sync_dir(source.parent)

    def _copy(self, source: Path, target: Path, trouble: Taken | Apart) -> None:
        entry = self._disk.stat(source)
        if entry is None:
            raise Missing(source)
        if entry.kind is not FileKind.FILE or source == target:  # which has no original beside it to remove
            raise trouble
        copy(self._disk, source, target, self._file_mode)
        self._disk.unlink(source)

    def leave(self, folder: Path, *above: Path) -> None:
        """Removes `folder`, then each of `above`, as long as they are empty; litter does not count."""
        for empty in (folder, *above):
            with suppress(Missing):
                sweep(self._disk, empty)
            if not self._disk.rmdir(empty):
                return
            self._certain.discard(empty)
            self._disk.sync_dir(empty.parent)
