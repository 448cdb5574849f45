"""The marker: the file in the queues' root by which an unmounted share is told from a till that took everything; and
the one in the outbox, for an ERP that took everything.

It holds an id drawn once for the installation. While it is missing, holds another id, or a till's folder has
changed to another file system, nothing that the folder lacks is believed.

Failures: `Halt` (`durable.clash`) where the folder already belongs to another installation.
"""

from __future__ import annotations

from pathlib import Path

from .disk import Disk, FileKind, read_if_there
from .durable import publish

NAME = ".tillpost-queues"
OUTBOX = ".tillpost-outbox"


class Marker:
    def __init__(self, disk: Disk, root: Path, id_: str, name: str = NAME) -> None:
        self._disk = disk
        self._path = root / name
        self._id = id_

    @classmethod
    def create(cls, disk: Disk, root: Path, id_: str, name: str = NAME) -> Marker:
        """Makes the file; again with the same id is a success."""
        publish(disk, root / name, f"{id_}\n".encode(), 0o440)
        return cls(disk, root, id_, name)

    def is_there(self) -> bool:
        """Whether the folder is the one that was marked."""
        return read_if_there(self._disk, self._path) == f"{self._id}\n".encode()

    def is_present(self, folder: Path, *, same_disk: bool) -> bool:
        """Whether what `folder` lacks may be believed: the marker is there, and the folder as near to it as ever."""
        return self.is_there() and self.is_beside(folder) == same_disk

    def is_beside(self, folder: Path) -> bool:
        """Whether `folder` lies on the marker's file system."""
        marker, found = self._disk.stat(self._path), self._disk.stat(folder)
        return (
            marker is not None
            and found is not None
            and found.kind is FileKind.FOLDER
            and marker.device == found.device
        )
