"""A process that is killed before any of its system calls, and calls that fail: of each verb, and of the service.

Laws, once the next processes have done their work: all that `fault_checker` says of a root at rest; what came of each
export, sale and document is what comes of it where nothing goes wrong; no traceback, and no clean run that ends ill.
How many are tried: `fault_trials`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from fault_calls import FAULTS, KILL, Worker, faults_at
from fault_trials import Calm, drawn, told, violations
from fault_world import VERBS, World

pytestmark = pytest.mark.sweep

SAMPLE = {KILL: 3, ("run", KILL): 2}  # tries of a fault in the default suite; 1 of every other
Figures = dict[str, Counter[str]]


@pytest.fixture(scope="module")
def calm(worker: Worker, template: World, memory: Path) -> dict[str, Calm]:
    """By verb; filled as it is asked for."""

    class Filled(dict[str, Calm]):
        def __missing__(self, name: str) -> Calm:
            return self.setdefault(name, Calm.of(VERBS[name], worker, template.fresh(memory / "calm")))

    return Filled()


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", VERBS)
def test_nothing_is_lost_and_nothing_doubled(
    worker: Worker, template: World, calm: dict[str, Calm], place: Path, figures: Figures, name: str, kind: str
) -> None:
    wrong = []
    few = SAMPLE.get((name, kind), SAMPLE.get(kind, 1))
    for fault in drawn(faults_at(calm[name].sites, kind), f"{name} {kind}", few):
        world = template.fresh(place)
        VERBS[name].before(world)
        wrong += told(fault, violations(worker, world, VERBS[name], fault, calm[name]))
        figures.setdefault(f"system calls of {name}", Counter())[kind] += 1
    assert not wrong, f"{len(wrong)} violations\n" + "\n".join(wrong)
