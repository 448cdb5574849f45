"""A disk without a disk: the twin of `LocalDisk` that knows what a power cut would leave.

Every name made or unmade waits, in order, in its folder until `sync_dir`; a file's bytes wait until `write_new` has
synced them. `crash()` keeps, of each folder, some first part of what waits (a rename between two folders is kept
whole or not at all, as journals do), and of each unsynced file some first part of its bytes. A folder whose own
name was never synced takes all that lies in it along.

Failures: as `LocalDisk`. `interrupt` is called before every step, with the step's name, and may raise what it likes:
a power cut, a full disk.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import BinaryIO

from ..errors import Halt, Reason, Trouble
from .promises import Entry, FileKind, fan_out_singly, sync_singly
from .troubles import Apart, Missing, Taken

Interrupt = Callable[[str, Path], None]
Keep = Callable[[], bool]


def nothing_kept() -> bool:
    """The worst power cut: only what was synced is left."""
    return False


@dataclass(eq=False)
class Node:
    """A file or folder, whatever its names."""

    number: int
    kind: FileKind
    mode: int
    device: int
    mtime_ns: int = 0
    links: int = 0
    data: bytes = b""
    synced_data: bytes = b""
    names: dict[str, Node] = field(default_factory=dict)
    synced_names: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Step:
    """One change of names: what each folder's name then stands for; None = removed. A folder that is removed is on no
    disk before what emptied it."""

    changes: tuple[tuple[Node, str, Node | None], ...]
    emptied: frozenset[Node] = frozenset()

    def folders(self) -> set[Node]:
        return {folder for folder, _, _ in self.changes} | self.emptied

    def redo(self) -> None:
        for folder, name, node in self.changes:
            if node is None:
                folder.synced_names.pop(name, None)
            else:
                folder.synced_names[name] = node


class MemoryDisk:
    """`apart` names folders that act as file systems of their own; `links_most` is the most names a file may have."""

    def __init__(
        self,
        interrupt: Interrupt = lambda step, path: None,
        apart: Iterable[Path] = (),
        links_most: int = 65_000,
    ) -> None:
        self.interrupt = interrupt
        self._apart = tuple(apart)
        self._links_most = links_most
        self._numbers = count(1)
        self._waiting: list[Step] = []
        self._root = self._node(FileKind.FOLDER, 0o755, Path("/"))

    def open(self, path: Path) -> BinaryIO:
        return io.BytesIO(self.read(path))

    def read(self, path: Path) -> bytes:
        node = self._find(path)
        if node is None:
            raise Missing(path)
        if node.kind is not FileKind.FILE:
            raise Halt(Reason("disk.strange", path=path, detail=node.kind))
        return node.data

    def stat(self, path: Path) -> Entry | None:
        node = self._find(path)
        return None if node is None else self._entry(path.name, node)

    def entries(self, folder: Path) -> list[Entry]:
        return [self._entry(name, node) for name, node in self._folder(folder).names.items()]

    def names(self, folder: Path) -> list[str]:
        return list(self._folder(folder).names)

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        self.interrupt("create", path)
        folder = self._folder(path.parent)
        if path.name in folder.names:
            raise Taken(path)
        node = self._node(FileKind.FILE, mode, path.parent)
        self._change((folder, path.name, node))
        try:
            for piece in pieces:
                self.interrupt("write", path)
                node.data += piece
            self.interrupt("sync", path)
        except Exception:  # a power cut is no Exception: nobody is left to tidy up
            self._change((folder, path.name, None))
            raise
        node.synced_data = node.data
        return len(node.data)

    def link(self, source: Path, target: Path) -> None:
        self.interrupt("link", target)
        node = self._find(source)
        if node is None:
            raise Missing(source)
        folder = self._folder(target.parent)
        if target.name in folder.names:
            raise Taken(target)
        if node.device != self._device(target.parent) or node.links >= self._links_most:
            raise Apart(target)
        self._change((folder, target.name, node))

    def fan_out(self, sources: Sequence[Path], folders: Mapping[Path, Sequence[str]]) -> dict[Path, int]:
        return fan_out_singly(self, sources, folders)

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        self.interrupt("rename", target)
        node = self._find(source)
        if node is None:
            raise Missing(source)
        folder = self._folder(target.parent)
        if target.name in folder.names and not replace:
            raise Taken(target)
        if node.device != self._device(target.parent):
            raise Apart(target)
        if folder.names.get(target.name) is not node:  # rename() of two names of one file does nothing
            self._change((self._folder(source.parent), source.name, None), (folder, target.name, node))

    def unlink(self, path: Path) -> bool:
        self.interrupt("unlink", path)
        node = self._find(path)
        if node is not None and node.kind is FileKind.FOLDER:
            raise Halt(Reason("disk.strange", path=path, detail=node.kind))
        return self._remove(path)

    def mkdir(self, folder: Path, mode: int) -> bool:
        self.interrupt("mkdir", folder)
        parent = self._folder(folder.parent)
        if (there := parent.names.get(folder.name)) is not None:
            if there.kind is not FileKind.FOLDER:
                raise Halt(Reason("disk.no-folder", path=folder, detail=there.kind))
            return False
        self._change((parent, folder.name, self._node(FileKind.FOLDER, mode, folder)))
        return True

    def rmdir(self, folder: Path) -> bool:
        self.interrupt("rmdir", folder)
        node = self._find(folder)
        if node is None or node.names:
            return False
        self._change((self._folder(folder.parent), folder.name, None), emptied=frozenset({node}))
        return True

    def sync_dir(self, folder: Path) -> None:
        self.interrupt("sync_dir", folder)
        wanted = {self._folder(folder)}
        certain: list[Step] = []
        for step in reversed(self._waiting):
            if wanted & step.folders():
                wanted |= step.folders()  # a rename takes along what came before it in its other folder
                certain.append(step)
        for step in reversed(certain):
            step.redo()
        self._waiting = [step for step in self._waiting if step not in certain]

    def sync_dirs(self, folders: Collection[Path]) -> dict[Path, Trouble]:
        return sync_singly(self, folders)

    # --- what a test does to it ------------------------------------------------------------------------------

    def crash(self, keep: Keep = nothing_kept) -> None:
        """The power goes: `keep` is asked about each name that waits, and each unsynced half of a file."""
        cut: set[Node] = set()
        for step in self._waiting:
            if cut & step.folders() or not keep():
                cut |= step.folders()
            else:
                step.redo()
        self._waiting = []
        for node in self._below(self._root):
            node.links = 0
        for node in self._below(self._root, synced=True):
            node.names = dict(node.synced_names)
            node.links += 1
            if node.data != node.synced_data:
                node.data = node.data[: len(node.data) // 2] if keep() else b""
                node.synced_data = node.data

    def plant(self, path: Path, kind: FileKind = FileKind.FILE, data: bytes = b"") -> None:
        """Puts something there, durably, as a stranger would; replaces what lies there."""
        node = self._node(kind, 0o644, path.parent)
        node.data = node.synced_data = data
        folder = self._folder(path.parent)
        self._name(folder, path.name, node)
        folder.synced_names[path.name] = node

    def overwrite(self, path: Path, data: bytes) -> None:
        """Changes the bytes of a file, under all its names."""
        node = self._find(path)
        if node is None:
            raise Missing(path)
        node.data = node.synced_data = data
        node.mtime_ns = next(self._numbers)

    # ---------------------------------------------------------------------------------------------------------

    def _remove(self, path: Path) -> bool:
        if self._find(path) is None:
            return False
        self._change((self._folder(path.parent), path.name, None))
        return True

    def _change(self, *changes: tuple[Node, str, Node | None], emptied: frozenset[Node] = frozenset()) -> None:
        for folder, name, node in changes:
            self._name(folder, name, node)
        self._waiting.append(Step(changes, emptied))

    def _name(self, folder: Node, name: str, node: Node | None) -> None:
        before = folder.names.pop(name, None)
        if before is not None:
            before.links -= 1
        if node is not None:
            folder.names[name] = node
            node.links += 1

    def _node(self, kind: FileKind, mode: int, where: Path) -> Node:
        number = next(self._numbers)
        return Node(number, kind, mode, self._device(where), number)

    def _device(self, folder: Path) -> int:
        return 1 + max((at for at, top in enumerate(self._apart, 1) if folder.is_relative_to(top)), default=0)

    def _find(self, path: Path) -> Node | None:
        node: Node | None = self._root
        for name in path.parts[1:]:
            node = node.names.get(name) if node else None
        return node

    def _folder(self, path: Path) -> Node:
        node = self._find(path)
        if node is None or node.kind is not FileKind.FOLDER:
            raise Missing(path)
        return node

    def _below(self, node: Node, *, synced: bool = False) -> Iterator[Node]:
        yield node
        for child in list((node.synced_names if synced else node.names).values()):
            yield from self._below(child, synced=synced)

    def _entry(self, name: str, node: Node) -> Entry:
        return Entry(name, node.kind, len(node.data), node.mtime_ns, node.number, node.device, node.links)
