"""One try: something befalls a verb, the next processes do their work, and all is compared with a calm run.

How many tries: of the default suite a sample, drawn by a fixed seed; TILLPOST_FAULTS=1 every one, a greater number so
many of each fault.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import fault_checker
from fault_calls import KILL, Ended, Fault, Site, Worker
from fault_world import Verb, World

TRIES = int(os.environ.get("TILLPOST_FAULTS") or 0)
CLEAN, ENDS = (0, 1), (0, 1, 75, 78)  # exit codes of a run that nothing disturbs, and of one that is told of trouble


@dataclass(frozen=True)
class Calm:
    """What comes of a verb where nothing goes wrong, and at which calls it might have."""

    sites: list[Site]
    told: dict[str, Any]

    @classmethod
    def of(cls, verb: Verb, worker: Worker, world: World) -> Calm:
        verb.before(world)
        sites = verb.sites(worker, world)
        ended = verb.settle(worker, world)
        assert {end.code for end in ended} <= set(CLEAN), [end.said for end in ended]
        assert fault_checker.broken(world) == []
        return cls(sites, fault_checker.told(world))


def drawn(faults: list[Fault], seed: str, few: int) -> list[Fault]:
    """Those to try: `few` in the default suite."""
    count = len(faults) if TRIES == 1 else TRIES or few
    return random.Random(seed).sample(faults, min(count, len(faults))) if count < len(faults) else faults


def nothing_more() -> None:
    """The fault was all."""


def violations(
    worker: Worker, world: World, verb: Verb, fault: Fault, calm: Calm, then: Callable[[], None] = nothing_more
) -> list[str]:
    """What does not hold after this fault, what comes on top of it, and the clean runs behind them."""
    found = list(_of_end(verb.run(worker, world, fault.injected), fault))
    then()
    after = verb.settle(worker, world)
    found += [f"a clean run ended with {end.code}: {end.said[-500:]}" for end in after if end.code not in CLEAN]
    log = (world.root / "state" / "tillpost.log").read_text("utf-8", "replace")
    found += [line for line in log.splitlines() if '"not_understood"' in line]
    return [*found, *fault_checker.broken(world), *fault_checker.differences(fault_checker.told(world), calm.told)]


def told(fault: Fault, found: list[str]) -> list[str]:
    """One text for people; none where all holds."""
    return [f"{fault}\n    " + "\n    ".join(found)] if found else []


def _of_end(ended: Ended, fault: Fault) -> Iterator[str]:
    """A service that goes on otherwise may not come to that call at all."""
    killed = fault.kind == KILL and ended.code == -9
    if not killed and ended.code not in ENDS:
        yield f"ended with {ended.code}: {ended.said[-500:]}"
    if "Traceback" in ended.said:
        yield f"a traceback: {ended.said[-1500:]}"
