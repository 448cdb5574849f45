from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from tillpost.queues.handing import Handing, Parcel, Stop
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.tillfolder import TillFolder


def test_chunk_is_certain_in_its_store_before_a_till_has_it(new_office: Any) -> None:
    """Else a power cut may leave a till a file of which nobody knows that it is ours."""
    unknown = []

    def watch(step: str, path: Path) -> None:
        if step == "link" and path.parent == office.folder:
            left = copy.copy(disk)
            left.__dict__ = copy.deepcopy({key: value for key, value in vars(disk).items() if key != "interrupt"})
            left.crash()
            unknown.extend(one for one in chunks if left.stat(office.chunks.path(one.digest)) is None)

    disk = MemoryDisk()
    disk.mkdir(Path("/root"), 0o755)
    disk.sync_dir(Path("/"))
    office = new_office(disk, Path("/root")).create()
    disk.sync_dir(Path("/root/queues"))
    chunks = [office.chunks.store(data, 1) for data in (b"one", b"two")]
    disk.interrupt = watch
    stop = Stop(TillFolder(disk, office.folder, office.terms), office.state)
    (state,) = Handing(disk, office.chunks, office.marker, office.terms).offer(
        [stop], [Parcel(chunk, at) for at, chunk in enumerate(chunks, 1)], office.now
    )
    assert [one.number for one in state.outstanding] == [1, 2]
    assert unknown == []
