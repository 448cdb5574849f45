"""The power goes while a day's work is written to a disk, at any write, and any of what was not flushed is lost.

ext4 on an image, whose every write and flush is noted below it; each disk that a power cut could have left is mounted,
so the kernel recovers its journal, and then the next processes do their work. Laws: all that `fault_checker` says of a
root at rest, the same outcome as where nothing went wrong, and what `fault_cuts` says of the world outside.

A run of the default suite tries 300 disks, TILLPOST_FAULTS=1 10,000, a greater number so many; drawn by a fixed seed.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from fault_calls import Worker
from fault_cuts import Recording
from fault_images import Unmountable
from fault_trials import TRIES
from fault_world import World

pytestmark = pytest.mark.sweep

COUNT = {0: 300, 1: 10_000}.get(TRIES, TRIES)
SHOWN = 10  # violations that are told in full


def test_every_disk_that_a_power_cut_leaves_is_recovered(
    mounter: Worker, template: World, memory: Path, figures: dict[str, Counter[str]]
) -> None:
    folder = memory / "blocks"
    folder.mkdir()
    try:
        recording = Recording.of(template, mounter, folder)
    except Unmountable as no:
        pytest.skip(str(no))
    cuts = recording.log.sample(COUNT, random.Random("blocks"))
    wrong = []
    for cut, found in recording.violations(cuts, folder):
        counted = figures.setdefault("disks after a power cut", Counter())
        counted["some pages lost" if cut.lost else "first part kept"] += 1
        wrong += [f"{cut}\n    " + "\n    ".join(found)] if found else []
    figures.setdefault("different roots on those disks", Counter())["recovered"] = recording.different
    assert not wrong, f"{len(wrong)} violations\n" + "\n".join(wrong[:SHOWN])
