"""How a file that was dropped becomes ours: `<home>/…/NAME` becomes `<home>/.claimed/<arrival>/NAME` by one rename.
The home is its trade's: the inbox, with a folder for each shop, or the tills' sales, with one for each shop and till.

    rename; look whether it is the file that was judged, and nobody writes it     else: back to its name, Retry
    both folders synced                                                           now it is claimed
    [a folder on another file system: first into its own `.claimed`, as above, then copied over and removed]
    its flags removed, its folder synced                                          the ERP may write the next

A flag goes last: its disappearance may tell the ERP that the file is taken, so the file must be ours for certain.
Each step may be the last before a crash; `resume` then does what is left.

Failures: `Retry` where the file is not claimed: it vanished, changed, is being written, or its folder does not let it
go. It lies where it lay, unless a newer one has taken its name: then `resume` finds it claimed. `Reject` where a
claimed file is gone (`arrival.lost`) or is none (a link, a pipe); while a folder that it may lie in cannot be looked
into, `Retry`. Else as the disk says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import Fault, Reason, Reject, Retry, Trouble
from .disk import Disk, Entry, FileKind
from .durable import is_litter, publish
from .inbox import Flag, Found, by_what_they_flag, flag_of, flags_of, is_seen, refusal
from .layout import CLAIMED, Layout, Trade
from .lease import Answer, Lease, Writers
from .moving import Moves
from .names import printable
from .troubles import Apart, Missing, Taken, theirs


def folder_name(arrival: int) -> str:
    return f"{arrival:010d}"


def is_number(entry: Entry) -> bool:
    """Whether this is the folder of an arrival."""
    return entry.kind is FileKind.FOLDER and entry.name.isascii() and entry.name.isdecimal()


class Claims:
    """`flag_suffix` is that of exports; sales files have no flags."""

    def __init__(
        self,
        disk: Disk,
        layout: Layout,
        *,
        trade: Trade = Trade.EXPORTS,
        writers: Writers | None = None,
        flag_suffix: str = ".flz",
        folder_mode: int = 0o750,
        file_mode: int = 0o640,
    ) -> None:
        self._disk = disk
        self._layout = layout
        self._trade = trade
        self._home = layout.home(trade)
        self._writers = writers or Lease()
        self._flag_suffix = flag_suffix if trade is Trade.EXPORTS else ""
        self._file_mode = file_mode
        self._moves = Moves(disk, folder_mode=folder_mode, file_mode=file_mode)
        self._staging: set[Path] = set()  # the `.claimed` folders below our home's own
        self._looked = False  # for all of them
        self._unseen: Trouble | None = None  # why there may be more

    # --- into .claimed

    def claim(self, found: Found, arrival: int) -> Path:
        """Takes what was found, of whatever kind; where it lies then. Done again, finds it done."""
        done = self._finish(found.folder, arrival, found.name)
        if done is not None:
            return done
        target = self._place(self._home, arrival, found.name)
        try:
            self._take(found, target)
        except Apart:
            target = self._take_over(found, arrival, target)
        self.lower(found.folder, *found.flags)
        return target

    def _take_over(self, found: Found, arrival: int, target: Path) -> Path:
        """Claims where the folder is a file system of its own. Our home itself is none: where the system says so all
        the same, the file waits where it lies."""
        staged = self._place(found.folder, arrival, found.name)
        if staged == target:
            raise Retry(Reason("disk.apart", path=found.path))
        with theirs(found.folder):
            self._moves.make(staged.parent, found.folder)
        self._take(found, staged)
        self._staging.add(staged.parents[1])
        try:
            return self._carry(staged, target)
        except Retry:
            if self._disk.stat(target) is None:
                self._give_back(found, staged)
            self._moves.leave(target.parent)
            raise

    def _take(self, found: Found, target: Path) -> None:
        self._moves.make(target.parent, target.parents[2])
        try:
            with theirs(found.path):
                self._disk.rename(found.path, target)
        except (Apart, Retry):
            self._moves.leave(target.parent)
            raise
        except Missing as missing:
            self._moves.leave(target.parent)
            raise Retry(Reason("arrival.vanished", name=printable(found.name))) from missing
        try:
            self._check(found, target)
        except Retry:
            self._give_back(found, target)
            raise
        self._sync_move(found.folder, target)

    def _check(self, found: Found, target: Path) -> None:
        """Raises Retry unless this is the file that was judged, and nobody writes it."""
        entry = self._disk.stat(target)
        if entry is None or not found.is_same(entry):
            raise Retry(Reason("arrival.changed", name=printable(found.name)))
        if found.kind is FileKind.FILE:
            self._check_closed(target)

    def _check_closed(self, path: Path) -> None:
        try:
            with self._disk.open(path) as file:
                answer = self._writers.of(file, path)
        except Trouble as trouble:
            raise Retry(trouble.reason) from trouble
        if answer is Answer.SOMEBODY:
            raise Retry(Reason("arrival.written", name=printable(path.name)))

    def _give_back(self, found: Found, target: Path) -> None:
        """Under its old name again, unless somebody has it by now: then it stays, and waits to be resumed."""
        with theirs(found.path):
            with suppress(Taken, Missing):
                self._disk.rename(target, found.path)
            self._sync_move(target.parent, found.path)
        self._moves.leave(target.parent)

    def _carry(self, staged: Path, target: Path) -> Path:
        """From the `.claimed` of a folder on another file system into ours."""
        self._moves.make(target.parent, self._home)
        try:
            self._moves.move(staged, target)
        except Apart:  # no file, so nothing to copy: it stays on its own file system
            self._moves.leave(target.parent)
            return staged
        self._moves.leave(staged.parent)
        return target

    def resume(self, arrival: int, name: str, where: str = "") -> Path | None:
        """Ends what a crash or a Retry cut short; where the arrival's file lies. None = it was never claimed.
        `where` as `Found` says it: the folder in which the file was dropped.

        To be asked of each arrival that is on record as claimed, at the start and after a claim's Retry."""
        path = self._finish(self._home / where, arrival, name)
        if path is None:
            self._moves.leave(self._place(self._home, arrival, name).parent)
        return path

    def _finish(self, folder: Path, arrival: int, name: str) -> Path | None:
        target = self._place(self._home, arrival, name)
        staged = self._place(folder, arrival, name)
        with theirs(folder):
            path = staged if self._disk.stat(staged) else target
        if self._disk.stat(path) is None:
            return None
        if path != target:
            self._staging.add(staged.parents[1])
            path = self._carry(staged, target)
        self._moves.make(path.parent, path.parents[2])
        self._sync_move(folder, path)
        self._lower_stale(folder, name)
        return path

    def _lower_stale(self, folder: Path, name: str) -> None:
        """Removes the flags of a claimed file, unless another file of its name came: they may be that one's."""
        with suppress(Missing):  # a folder that was removed
            with theirs(folder):
                there = self._disk.entries(folder)
            if all(entry.name != name for entry in there):
                files = [entry.name for entry in there if entry.kind is FileKind.FILE]
                flags = by_what_they_flag((file, flag_of(file, self._flag_suffix)) for file in files)
                self.lower(folder, *flags_of(name, flags))

    def lower(self, folder: Path, *names: str) -> None:
        """Removes flags, durably."""
        with theirs(folder):
            if sum(self._disk.unlink(folder / name) for name in names):
                self._disk.sync_dir(folder)

    def lower_flag(self, flag: Flag) -> None:
        self.lower(flag.folder, flag.name)

    def place(self, arrival: int, name: str, data: bytes) -> Path:
        """Puts a file of our own making among the claimed ones."""
        target = self._place(self._home, arrival, name)
        self._moves.make(target.parent, self._home)
        publish(self._disk, target, data, self._file_mode)
        return target

    # --- what is claimed

    def claimed_path(self, arrival: int, name: str) -> Path:
        """Where a claimed file lies, to be read: raises Retry while somebody still writes it, Reject where there is
        no such file."""
        path = self._claimed(arrival, name)
        entry = self._disk.stat(path) if path else None
        if path is None or entry is None:
            raise self._lost(arrival, name)
        no = refusal(entry.kind, name)
        if no:
            raise Reject(no)
        self._check_closed(path)
        return path

    def claimed(self) -> list[tuple[int, Path]]:
        """Everything that was claimed and not yet put away, by arrival; but what lies on a share that is away."""
        found = []
        for folder in self._claimed_folders():
            for entry in self._disk.entries(folder):
                found += [(int(folder.name), folder / entry.name)] if not is_litter(entry.name) else []
        return sorted(found)

    def tidy(self) -> None:
        """Removes folders of arrivals that a crash left empty, and litter."""
        for folder in self._claimed_folders():
            self._moves.leave(folder)

    def _claimed_folders(self) -> Iterator[Path]:
        ours, *others = self._homes()
        for home in (ours, *filter(self._is_seen, others)):
            with suppress(Missing):  # a folder that was removed
                for entry in self._disk.entries(home):
                    if is_number(entry):
                        yield home / entry.name

    def _homes(self) -> list[Path]:
        """The `.claimed` folders: our home's, and those of folders on other file systems."""
        if not self._looked:  # once: the inbox may be full, and what comes later mostly comes from us
            self._look()
        return [self._home / CLAIMED, *sorted(self._staging)]

    def _look(self) -> None:
        """Looks for `.claimed` in every folder in which files are dropped. One that is away hides its own alone."""
        self._looked, self._unseen = True, None
        homes = (folder / CLAIMED for folder in self._drops(self._home, self._trade.depth))
        self._staging.update(home for home in homes if self._is_seen(home))

    def _is_seen(self, path: Path) -> bool:
        """Whether something lies there; not where that cannot be told, until somebody must `_be_sure`. A link that was
        put in a folder's place hides nothing of ours, but where we are known to have claimed."""
        try:
            return self._disk.stat(path) is not None
        except Trouble as trouble:
            if trouble.reason.code != "disk.symlink" or self._staging & {path, *path.parents}:
                self._unseen = trouble
            return False

    def _drops(self, folder: Path, depth: int) -> Iterator[Path]:
        """The folders below `folder` in which files may be dropped, as far as they can be listed."""
        try:
            entries = self._disk.entries(folder)
        except Missing:  # removed since
            return
        except Trouble as trouble:
            if trouble.reason.code != "disk.symlink":
                self._unseen = trouble
            return
        for entry in entries:
            if entry.kind is FileKind.FOLDER and is_seen(entry):
                yield folder / entry.name
                if depth > 1:
                    yield from self._drops(folder / entry.name, depth - 1)

    def _claimed(self, arrival: int, name: str) -> Path | None:
        target = self._place(self._home, arrival, name)
        if self._disk.stat(target) is not None:
            return target
        looked = self._looked
        path = self._staged(arrival, name)
        if path is None and looked:  # another process of ours may have claimed it, or its share was away
            self._look()
            path = self._staged(arrival, name)
        return path

    def _staged(self, arrival: int, name: str) -> Path | None:
        places = (home / folder_name(arrival) / name for home in self._homes())
        return next(filter(self._is_seen, places), None)

    def _be_sure(self) -> None:
        """Before a file is said to lie nowhere: raises Retry where a folder that it may lie in hides it."""
        if self._unseen is not None:
            raise Retry(self._unseen.reason) from self._unseen

    def _lost(self, arrival: int, name: str) -> Reject:
        self._be_sure()
        return Reject(Reason("arrival.lost", arrival=arrival, name=printable(name)), Fault.ERROR)

    def _place(self, inbox: Path, arrival: int, name: str) -> Path:
        return inbox / CLAIMED / folder_name(arrival) / name

    def _sync_move(self, source: Path, target: Path) -> None:
        """Makes a rename certain: first where the file is, then where it was."""
        self._disk.sync_dir(target.parent)
        with suppress(Missing), theirs(source):
            self._disk.sync_dir(source)
