"""Every disk that a power cut could leave of a recorded run.

What was written before the last flush is on the disk. Of what came after it a disk keeps what it likes: the first part,
or any pages and not the others; a write of many pages may be torn between any two.
"""

from __future__ import annotations

import random
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import fault_images
from fault_blockserver import ENTRY, FLUSHED, PAGE

AT_A_PLACE = 4  # cuts of a sample: disks that hold the same root need no work of ours but once
TRIES = 20  # for each cut that is wanted: few pages have few subsets
KEPT = (0.1, 0.5, 0.9)  # of a random subset: how likely each page is there
PATIENCE = 10  # seconds until the server has ended, once its file is unmounted


@contextmanager
def recorded(image: Path, log: Path, folder: Path) -> Iterator[Path]:
    """The file system of `image` at `folder`; what is written to it goes into `log`, and `image` stays as it is."""
    place = image.with_name(f"{image.name}.served")
    command = [sys.executable, str(Path(__file__).with_name("fault_blockserver.py")), *map(str, (image, log, place))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stderr
        if not server.stdout.readline():
            raise fault_images.Unmountable(f"no file system of our own: {server.stderr.read().strip()[-200:]}")
        try:
            with fault_images.mounted(place, folder):
                yield folder
        finally:
            subprocess.run(["umount", str(place)], check=True)
            server.wait(PATIENCE)


@dataclass(frozen=True)
class Page:
    """A page as it was written."""

    at: int
    data: bytes


@dataclass(frozen=True, order=True)
class Cut:
    """The power goes when `place` pages were written, of which those in `lost` never came to the disk."""

    place: int
    lost: tuple[int, ...] = ()


class BlockLog:
    """What was written, page by page, and what of it was certain when."""

    def __init__(self, path: Path) -> None:
        self.pages: list[Page] = []
        self._ends: list[int] = []  # of each page: where its write ends in the log, in bytes
        self._flushes: list[int] = [0]  # how many pages were written before each
        data, at = path.read_bytes(), 0
        while at < len(data):
            head = data[at : at + ENTRY.size]
            at += ENTRY.size
            if head == FLUSHED:
                self._flushes.append(len(self.pages))
                continue
            where, length = ENTRY.unpack(head)
            written, at = data[at : at + length], at + length
            for start in range(0, length, PAGE):
                self.pages.append(Page(where + start, written[start : start + PAGE]))
                self._ends.append(at)

    def place(self, size: int) -> int:
        """How many pages were written when the log was `size` bytes long."""
        return bisect_right(self._ends, size)

    def certain(self, place: int) -> int:
        """How many of the first `place` pages were flushed; all, where a flush came last: the next page is not."""
        return self._flushes[bisect_right(self._flushes, place) - 1]

    def open(self, place: int) -> range:
        """Those that were not."""
        return range(self.certain(max(place - 1, 0)), place)

    def sample(self, count: int, chance: random.Random) -> list[Cut]:
        """So many different cuts, in their order: every place once, or some; the rest are subsets at these places, of
        which one comes the more often, the more pages are open there."""
        places = range(len(self.pages) + 1)
        chosen = chance.sample(places, min(-(-count // AT_A_PLACE), len(places)))
        found = {Cut(place) for place in chosen}
        weights = list(accumulate(len(self.open(place)) for place in chosen))
        for _ in range(TRIES * count):
            if len(found) == count:
                break
            place, kept = chance.choices(chosen, cum_weights=weights)[0], chance.choice(KEPT)
            found.add(Cut(place, tuple(page for page in self.open(place) if chance.random() >= kept)))
        return sorted(found)

    def disks(self, image: bytes, cuts: Iterable[Cut]) -> Iterator[tuple[Cut, bytearray]]:
        """The disk that each cut leaves of one that was `image` at first. `cuts` are in their order."""
        certain, flushed = bytearray(image), 0
        for cut in cuts:
            open_ = self.open(cut.place)
            self._write(certain, range(flushed, open_.start))
            flushed = open_.start
            disk = bytearray(certain)
            self._write(disk, (page for page in open_ if page not in cut.lost))
            yield cut, disk

    def _write(self, disk: bytearray, pages: Iterable[int]) -> None:
        for number in pages:
            page = self.pages[number]
            disk[page.at : page.at + len(page.data)] = page.data
