"""Whatever files the samples' sales come in: their sums are those that were counted by hand, and the ERP is told the
same of each document in the end, and nothing twice.

TILLPOST_FAULTS=1 tries many more ways, others each time, and looks for the shortest that fails.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from post_office import PostOffice
from tillpost.books import DeliveryState, FileState
from tillpost.pipeline import reconviews
from tillpost.pipeline.collect import Collect, open_books

pytestmark = pytest.mark.usefixtures("unsynced")

MANY = bool(os.environ.get("TILLPOST_FAULTS"))
SAMPLES = Path(__file__).parents[2] / "samples" / "sales"
SECTION = re.compile(r"### ([a-z ]+) begin ###\n(.*?)### \1 end ###", re.DOTALL)
COLUMNS = (
    "till", "shift", "opened", "closed", "receipts", "annulled", "sales_cash", "sales_cashless", "returns_cash",
    "returns_cashless", "cash_in", "cash_out", "gain",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One object of a till's sales file, as it is spelt there."""

    till: str
    section: str
    text: str


def _pieces() -> list[Piece]:
    found = []
    for path in sorted(SAMPLES.glob("[0-9]/**/*.json")):
        page = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        for section, body in SECTION.findall(page):
            texts = (text.strip() for text in re.split(r"^---$", body, flags=re.MULTILINE))
            found += [Piece(path.relative_to(SAMPLES).parts[0], section, text) for text in texts if text]
    return found


def _table() -> list[tuple[str, ...]]:
    """README's sums, counted by hand."""
    lines = re.findall(r"^\| (\d+ \|.*) \|$", (SAMPLES / "README.md").read_text("utf-8"), re.MULTILINE)
    return sorted(tuple(cell.strip() for cell in line.split("|")) for line in lines)


PIECES = _pieces()


@dataclass(frozen=True)
class File:
    numbers: tuple[int, ...]  # of its pieces, all of one till
    live: bool = False
    collected: bool = False  # a round comes after it
    taken: int = 0  # documents that the ERP takes then

    @property
    def till(self) -> str:
        return PIECES[self.numbers[0]].till

    @property
    def page(self) -> str:
        pieces = (PIECES[number] for number in self.numbers)
        return "".join(f"### {one.section} begin ###\n{one.text}\n---\n### {one.section} end ###\n" for one in pieces)


@st.composite
def ways(draw: st.DrawFn) -> list[File]:
    """All of the samples, cut up; some of it several times."""
    every = range(len(PIECES))
    again = draw(st.lists(st.sampled_from(every), max_size=20))
    order = draw(st.permutations([*every, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=5)))
    files = []
    for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        for till in draw(st.permutations(["1", "2"])):
            mine = tuple(number for number in order[start:end] if PIECES[number].till == till)
            if mine:
                files.append(File(mine, draw(st.booleans()), draw(st.booleans()), draw(st.sampled_from([0, 0, 3, 99]))))
    return files


@dataclass(frozen=True)
class End:
    sums: list[tuple[str, ...]]
    told: dict[tuple[str, ...], bytes]  # each document, and what its last version says


def end_of(office: PostOffice, way: list[File]) -> End:
    """Drops the files one after another, and takes what comes."""
    taken: list[tuple[str, bytes]] = []
    with office.open() as opened, open_books(opened) as books:
        collect = Collect(opened, books)
        for number, file in enumerate(way):
            folder = office.root / "sales" / "5" / file.till / ("online" if file.live else "")
            (folder / f"sale_{number}.json").write_text(file.page, "utf-8")
            if file.collected:
                collect.round(once=True)
                taken += _some(office, file.taken)
        for _ in range(2):
            collect.round(once=True)
            taken += _some(office, 999)
        assert collect.round(once=True).outgone.written == 0
        with books.read() as txn:
            files, given = txn.files(99), txn.deliveries(999)
        told = [reconviews.by_shift(opened, books, "5", till, limit=9)["shifts"] for till in ("1", "2")]
        sums = [_sums(row) for rows in told for row in rows]
    assert {file.state for file in files} == {FileState.PROCESSED}
    assert len({name for name, _ in taken}) == len(taken)
    assert [(one.name, one.state) for one in given if one.state is not DeliveryState.TAKEN] == []
    assert sorted(one.name for one in given) == sorted(name for name, _ in taken)
    return End(sorted(sums), _last(etree.fromstring(body) for _, body in taken))


def _last(told: Iterable[etree._Element]) -> dict[tuple[str, ...], bytes]:
    """As an ERP keeps them: the highest version counts. Whether a receipt knows its shift's open date depends on what
    came first; what else it says does not."""
    versions: dict[tuple[str, ...], dict[int, bytes]] = defaultdict(dict)
    for root in told:
        key = (root.tag, *(root.get(name, "") for name in ("shop", "till", "shift", "type", "number")))
        version = int(root.attrib.pop("version"))
        if root.get("number"):
            root.attrib.pop("opened", None)
        assert version not in versions[key]
        versions[key][version] = etree.tostring(root)
    return {key: by_version[max(by_version)] for key, by_version in versions.items()}


def _some(office: PostOffice, most: int) -> list[tuple[str, bytes]]:
    """What the ERP takes of what lies there."""
    paths = [office.root / "outbox" / name for name in office.outbox()[:most]]
    taken = [(path.name, path.read_bytes()) for path in paths]
    for path in paths:
        path.unlink()
    return taken


def _sums(row: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(row[column]) if row[column] is not None else "-" for column in COLUMNS)


@pytest.mark.usefixtures("unsynced")
def test_sales_end_alike_whatever_files_they_come_in(tmp_path: Path) -> None:
    begun = PostOffice(tmp_path / "begun", {"5": ["1", "2"]})
    begun.collect()
    numbers = count()

    def fresh() -> PostOffice:
        office = copy.copy(begun)
        office.root = tmp_path / str(next(numbers))
        shutil.copytree(begun.root, office.root)
        return office

    tills = [[number for number, piece in enumerate(PIECES) if piece.till == till] for till in ("1", "2")]
    calm = end_of(fresh(), [File(tuple(numbers)) for numbers in tills])
    assert calm.sums == _table()

    @settings(
        max_examples=300 if MANY else 8,
        deadline=None,
        derandomize=not MANY,
        phases=tuple(Phase) if MANY else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(ways())
    def alike(files: list[File]) -> None:
        end = end_of(fresh(), files)
        assert end.sums == calm.sums
        assert end.told == calm.told

    alike()
