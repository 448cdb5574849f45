"""How a file in the inbox becomes ours: `inbox/NAME` becomes `inbox/.claimed/<arrival>/NAME` by one rename.

    rename; look whether it is the file that was judged, and nobody writes it     else: back to its name, Retry
    both folders synced                                                           now it is claimed
    [a shop's inbox on another file system: first into its own `.claimed`, as above, then copied over and removed]
    its flags removed, the inbox synced                                           the ERP may write the next

A flag goes last: its disappearance may tell the ERP that the file is taken, so the file must be ours for certain.
Each step may be the last before a crash; `resume` then does what is left.

Failures: `Retry` where the file is not claimed: it vanished, changed, or somebody writes it. It lies where it lay,
unless a newer one has taken its name: then `resume` finds it claimed. `Reject` where a claimed file is gone
(`arrival.lost`) or is none (a link, a pipe). Else as the disk says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import Fault, Reason, Reject, Retry, Trouble
from .disk import Disk, FileKind
from .durable import is_litter, publish
from .inbox import Flag, Found, by_what_they_flag, flag_of, flags_of, refusal
from .layout import CLAIMED, Layout
from .lease import Answer, Lease, Writers
from .moving import Moves
from .names import printable
from .troubles import Apart, Missing, Taken


def folder_name(arrival: int) -> str:
    return f"{arrival:010d}"


class Claims:
    def __init__(
        self,
        disk: Disk,
        layout: Layout,
        *,
        writers: Writers | None = None,
        flag_suffix: str = ".flz",
        folder_mode: int = 0o750,
        file_mode: int = 0o640,
    ) -> None:
        self._disk = disk
        self._layout = layout
        self._writers = writers or Lease()
        self._flag_suffix = flag_suffix
        self._file_mode = file_mode
        self._moves = Moves(disk, folder_mode=folder_mode, file_mode=file_mode)
        self._staging: set[Path] | None = None  # `.claimed` folders of shops; None = not looked for yet

    # --- into .claimed

    def claim(self, found: Found, arrival: int) -> Path:
        """Takes what was found, of whatever kind; where it lies then. Done again, finds it done."""
        done = self._finish(found.folder, arrival, found.name)
        if done is not None:
            return done
        target = self._place(self._layout.inbox, arrival, found.name)
        try:
            self._take(found, target)
        except Apart:
            target = self._take_over(found, arrival, target)
        self.lower(found.folder, *found.flags)
        return target

    def _take_over(self, found: Found, arrival: int, target: Path) -> Path:
        """Claims where the shop's inbox is a file system of its own."""
        staged = self._place(found.folder, arrival, found.name)
        self._take(found, staged)
        self._staging = {*self._homes()[1:], staged.parents[1]}
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
        with suppress(Taken, Missing):
            self._disk.rename(target, found.path)
        self._sync_move(target.parent, found.path)
        self._moves.leave(target.parent)

    def _carry(self, staged: Path, target: Path) -> Path:
        """From the `.claimed` of a shop's inbox into ours."""
        self._moves.make(target.parent, self._layout.inbox)
        try:
            self._moves.move(staged, target)
        except Apart:  # no file, so nothing to copy: it stays on its own file system
            self._moves.leave(target.parent)
            return staged
        self._moves.leave(staged.parent)
        return target

    def resume(self, arrival: int, name: str, shop: str = "") -> Path | None:
        """Ends what a crash or a Retry cut short; where the arrival's file lies. None = it was never claimed.

        To be asked of each arrival that is on record as claimed, at the start and after a claim's Retry."""
        path = self._finish(self._layout.shop_inbox(shop), arrival, name)
        if path is None:
            self._moves.leave(self._place(self._layout.inbox, arrival, name).parent)
        return path

    def _finish(self, folder: Path, arrival: int, name: str) -> Path | None:
        target = self._place(self._layout.inbox, arrival, name)
        staged = self._place(folder, arrival, name)
        path = staged if self._disk.stat(staged) else target
        if self._disk.stat(path) is None:
            return None
        if path != target:
            path = self._carry(staged, target)
        self._moves.make(path.parent, path.parents[2])
        self._sync_move(folder, path)
        self._lower_stale(folder, name)
        return path

    def _lower_stale(self, folder: Path, name: str) -> None:
        """Removes the flags of a claimed file, unless another file of its name came: they may be that one's."""
        with suppress(Missing):  # a shop's folder that was removed
            there = self._disk.entries(folder)
            if all(entry.name != name for entry in there):
                files = [entry.name for entry in there if entry.kind is FileKind.FILE]
                flags = by_what_they_flag((file, flag_of(file, self._flag_suffix)) for file in files)
                self.lower(folder, *flags_of(name, flags))

    def lower(self, folder: Path, *names: str) -> None:
        """Removes flags, durably."""
        if sum(self._disk.unlink(folder / name) for name in names):
            self._disk.sync_dir(folder)

    def lower_flag(self, flag: Flag) -> None:
        self.lower(flag.folder, flag.name)

    def place(self, arrival: int, name: str, data: bytes) -> Path:
        """Puts a file of our own making among the claimed ones."""
        target = self._place(self._layout.inbox, arrival, name)
        self._moves.make(target.parent, self._layout.inbox)
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
        """Everything that was claimed and not yet put away, by arrival."""
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
        for home in self._homes():
            with suppress(Missing):  # a shop's inbox that was removed
                for entry in self._disk.entries(home):
                    if entry.kind is FileKind.FOLDER and entry.name.isdecimal():
                        yield home / entry.name

    def _homes(self) -> list[Path]:
        """The `.claimed` folders: ours, and those of shops' inboxes on other file systems."""
        if self._staging is None:  # once: the inbox may be full, and what comes later comes from us
            shops = [entry.name for entry in self._disk.entries(self._layout.inbox) if entry.kind is FileKind.FOLDER]
            homes = [self._layout.shop_inbox(shop) / CLAIMED for shop in shops]
            self._staging = {home for home in homes if self._disk.stat(home) is not None}
        return [self._layout.claimed, *sorted(self._staging)]

    def _claimed(self, arrival: int, name: str) -> Path | None:
        target = self._place(self._layout.inbox, arrival, name)
        if self._disk.stat(target) is not None:
            return target
        places = (home / folder_name(arrival) / name for home in self._homes())
        return next((path for path in places if self._disk.stat(path) is not None), None)

    def _lost(self, arrival: int, name: str) -> Reject:
        return Reject(Reason("arrival.lost", arrival=arrival, name=printable(name)), Fault.ERROR)

    def _place(self, inbox: Path, arrival: int, name: str) -> Path:
        return inbox / CLAIMED / folder_name(arrival) / name

    def _sync_move(self, source: Path, target: Path) -> None:
        """Makes a rename certain: first where the file is, then where it was."""
        self._disk.sync_dir(target.parent)
        with suppress(Missing):
            self._disk.sync_dir(source)
