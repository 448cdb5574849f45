"""The chunk store: each chunk of commands once, under the digest of its bytes, for all tills that take it.

A chunk lies at `<folder>/<first two digits>/<digest>.aif`, read-only, and never changes: tills' folders hold further
names of the same file. So its bytes are checked before it gets another name.

Failures: `Halt` for a chunk that is not in the store (`chunk.unknown`) or whose bytes are no longer those of its
name (`chunk.damaged`); putting the right bytes again mends it. `Retry` when the disk does not take a chunk.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..errors import Halt, Reason
from ..model import Noun
from .disk import Disk, Entry, FileKind
from .durable import digest_of, is_litter, pieces, publish, replace, sweep
from .troubles import Missing

_SUFFIX = ".aif"
_REMEMBERED = 4096  # chunks whose check is not repeated while their files stay as they were

Seen = tuple[int, int, int]  # inode, size, mtime: how a file looked when its bytes were checked


class Chunk(Noun, frozen=True):
    digest: str
    size: int  # bytes
    objects: int


class ChunkStore:
    def __init__(self, disk: Disk, folder: Path, *, mode: int = 0o440, folder_mode: int = 0o750) -> None:
        self._disk = disk
        self._folder = folder
        self._mode = mode
        self._folder_mode = folder_mode
        self._synced: set[Path] = set()  # folders whose own names are certain
        self._checked: dict[str, Seen] = {}

    def create(self) -> None:
        """Makes the store's folder, durably; its parent must be there."""
        self._make(self._folder)

    def put(self, data: bytes, objects: int) -> Chunk:
        """Stores a chunk, once. Its name is certain when this returns."""
        chunk = Chunk(digest_of((data,)), len(data), objects)
        path = self.path(chunk.digest)
        self._make(path.parent)
        if not self.knows(chunk.digest):
            publish(self._disk, path, data, self._mode)
        elif self._is_whole(chunk.digest):
            self._disk.sync_dir(path.parent)  # whoever stored it may have died before its own sync
        else:
            replace(self._disk, path, data, self._mode)
        self._remember(chunk.digest)
        return chunk

    def path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}{_SUFFIX}"

    def knows(self, digest: str) -> bool:
        return self._disk.stat(self.path(digest)) is not None

    def read(self, digest: str) -> bytes:
        """A chunk's bytes, checked."""
        try:
            data = self._disk.read(self.path(digest))
        except Missing as missing:
            raise self._unknown(digest) from missing
        if digest_of((data,)) != digest:
            raise self._damaged(digest)
        return data

    def verify(self, chunk: Chunk) -> None:
        """Reads the whole chunk and compares its digest."""
        if not self.knows(chunk.digest):
            raise self._unknown(chunk.digest)
        if not self._is_whole(chunk.digest):
            raise self._damaged(chunk.digest)
        self._remember(chunk.digest)

    def assure(self, chunk: Chunk) -> None:
        """As `verify`, but the bytes are read only if the file does not look as it did when last checked."""
        entry = self._disk.stat(self.path(chunk.digest))
        if entry is None or self._checked.get(chunk.digest) != _seen(entry):
            self.verify(chunk)

    def is_named_by(self, path: Path, digest: str) -> bool:
        """Whether the file at `path`, wherever, holds this chunk's bytes. Raises Missing."""
        return digest_of(pieces(self._disk, path)) == digest

    def prune(self, in_use: Collection[str]) -> int:
        """Removes chunks that no till has outstanding, and litter; how many chunks. The caller offers nothing
        meanwhile. A till's folder keeps its own name of a file, so nothing published is lost by it."""
        return sum(self._prune(shelf, in_use) for shelf in self._shelves())

    def _prune(self, shelf: Path, in_use: Collection[str]) -> int:
        sweep(self._disk, shelf)
        old = [
            entry.name
            for entry in self._disk.entries(shelf)
            if not is_litter(entry.name) and entry.name.removesuffix(_SUFFIX) not in in_use
        ]
        return sum(self._disk.unlink(shelf / name) for name in old)

    def _shelves(self) -> list[Path]:
        found = self._disk.entries(self._folder)
        return [self._folder / entry.name for entry in found if entry.kind is FileKind.FOLDER]

    def _make(self, folder: Path) -> None:
        if folder not in self._synced:
            self._disk.mkdir(folder, self._folder_mode)
            self._disk.sync_dir(folder.parent)  # also if it was there: its maker may have died before the sync
            self._synced.add(folder)

    def _is_whole(self, digest: str) -> bool:
        return self.is_named_by(self.path(digest), digest)

    def _remember(self, digest: str) -> None:
        entry = self._disk.stat(self.path(digest))
        if entry is not None:
            self._checked.pop(digest, None)
            self._checked[digest] = _seen(entry)
        if len(self._checked) > _REMEMBERED:
            del self._checked[next(iter(self._checked))]

    def _unknown(self, digest: str) -> Halt:
        return Halt(Reason("chunk.unknown", digest=digest))

    def _damaged(self, digest: str) -> Halt:
        return Halt(Reason("chunk.damaged", path=self.path(digest)))


def _seen(entry: Entry) -> Seen:
    return entry.inode, entry.size, entry.mtime_ns
