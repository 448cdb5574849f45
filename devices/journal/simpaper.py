"""A journal's paper without a disk: the twin of `FilePaper` that knows what a power cut would leave.

What was appended and not synced is on the disk up to any byte; a replacement that was not synced has happened or not.

Failures: as `FilePaper`. `interrupt` is called before every step with its name ("write", "sync", "reserve",
"replace", "sync folder") and may raise what it likes: a power cut, an error of the disk. `free` is how many bytes the
disk has left for all files together; None = any number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from ...errors import Reason, Retry
from .paper import KEPT, written

Interrupt = Callable[[str], None]


class MemoryPaper:
    def __init__(self, interrupt: Interrupt = lambda step: None, free: int | None = None) -> None:
        self.interrupt = interrupt
        self.free = free
        self.kept: list[bytes] = []  # the latest first
        self._synced = self._raw = b""
        self._end = 0
        self._before: bytes | None = None  # what a power cut may bring back, while a replacement is not synced

    def read(self) -> bytes:
        data = written(self._raw)
        self._end = len(data)
        return data

    def append(self, data: bytes) -> None:
        self.interrupt("write")
        end = self._end + len(data)
        self._grow(end, data)
        self._raw = self._raw[: self._end] + data + self._raw[end:]
        self._sync()
        self._end = end

    def reserve(self, size: int) -> None:
        self.interrupt("reserve")
        end = self._end + size
        if len(self._raw) < end:
            self._grow(end, b"\n" * size)
            self._raw = self._raw.ljust(end, b"\n")
            self._sync()

    def replace(self, data: bytes, *, keep: bool) -> None:
        self.interrupt("replace")
        self._spend(len(data) - (0 if keep else len(self._raw)))
        if keep:
            self.kept = [written(self._raw), *self.kept][:KEPT]
        self._before = self._synced if self._before is None else self._before
        self._raw = self._synced = data
        self._end = len(data)
        self.interrupt("sync folder")
        self._before = None

    def close(self) -> None:
        """Nothing is held."""

    def power_cut(self, kept: int = 0, *, replaced: bool = True) -> None:
        """The power goes: of what was not synced the first `kept` bytes are on the disk; `replaced` says whether a
        replacement that was not synced has happened."""
        if self._before is not None and not replaced:
            self._raw = self._synced = self._before
        shorter = range(min(len(self._synced), len(self._raw)))
        first = bisect_left(shorter, True, key=lambda at: self._synced[: at + 1] != self._raw[: at + 1])
        self._raw = self._raw[: first + kept] + self._synced[first + kept :]
        self._synced, self._before = self._raw, None

    def spoil(self, data: bytes) -> None:
        """Puts other bytes in its place, durably, as a dying disk or a stranger would."""
        self._raw = self._synced = data

    @property
    def raw(self) -> bytes:
        """All bytes of the file, those that keep room among them."""
        return self._raw

    def _sync(self) -> None:
        self.interrupt("sync")
        self._synced = self._raw

    def _grow(self, end: int, data: bytes) -> None:
        """Makes the file as long as `end`. Where the disk fills up on the way, what fits of `data` is written."""
        more = max(end - len(self._raw), 0)
        if self.free is not None and more > self.free:
            fitting = len(self._raw) - self._end + self.free
            self._raw = self._raw[: self._end] + data[:fitting]
            self.free = 0
        self._spend(more)

    def _spend(self, size: int) -> None:
        if self.free is not None:
            if size > self.free:
                raise Retry(Reason("journal.no-room", path="journal", detail="No space left on device"))
            self.free -= size
