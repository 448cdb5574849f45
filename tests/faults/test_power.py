"""The power goes before any system call of a verb, or of the service: on ext4, whose journal the kernel then recovers.

The process is killed at that call and the power is cut at once, so all that it wrote and did not sync is gone, names
and bytes alike. Laws: those of `test_calls`. How many are tried: `fault_trials`.
"""

from __future__ import annotations

import copy
import shutil
from collections import Counter
from pathlib import Path

import pytest
from fault_calls import KILL, Worker, faults_at
from fault_images import lose_power, made, mounted
from fault_trials import Calm, drawn, told, violations
from fault_world import VERBS, World

pytestmark = pytest.mark.sweep

FEW = 2  # power cuts of each verb in the default suite


@pytest.mark.parametrize("name", VERBS)
def test_power_may_go_before_any_call(
    tracing_mounter: Worker, template: World, memory: Path, figures: dict[str, Counter[str]], name: str
) -> None:
    verb, folder = VERBS[name], memory / "power"
    folder.mkdir(exist_ok=True)
    begun = template.fresh(folder / "begun")
    verb.before(begun)
    image, disk, mount = made(folder / "image", begun.root), folder / "disk", folder / "mount"

    def world() -> World:
        """At the mount: as it was before the verb."""
        shutil.copyfile(image, disk)
        return World(mount / "root", copy.deepcopy(begun.tills), list(begun.given))

    fresh = world()
    with mounted(disk, mount):
        calm = Calm.of(verb, tracing_mounter, fresh)
    wrong = []
    for fault in drawn(faults_at(calm.sites, KILL), f"{name} power", FEW):
        fresh = world()
        with mounted(disk, mount):
            found = violations(tracing_mounter, fresh, verb, fault, calm, lambda: lose_power(disk, mount))
        wrong += told(fault, found)
        figures.setdefault("power cuts on ext4", Counter())[name] += 1
    assert not wrong, f"{len(wrong)} violations\n" + "\n".join(wrong)
