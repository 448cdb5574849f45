"""A chunk is stored once, under the digest of its bytes, and never changes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tillpost.errors import Halt, Reason, Retry
from tillpost.queues.chunks import Chunk, ChunkStore
from tillpost.queues.disk import Disk, LocalDisk
from tillpost.queues.memory import MemoryDisk

Place = tuple[Disk, Path]


@pytest.fixture
def store(place: Place) -> ChunkStore:
    disk, root = place
    chunks = ChunkStore(disk, root / "chunks")
    chunks.create()
    return chunks


def test_chunk_is_read_as_it_was_put(store: ChunkStore) -> None:
    chunk = store.put(b"commands", 2)
    assert (chunk.size, chunk.objects) == (8, 2)
    assert store.read(chunk.digest) == b"commands"
    store.verify(chunk)
    store.assure(chunk)


def test_chunk_is_named_by_its_digest_alone(store: ChunkStore, place: Place) -> None:
    chunk = store.put(b"commands", 2)
    assert store.path(chunk.digest) == place[1] / "chunks" / chunk.digest[:2] / f"{chunk.digest}.aif"
    assert len(chunk.digest) == 64


def test_same_bytes_are_stored_once(store: ChunkStore, place: Place) -> None:
    chunk = store.put(b"commands", 2)
    before = place[0].stat(store.path(chunk.digest))
    assert store.put(b"commands", 2) == chunk
    assert place[0].stat(store.path(chunk.digest)) == before


def test_unknown_chunk_halts(store: ChunkStore) -> None:
    chunk = Chunk("ab" * 32, 1, 1)
    assert not store.knows(chunk.digest)
    for ask in (store.verify, store.assure, lambda chunk: store.read(chunk.digest)):
        with pytest.raises(Halt, match="not in the store"):
            ask(chunk)


def damage(place: Place, path: Path) -> None:
    disk, _ = place
    if isinstance(disk, MemoryDisk):
        disk.overwrite(path, b"kommands")
    else:
        path.chmod(0o640)
        path.write_bytes(b"kommands")
        os.utime(path, ns=(1, 1))


def test_damaged_chunk_halts_and_is_mended_by_the_right_bytes(store: ChunkStore, place: Place) -> None:
    chunk = store.put(b"commands", 2)
    damage(place, store.path(chunk.digest))
    for ask in (store.verify, store.assure, lambda chunk: store.read(chunk.digest)):
        with pytest.raises(Halt, match="no longer holds"):
            ask(chunk)
    store.put(b"commands", 2)
    store.assure(chunk)
    assert store.read(chunk.digest) == b"commands"


def test_chunk_assured_once_is_read_again_only_when_it_looks_different(place: Place) -> None:
    read: list[Path] = []

    class Watched(MemoryDisk):
        def read(self, path: Path) -> bytes:
            read.append(path)
            return super().read(path)

    disk = Watched()
    store = ChunkStore(disk, Path("/chunks"))
    store.create()
    chunk = store.put(b"commands", 2)
    read.clear()
    store.assure(chunk)
    assert read == []
    disk.overwrite(store.path(chunk.digest), b"commands")
    store.assure(chunk)
    assert len(read) == 1


def test_chunk_may_be_read_by_its_group_and_written_by_nobody(tmp_path: Path) -> None:
    store = ChunkStore(LocalDisk(), tmp_path / "chunks")
    store.create()
    path = store.path(store.put(b"commands", 2).digest)
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750


def test_chunk_outlasts_a_power_cut() -> None:
    disk = MemoryDisk()
    store = ChunkStore(disk, Path("/chunks"))
    store.create()
    chunk = store.put(b"commands", 2)
    disk.crash()
    assert ChunkStore(disk, Path("/chunks")).read(chunk.digest) == b"commands"


def test_chunk_put_again_after_a_kill_outlasts_a_power_cut() -> None:
    class Killed(BaseException):
        pass

    def stop(step: str, path: Path) -> None:
        if step == "sync_dir" and path.name != "chunks":
            raise Killed

    disk = MemoryDisk()
    store = ChunkStore(disk, Path("/chunks"))
    store.create()
    disk.interrupt = stop
    with pytest.raises(Killed):
        store.put(b"commands", 2)
    disk.interrupt = lambda step, path: None
    chunk = ChunkStore(disk, Path("/chunks")).put(b"commands", 2)
    disk.crash()
    assert ChunkStore(disk, Path("/chunks")).read(chunk.digest) == b"commands"


def test_full_disk_keeps_what_was_stored_and_promises_nothing_new() -> None:
    def full(step: str, path: Path) -> None:
        if step == "write":
            raise Retry(Reason("disk.full", path=path, detail="full"))

    disk = MemoryDisk()
    store = ChunkStore(disk, Path("/chunks"))
    store.create()
    chunk = store.put(b"commands", 2)
    disk.interrupt = full
    with pytest.raises(Retry):
        store.put(b"more commands", 3)
    assert store.read(chunk.digest) == b"commands"
    assert store.put(b"commands", 2) == chunk


def test_prune_keeps_what_is_in_use_and_what_tills_hold(store: ChunkStore, place: Place) -> None:
    disk, root = place
    kept, dropped = store.put(b"in use", 1), store.put(b"taken", 1)
    disk.link(store.path(dropped.digest), root / "pos0000000001.aif")
    disk.write_new(store.path(kept.digest).parent / ".tillpost-00.tmp", [b""], 0o440)
    assert store.prune({kept.digest}) == 1
    assert store.read(kept.digest) == b"in use"
    assert not store.knows(dropped.digest)
    assert disk.read(root / "pos0000000001.aif") == b"taken"
    assert [entry.name for entry in disk.entries(store.path(kept.digest).parent)] == [f"{kept.digest}.aif"]


def test_chunks_are_sound_up_to_the_first_that_is_gone_or_damaged(store: ChunkStore, place: Place) -> None:
    chunks = [store.put(b"%d" % number, 1) for number in range(6)]
    fresh = ChunkStore(place[0], place[1] / "chunks")
    assert fresh.sound(chunks) == 6
    damage(place, store.path(chunks[4].digest))
    assert fresh.sound(chunks) == 4
    place[0].unlink(store.path(chunks[1].digest))
    assert fresh.sound(chunks) == 1
    assert fresh.sound([]) == 0


def test_chunk_stored_with_others_is_certain_once_their_folders_are() -> None:
    disk = MemoryDisk()
    store = ChunkStore(disk, Path("/chunks"))
    store.create()
    one, two = store.store(b"one", 1), store.store(b"two", 1)
    folders = store.uncertain()
    assert disk.sync_dirs(folders) == {}
    store.are_certain(folders)
    assert store.uncertain() == []
    disk.crash()
    fresh = ChunkStore(disk, Path("/chunks"))
    assert (fresh.read(one.digest), fresh.read(two.digest)) == (b"one", b"two")
