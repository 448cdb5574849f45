"""A day of work on a disk whose every write is noted, and what comes of it after a power cut at any of them.

The tills and the ERP delete, and nobody syncs that for them: what the power gives back to them they find again, under
its old number or name, until the server has looked there since and synced what it saw. Only so much may come twice
(`Seen.without_again`). What the server told when a verb had ended holds: a reply never changes.
"""

from __future__ import annotations

import copy
import hashlib
import os
import shutil
import traceback
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fault_checker
from fault_blocks import BlockLog, Cut, recorded
from fault_calls import Worker
from fault_images import copied, made, mounted
from fault_world import COLLECT, FEED, RESYNC, TRIM, World
from tillpost.pipeline.collect import Collect, open_books
from tillpost.pipeline.feed import Feed
from tillpost.pipeline.office import open_office
from tillpost.pipeline.trim import trim

DAY = (FEED, COLLECT, TRIM, FEED, COLLECT, RESYNC, FEED)  # the tills and the ERP take after each
LOOKS_AT_TILLS, LOOKS_AT_ERP = (FEED, RESYNC), (COLLECT,)


@dataclass
class Seen:
    """What the world outside knew from when `place` pages were written."""

    place: int
    world: World
    replies: dict[str, bytes] = field(default_factory=dict)
    looked: dict[tuple[str, str], int] = field(default_factory=dict)  # files of each till that the server saw taken
    looked_given: int = 0  # documents that it saw taken

    def next(self, place: int, verb: tuple[str, ...]) -> Seen:
        """A verb has ended, and the tills and the ERP were there since."""
        world = World(self.world.root, copy.deepcopy(self.world.tills), list(self.world.given))
        pages = {path.name: path.read_bytes() for path in (world.root / "replies").glob("*.json")}
        looked, looked_given = self.looked, self.looked_given
        if verb in LOOKS_AT_TILLS:
            looked = {key: len(till.taken) for key, till in world.tills.items()}
        if verb in LOOKS_AT_ERP:
            looked_given = len(world.given)
        world.others_take()
        return Seen(place, world, pages, looked, looked_given)

    def again(self, root: Path) -> World:
        """The world after the power came back, with this root."""
        return World(root, copy.deepcopy(self.world.tills), list(self.world.given))

    def without_again(self, world: World) -> None:
        """Takes out of what the others got in `world` since the cut what they may get a second time."""
        for key, till in world.tills.items():
            known, since = self.world.tills[key].taken, world.tills[key].taken[len(self.world.tills[key].taken) :]
            if since and self.looked.get(key, 0) < since[0] <= len(known):
                till.taken = [*range(1, since[0]), *since]
        known = self.world.given
        again = known[self.looked_given :]
        world.given = known + [document for document in world.given[len(known) :] if document not in again]


@dataclass
class Recording:
    """The day: the disk before it, what was written to it, and what was seen of it outside."""

    image: Path
    log: BlockLog
    seen: list[Seen]
    wanted: dict[str, Any]
    different: int = 0  # roots among the disks that `violations` has tried: many a page that is lost changes none

    @classmethod
    def of(cls, template: World, worker: Worker, folder: Path) -> Recording:
        image, log = made(folder / "image", template.root), folder / "log"
        with recorded(image, log, folder / "recorded") as mount:
            begun = World(mount / "root", template.tills, template.given)
            seen = [Seen(0, begun, looked={key: len(till.taken) - 1 for key, till in begun.tills.items()})]
            sizes = [0]
            for verb in DAY:
                ended = worker.run("--root", str(begun.root), *verb)
                assert ended.code in (0, 1), ended.said
                sizes.append(log.stat().st_size)
                seen.append(seen[-1].next(0, verb))
            calm = seen[-1].again(copied(begun.root, folder / "calm"))
        assert settled(calm) == fault_checker.broken(calm) == []
        blocks = BlockLog(log)
        for one, size in zip(seen, sizes, strict=True):
            one.place = blocks.place(size)
        return cls(image, blocks, seen, fault_checker.told(calm))

    def violations(self, cuts: list[Cut], folder: Path) -> Iterator[tuple[Cut, list[str]]]:
        """What does not hold after each cut, once the next processes have done their work."""
        disk, root = folder / "cut", folder / "root"
        known: dict[tuple[bytes, int], list[str]] = {}
        for cut, left in self.log.disks(self.image.read_bytes(), cuts):
            disk.write_bytes(left)
            shutil.rmtree(root, ignore_errors=True)
            at = bisect_right(self.seen, cut.place, key=lambda one: one.place) - 1
            with mounted(disk, folder / "mount") as mount:  # recovered by the kernel, then by us, elsewhere
                kind = _digest(mount / "root"), at
                if kind not in known:
                    copied(mount / "root", root)
            if kind not in known:
                known[kind] = self._found(self.seen[at], self.seen[at].again(root))
            self.different = len(known)
            yield cut, known[kind]

    def _found(self, seen: Seen, world: World) -> list[str]:
        if trouble := settled(world):
            return trouble
        seen.without_again(world)
        try:
            found = [*fault_checker.broken(world), *fault_checker.differences(fault_checker.told(world), self.wanted)]
        except ValueError as torn:
            return [f"a page is torn: {torn}"]
        for name, page in seen.replies.items():
            path = world.root / "replies" / name
            if not path.is_file() or path.read_bytes() != page:
                found.append(f"the reply {name} was told and changed")
        return found


def settled(world: World) -> list[str]:
    """The next processes do their work; what went wrong."""
    try:
        for _ in range(2):
            with open_office(world.root, ours=True) as office, open_books(office) as books:
                Feed(office).round(once=True)
                Collect(office, books).round(once=True)
            world.others_take()
        with open_office(world.root, ours=True) as office:
            trim(office)
            Feed(office).round(once=True)
        world.others_take()
    except Exception:  # of any kind: told with the cut that it came of
        return [f"a clean run failed: {traceback.format_exc()[-1500:]}"]
    log = (world.root / "state" / "tillpost.log").read_text("utf-8", "replace")
    return [line for line in log.splitlines() if '"not_understood"' in line]


def _digest(root: Path) -> bytes:
    """Of all names and bytes below `root`."""
    found = hashlib.sha256()
    for folder, _, names in sorted(os.walk(root)):
        found.update(os.fsencode(folder) + b"\0")
        for name in sorted(names):
            data = Path(folder, name).read_bytes()
            found.update(b"%b\0%d\0%b" % (os.fsencode(name), len(data), data))
    return found.digest()
