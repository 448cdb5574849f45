"""Where things lie in a running root: the one place that knows its paths.

Each folder may be placed elsewhere by the settings. The state names files by `relative` paths, whose first part is
the name of a folder here, not where it lies: so a stopped root may be copied, and a folder moved to another disk.

Failures: `Halt` where two folders would lie in each other (`layout.nested`), or as the disk says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from itertools import permutations
from pathlib import Path

import msgspec

from ..errors import Halt, Reason
from ..model import Noun
from .disk import Disk
from .moving import Moves
from .names import back, kept

CLAIMED = ".claimed"
ONLINE = "online"  # in a till's sales folder: where it drops its live receipts


class Trade(StrEnum):
    """What arrives, and the name of its folder in every room."""

    EXPORTS = "exports"
    SALES = "sales"

    @property
    def depth(self) -> int:
        """How many folders below its home a file may be dropped: a shop's; a shop's, its till's, the live ones'."""
        return 1 if self is Trade.EXPORTS else 3


class Room(StrEnum):
    """Where an arrival ends, or waits for a person."""

    PROCESSED = "processed"  # taken
    ERROR = "error"  # right, and the world refused it for good
    BROKEN = "broken"  # wrong
    HELD = "held"  # right and suspicious: a person decides


ARCHIVED = (Room.PROCESSED, Room.ERROR, Room.BROKEN)  # what is held waits for a person, however long


class Shelf(StrEnum):
    """What is kept in the backup and lay in no room."""

    BOOKS = "books"  # sales that are too old for the database


class Layout(Noun, frozen=True):
    """The paths of one root, all absolute."""

    root: Path
    inbox: Path
    replies: Path
    outbox: Path
    queues: Path
    sales: Path
    processed: Path
    error: Path
    broken: Path
    held: Path
    backup: Path
    state: Path

    @classmethod
    def of(cls, root: Path, overrides: Mapping[str, str] | None = None) -> Layout:
        """The folders of `root`; `overrides` places some elsewhere, seen from the root. An empty one places nothing."""
        top = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow a link that is changed later
        names = cls.__struct_fields__[1:]
        placed = {name: (overrides or {}).get(name) or name for name in names}
        layout = cls(top, **{name: Path(os.path.normpath(top / place)) for name, place in placed.items()})
        layout._refuse_nesting()
        return layout

    def _refuse_nesting(self) -> None:
        """The inbox takes any folder in it for a shop's, and a till's folder holds nothing else: so each apart."""
        for (outer, around), (inner, path) in permutations(self.folders().items(), 2):
            if path.is_relative_to(around):
                raise Halt(Reason("layout.nested", inner=inner, outer=outer, path=path))

    def folders(self) -> dict[str, Path]:
        """Every folder by its name; the root itself is none."""
        every = msgspec.structs.asdict(self)
        del every["root"]
        return every

    def tops(self) -> tuple[Path, ...]:
        """Where the administrator's word ends: below each of these no link is followed. The root, and what lies
        outside of it."""
        return (self.root, *(path for path in self.folders().values() if not path.is_relative_to(self.root)))

    def rooms(self) -> dict[str, Path]:
        return {room.value: self.room(room) for room in Room}

    def room(self, room: Room) -> Path:
        return self.folders()[room]

    def home(self, trade: Trade) -> Path:
        """The folder below which the trade's files are dropped."""
        return self.inbox if trade is Trade.EXPORTS else self.sales

    def claimed(self, trade: Trade) -> Path:
        """The trade's files that are ours and not yet put away; in its home, so that claiming is one rename."""
        return self.home(trade) / CLAIMED

    @property
    def chunks(self) -> Path:
        return self.state / "chunks"

    def till(self, shop: str, till: str) -> Path:
        return self.queues / shop / till

    def till_sales(self, shop: str, till: str) -> tuple[Path, Path]:
        """Where the till drops its sales files, and its live receipts."""
        folder = self.sales / shop / till
        return folder, folder / ONLINE

    def archive(self, room: Room | Shelf) -> Path:
        """Where what lay in `room` is kept when it is old."""
        return self.backup / f"{room.value}_archive"

    @property
    def books_archive(self) -> Path:
        """Where sales are kept that are too old for the books."""
        return self.archive(Shelf.BOOKS)

    def shop_inbox(self, shop: str) -> Path:
        """Where a shop's own exports are dropped; "" = the top, for all shops."""
        return self.inbox / shop

    def create(self, disk: Disk, mode: int = 0o750) -> None:
        """Makes every folder that is missing, durably. One that lies outside the root must have its parent there:
        a share that is not mounted must not be made up for on the local disk."""
        moves = Moves(disk, folder_mode=mode)
        archives = (self.archive(room) for room in ARCHIVED)
        for folder in (self.root, *self.folders().values(), *archives, self.books_archive):
            moves.make(folder, self.root if self.root in folder.parents else folder.parent)
        ours = Moves(disk, folder_mode=mode & 0o700)  # whoever may look into an inbox has no business there
        for trade in Trade:
            ours.make(self.claimed(trade), self.home(trade))

    def relative(self, path: Path) -> str:
        """`path` as the state keeps it: the name of its folder and the way from there, as `names.kept` text."""
        for name, folder in self.folders().items():
            if path.is_relative_to(folder):
                return kept(Path(name, path.relative_to(folder)).as_posix())
        return kept((path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix())

    def absolute(self, text: str) -> Path:
        """The path that `relative` made `text` of, where the folders lie now."""
        path = Path(back(text))
        folder = self.folders().get(path.parts[0]) if path.parts else None
        return folder.joinpath(*path.parts[1:]) if folder else self.root / path
