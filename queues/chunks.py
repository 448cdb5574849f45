"""The chunk store: each chunk of commands once, under the digest of its bytes, for all tills that take it.

A chunk lies at `<folder>/<first two digits>/<digest>.aif`, read-only, and never changes: tills' folders hold further
names of the same file. So its bytes are checked before it gets another name.

Failures: `Halt` for a chunk that is not in the store (`chunk.unknown`) or whose bytes are no longer those of its
name (`chunk.damaged`); putting the right bytes again mends it. `Retry` when the disk does not take a chunk.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..errors import Halt, Reason, Trouble
from ..model import Noun
from .disk import Disk, Entry, FileKind
from .durable import digest_of, is_litter, pieces, place, replace, sweep
from .troubles import Missing

_SUFFIX = ".aif"
_REMEMBERED = 20_000  # chunks whose check is not repeated while their files stay as they were
_READERS = 4  # chunks that are read at once; a digest keeps no other thread from its own
BLANK_LINKS = 30_000  # names that one empty file gets at a time; file systems allow 65,000 and more

Seen = tuple[int, int, int]  # inode, size, mtime: how a file looked when its bytes were checked


class Chunk(Noun, frozen=True):
    digest: str
    size: int  # bytes
    objects: int


_BLANK = Chunk(digest_of(()), 0, 0)


class ChunkStore:
    def __init__(self, disk: Disk, folder: Path, *, mode: int = 0o440, folder_mode: int = 0o750) -> None:
        self._disk = disk
        self._folder = folder
        self._mode = mode
        self._folder_mode = folder_mode
        self._made: set[Path] = set()  # folders that are there for sure
        self._uncertain: set[Path] = set()  # folders with names that a power cut may take
        self._checked: dict[str, Seen] = {}

    def create(self) -> None:
        """Makes the store's folder, durably; its parent must be there."""
        self._make(self._folder)
        self._settle()

    def put(self, data: bytes, objects: int) -> Chunk:
        """Stores a chunk, once. Its name is certain when this returns."""
        chunk = self.store(data, objects)
        self._settle()
        return chunk

    def store(self, data: bytes, objects: int) -> Chunk:
        """As `put`, for one of many: its bytes are certain when this returns, and its name once the folders that are
        `uncertain` were synced."""
        chunk = Chunk(digest_of((data,)), len(data), objects)
        path = self.path(chunk.digest)
        self._make(path.parent)
        self._uncertain.add(path.parent)  # also if it is there: whoever stored it may have died before the sync
        if not self.knows(chunk.digest):
            place(self._disk, path, data, self._mode)
        elif not self._is_whole(chunk.digest):
            replace(self._disk, path, data, self._mode)
        self._remember(chunk.digest)
        return chunk

    def uncertain(self) -> list[Path]:
        """The folders to sync before anything in the store is relied on."""
        return sorted(self._uncertain)

    def are_certain(self, folders: Collection[Path]) -> None:
        """They were synced."""
        self._uncertain.difference_update(folders)

    def _settle(self) -> None:
        folders = self.uncertain()
        for folder in folders:
            self._disk.sync_dir(folder)
        self.are_certain(folders)

    def blank(self) -> Path:
        """An empty file to be linked up to BLANK_LINKS times. Before it has all the names that a file may have,
        another one takes its place here."""
        path = self.path(_BLANK.digest)
        try:
            self.assure(_BLANK)
        except Halt:
            self.put(b"", 0)
        entry = self._disk.stat(path)
        if entry is not None and entry.links > BLANK_LINKS:
            replace(self._disk, path, b"", self._mode)
        return path

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

    def assure(self, chunk: Chunk) -> tuple[int, int]:
        """As `verify`, but the bytes are read only if the file does not look as it did when last checked. Returns how
        it looked: inode and mtime."""
        if not self._is_checked(chunk.digest):
            self.verify(chunk)
        inode, _, mtime_ns = self._checked[chunk.digest]
        return inode, mtime_ns

    def sound(self, chunks: Sequence[Chunk]) -> int:
        """How many of the chunks, from the first one on, are there and hold their bytes. Several are read at once."""
        doubtful = [chunk.digest for chunk in chunks if not self._is_checked(chunk.digest)]
        if doubtful:
            with ThreadPoolExecutor(_READERS) as readers:
                for digest, is_sound in zip(doubtful, readers.map(self._is_sound, doubtful), strict=True):
                    if is_sound:
                        self._remember(digest)
        return next((at for at, chunk in enumerate(chunks) if not self._is_checked(chunk.digest)), len(chunks))

    def _is_sound(self, digest: str) -> bool:
        try:
            return self._is_whole(digest)
        except Trouble:  # it is not there, or cannot be read
            return False

    def is_named_by(self, path: Path, digest: str) -> bool:
        """Whether the file at `path`, wherever, holds this chunk's bytes. Raises Missing."""
        return digest_of(pieces(self._disk, path)) == digest

    def prune(self, in_use: Collection[str]) -> int:
        """Removes chunks that are not in use, and litter; how many chunks. The caller offers nothing meanwhile. Tills'
        folders keep names of their own, so nothing published is lost by it."""
        return sum(self._prune(shelf, {*in_use, _BLANK.digest}) for shelf in self._shelves())

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
        if folder not in self._made:
            self._disk.mkdir(folder, self._folder_mode)
            self._uncertain.add(folder.parent)  # also if it was there: its maker may have died before the sync
            self._made.add(folder)

    def _is_whole(self, digest: str) -> bool:
        return self.is_named_by(self.path(digest), digest)

    def _is_checked(self, digest: str) -> bool:
        entry = self._disk.stat(self.path(digest))
        return entry is not None and self._checked.get(digest) == _seen(entry)

    def _remember(self, digest: str) -> None:
        entry = self._disk.stat(self.path(digest))
        if entry is None:
            raise self._unknown(digest)
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
