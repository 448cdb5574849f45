"""Sales that are too old for the books: a file for each shift, in an archive for each day on which shifts began.

    backup/books_archive/sales-25-11-20.tgz: books/<shop>/<till>/<number>-<opened>.jsonl

Archives are as those of files (`archives`): written under a temporary name, read back, each member's digest compared,
named without replacing, the folder synced; never added to. What comes later for a day goes into `…-2.tgz`.

Failures: `Reject` (`archive.damaged`) for an archive that cannot be read to its end; `Retry` (`archive.unlike`) where
what was read back is not what was written; else as the disk says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from ..errors import Reason, Reject, Retry
from .archives import dated, read_name
from .disk import Disk
from .durable import digest_of, publish_checked, sweep
from .layout import Layout, Trade
from .tape import Member, pack, unpack

_MODE = 0o440  # an archive is never written to again

Digests = dict[str, str]  # of members, by their names


class SalesArchives:
    """The archives of one root's books."""

    def __init__(self, disk: Disk, layout: Layout) -> None:
        self._disk = disk
        self._folder = layout.books_archive

    def sweep(self) -> None:
        """Removes what killed writers left."""
        sweep(self._disk, self._folder)

    def of(self, day: date) -> list[Path]:
        """A day's archives, in their order."""
        return [path for _, path in sorted(self._numbered(day))]

    def _numbered(self, day: date) -> Iterator[tuple[int, Path]]:
        for entry in self._disk.entries(self._folder):
            found = read_name(entry.name)
            if found and found[:2] == (Trade.SALES, day):
                yield found[2], self._folder / entry.name

    def held(self, archive: Path) -> Digests:
        """What lies in an archive, for certain: whoever named it may have died before its sync. Raises Reject where
        it is damaged: then nothing in it is certain."""
        found = self._read(archive, archive)
        self._disk.sync_dir(self._folder)
        return found

    def add(self, day: date, files: Iterable[tuple[str, bytes]]) -> tuple[Path, Digests]:
        """A new archive of `files`, name and content, compared with them when this returns."""
        path = self._folder / dated(Trade.SALES, day, max((at for at, _ in self._numbered(day)), default=0) + 1)
        began = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        told: Digests = {}

        def members() -> Iterator[tuple[Member, Iterable[bytes]]]:
            for name, content in files:
                told[name] = digest_of((content,))
                yield Member(name, len(content), began), (content,)

        publish_checked(self._disk, path, pack(members()), _MODE, lambda written: self._compare(written, path, told))
        return path, told

    def _compare(self, written: Path, path: Path, told: Digests) -> None:
        try:
            found = self._read(written, path)
        except Reject as damaged:
            raise Retry(Reason("archive.unlike", path=path, name="-")) from damaged
        unlike = {name for name, _ in found.items() ^ told.items()}
        if unlike:
            raise Retry(Reason("archive.unlike", path=path, name=min(unlike)))

    def _read(self, file: Path, path: Path) -> Digests:
        """`path` names it in errors."""
        with self._disk.open(file) as source:
            return {member.name: digest_of(content) for member, content in unpack(source, path)}
