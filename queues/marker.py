"""The marker: the file in the queues' root by which an unmounted share is told from a till that took everything; and
the one in the outbox, for an ERP that took everything.

It holds an id drawn once for the installation. While it is missing, holds another id, or a till's folder has
changed to another file system, nothing that the folder lacks is believed.

Failures: `Halt` (`durable.clash`) where the folder already belongs to another installation.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import Reason
from .disk import Disk, Entry, FileKind, read_if_there
from .durable import publish

NAME = ".tillpost-queues"
OUTBOX = ".tillpost-outbox"


class Marker:
    def __init__(self, disk: Disk, root: Path, id_: str, name: str = NAME) -> None:
        self._disk = disk
        self._path = root / name
        self._id = id_
        self._known: Entry | None = None  # how the file looked when its bytes were last found right

    @classmethod
    def create(cls, disk: Disk, root: Path, id_: str, name: str = NAME) -> Marker:
        """Makes the file; again with the same id is a success."""
        publish(disk, root / name, f"{id_}\n".encode(), 0o440)
        return cls(disk, root, id_, name)

    def is_there(self) -> bool:
        """Whether the folder is the one that was marked."""
        return self.look() is not None

    def look(self) -> Entry | None:
        """The file, if it is ours; None = the folder is not the one that was marked. It is read only if it does not
        look as it did."""
        found = self._disk.stat(self._path)
        if found is not None and found == self._known:
            return found
        is_ours = read_if_there(self._disk, self._path) == f"{self._id}\n".encode()
        self._known = found if is_ours else None
        return self._known

    def absence(self, seen: Entry | None, folder: Path, *, same_disk: bool) -> Reason | None:
        """Why nothing that `folder` lacks may be believed; None = it may: the marker is there, and the folder as near
        to it as ever. `seen` is what `look` said before the folder, or behind it."""
        found = self._disk.stat(folder)
        if found is None:
            return Reason("queue.folder-missing", path=folder)
        if seen is None or _are_beside(seen, found) != same_disk:
            return Reason("queue.marker-missing", path=folder)
        return None

    def is_beside(self, folder: Path) -> bool:
        """Whether `folder` lies on the marker's file system."""
        marker, found = self._disk.stat(self._path), self._disk.stat(folder)
        return marker is not None and found is not None and _are_beside(marker, found)


def _are_beside(marker: Entry, folder: Entry) -> bool:
    return folder.kind is FileKind.FOLDER and marker.device == folder.device
