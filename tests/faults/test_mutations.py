"""Files that are wrong in ways that nobody thought of: each has one verdict and a reason, and stops no other.

A run of the default suite tries some hundred mutants of the samples, the same in every run; TILLPOST_FAULTS=1 tries
12,000. `corpus/` keeps the smallest that came to each verdict, and any that finds a fault.
"""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import fault_mutations
import msgspec
import pytest
from post_office import PostOffice
from tillpost.books import FileState, SalesFile
from tillpost.pipeline.ledger import Export, ExportState

pytestmark = pytest.mark.sweep

Figures = dict[str, Counter[str]]
CORPUS = Path(__file__).with_name("corpus")
BATCH = 100  # files that lie there at once
COUNT = 6_000 if os.environ.get("TILLPOST_FAULTS") else 200  # mutants of each trade
MOST_MEMORY = 256 << 10  # KiB that all of them together may add; a leak of 50 KiB a file would come to more
SETTINGS = "[guard]\ndeleted_share = 1\nmoved_share = 1\n[feed]\nrefused_share = 1\n[collect]\nrefused_share = 0.9"
FAILED = (ExportState.ERROR, ExportState.BROKEN, FileState.ERROR, FileState.BROKEN)


@pytest.fixture
def office(memory: Path) -> PostOffice:
    return PostOffice(Path(mkdtemp(dir=memory)), {"5": ["1", "2"]}, SETTINGS)


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY


def batches(samples: tuple[tuple[str, bytes], ...]) -> Iterator[list[tuple[str, bytes]]]:
    """Mutants with names of their own, which say which they are."""
    for first in range(0, COUNT, BATCH):
        mutants = ((number, *fault_mutations.mutant(samples, number)) for number in range(first, first + BATCH))
        yield [(f"{number}-{name}", data) for number, name, data in mutants]


def surprises(office: PostOffice) -> list[str]:
    """What the log tells of our own faults, with the trace of each."""
    lines = (office.root / "state" / "tillpost.log").read_text("utf-8").splitlines()
    told = [msgspec.json.decode(line) for line in lines if '"not_understood"' in line]
    return [f"{line.get('export') or line.get('file')}: {line['trace'][-600:]}" for line in told]


def judged(office: PostOffice, found: list[Export] | list[SalesFile], names: list[str]) -> Counter[str]:
    """Each of `names` has one verdict; one that is none of the good ones has a reason in both languages, and a page
    that tells it beside the file."""
    verdicts = Counter[str]()
    assert sorted(one.name for one in found) == sorted(names)
    for one in found:
        assert one.put_away, one.name
        reason = one.reason.code if one.reason else ""
        if one.state in FAILED:
            assert one.reason, one.name
            assert all(one.reason.text(language).strip() for language in ("en", "ru"))
            path = office.root / one.where
            assert path.with_name(f"{path.name}.why").read_text("utf-8").strip()
        verdicts[f"{one.state.value} {reason}".strip()] += 1
    assert surprises(office) == []
    return verdicts


def test_every_mutant_of_an_export_has_a_verdict_and_a_reason(office: PostOffice, figures: Figures) -> None:
    for batch in batches(fault_mutations.exports()):
        for name, data in batch:
            office.drop(name, data)
        found = office.feed().exports
        figures.setdefault("mutated exports", Counter()).update(judged(office, found, [name for name, _ in batch]))
        office.take_all()
    assert all(till.taken == list(range(1, len(till.taken) + 1)) for till in office.tills.values())


def test_every_mutant_of_a_sales_file_has_a_verdict_and_a_reason(office: PostOffice, figures: Figures) -> None:
    for batch in batches(fault_mutations.sales()):
        for name, data in batch:
            office.sell(name, data)
        found = office.collect().files
        figures.setdefault("mutated sales", Counter()).update(judged(office, found, [name for name, _ in batch]))
        office.erp_takes()


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_kept_mutant_has_the_verdict_that_its_name_says(office: PostOffice, path: Path) -> None:
    (office.drop if path.parent.name == "exports" else office.sell)(path.name, path.read_bytes())
    found = office.feed().exports if path.parent.name == "exports" else office.collect().files
    ((verdict, _),) = judged(office, found, [path.name]).items()
    assert verdict.split()[1] == path.stem
