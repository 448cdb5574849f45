"""A process that is killed before any of its system calls, and calls that fail: of each verb, and of the service.

Laws, once the next processes have done their work: all that `fault_checker` says of a root at rest; what came of each
export, sale and document is what comes of it where nothing goes wrong; no traceback, and no clean run that ends ill.

A run of the default suite tries some of the calls, drawn by a fixed seed; TILLPOST_FAULTS=1 tries every one, a greater
number so many of each fault.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import fault_checker
import pytest
from fault_calls import FAULTS, KILL, Ended, Fault, Site, Worker, faults_at
from fault_world import VERBS, Verb, World

pytestmark = pytest.mark.sweep

TRIES = int(os.environ.get("TILLPOST_FAULTS") or 0)
SAMPLE = {KILL: 3, ("run", KILL): 2}  # tries of a fault in the default suite; 1 of every other
CLEAN, ENDS = (0, 1), (0, 1, 75, 78)  # exit codes of a run that nothing disturbs, and of one that is told of trouble
Figures = dict[str, Counter[str]]


class Calm:
    """What comes of a verb where nothing goes wrong, and at which calls it might have."""

    def __init__(self, sites: list[Site], told: dict[str, Any]) -> None:
        self.sites = sites
        self.told = told


@pytest.fixture(scope="module")
def calm(worker: Worker, template: World, memory: Path) -> dict[str, Calm]:
    """By verb; filled as it is asked for."""

    class Filled(dict[str, Calm]):
        def __missing__(self, name: str) -> Calm:
            verb, world = VERBS[name], template.fresh(memory / "calm")
            verb.before(world)
            sites = verb.sites(worker, world)
            ended = verb.settle(worker, world)
            assert {end.code for end in ended} <= set(CLEAN), [end.said for end in ended]
            assert fault_checker.broken(world) == []
            self[name] = Calm(sites, fault_checker.told(world))
            return self[name]

    return Filled()


def drawn(faults: list[Fault], name: str, kind: str) -> list[Fault]:
    if TRIES == 1:
        return faults
    count = TRIES or SAMPLE.get((name, kind), SAMPLE.get(kind, 1))
    return random.Random(f"{name} {kind}").sample(faults, min(count, len(faults)))


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", VERBS)
def test_nothing_is_lost_and_nothing_doubled(
    worker: Worker, template: World, calm: dict[str, Calm], place: Path, figures: Figures, name: str, kind: str
) -> None:
    wanted = calm[name]
    wrong = []
    for fault in drawn(faults_at(wanted.sites, kind), name, kind):
        world = template.fresh(place)
        VERBS[name].before(world)
        if found := violations(worker, world, VERBS[name], fault, wanted.told):
            wrong.append(f"{fault}\n    " + "\n    ".join(found))
        figures.setdefault(f"system calls of {name}", Counter())[kind] += 1
    assert not wrong, f"{len(wrong)} violations\n" + "\n".join(wrong)


def violations(worker: Worker, world: World, verb: Verb, fault: Fault, wanted: dict[str, Any]) -> list[str]:
    """What does not hold after this fault and the clean runs behind it."""
    ended = verb.run(worker, world, fault.injected)
    found = list(_of_end(ended, fault))
    after = verb.settle(worker, world)
    found += [f"a clean run ended with {end.code}: {end.said[-500:]}" for end in after if end.code not in CLEAN]
    log = (world.root / "state" / "tillpost.log").read_text("utf-8", "replace")
    found += [line for line in log.splitlines() if '"not_understood"' in line]
    return [*found, *fault_checker.broken(world), *fault_checker.differences(fault_checker.told(world), wanted)]


def _of_end(ended: Ended, fault: Fault) -> list[str]:
    """A service that goes on otherwise may not come to that call at all."""
    killed = fault.kind == KILL and ended.code == -9
    found = []
    if not killed and ended.code not in ENDS:
        found.append(f"ended with {ended.code}: {ended.said[-500:]}")
    if "Traceback" in ended.said:
        found.append(f"a traceback: {ended.said[-1500:]}")
    return found
