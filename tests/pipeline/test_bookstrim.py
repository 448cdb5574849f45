"""Old sales leave the books for an archive: nothing is lost or doubled by it, wherever it is cut short."""

from __future__ import annotations

import copy
import random
import shutil
import sqlite3
import tarfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from faults import FaultyBooks, Fuse, Stopped, full
from post_office import PostOffice
from sales_pages import page, receipt, shift
from tillpost.errors import Retry
from tillpost.pipeline import bookstrim
from tillpost.pipeline.bookstrim import Trimmed, plan, trim
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.trim import Account
from tillpost.pipeline.trim import trim as trim_files

pytestmark = pytest.mark.usefixtures("unsynced")

SETTINGS = "[books]\nkeep_days = 10\n[trim]\nkeep_days = 36500"
SAMPLE = 6  # of the steps at which something happens
DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")


@pytest.fixture
def office(make_office: Any) -> PostOffice:
    """Three shifts of till 1 and one of till 2, all taken by the ERP; eleven days after the second."""
    office: PostOffice = make_office(settings=SETTINGS)
    for at, day in enumerate(DAYS):
        sell(office, 12 + at, day)
    office.sell("2.json", page([shift(7, cashCode="2")], [receipt(1, shift=7, cashCode="2")]), till="2")
    office.collect()
    office.erp_takes()
    office.clock.pass_(days=11)
    office.collect()
    return office


def sell(office: PostOffice, number: int, day: str, receipts: int = 2) -> None:
    told = shift(number, 52.5 * receipts, opened=f"{day}T08:00:00", closed=f"{day}T22:00:00")
    sold = [receipt(at, shift=number, at=f"{day}T10:00:00") for at in range(1, receipts + 1)]
    office.sell(f"{number}.json", page([told], sold))


def trimmed(office: PostOffice, fuse: Fuse | None = None) -> Trimmed:
    with office.open(fuse) as opened, open_books(opened) as books:
        return trim(opened, FaultyBooks(books, fuse) if fuse else books)  # type: ignore[arg-type]


def archives(office: PostOffice) -> list[Path]:
    return sorted((office.root / "backup" / "books_archive").glob("sales-*.tgz"))


def archived(office: PostOffice) -> list[tuple[str, int]]:
    """Every shift in every archive, with the number of documents in it."""
    found = []
    for path in archives(office):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                lines = [msgspec.json.decode(line) for line in archive.extractfile(member) or ()]
                found.append((member.name, sum("document" in line for line in lines)))
    return sorted(found)


def ask(office: PostOffice, question: str) -> list[Any]:
    with closing(sqlite3.connect(office.root / "state" / "books.sqlite")) as books:
        return sorted(books.execute(question))


def left(office: PostOffice) -> list[tuple[int, int]]:
    """The shifts whose documents are in the books, with how many."""
    return ask(office, "SELECT shift_number, count(*) FROM documents GROUP BY 1")


OLD = [
    ("books/5/1/12-20261120T080000.jsonl", 2), ("books/5/1/13-20261121T080000.jsonl", 2),
    ("books/5/2/7-20261120T080000.jsonl", 1),
]  # fmt: skip


def test_old_shifts_go_into_archives_of_their_days_and_out_of_the_database(office: PostOffice) -> None:
    done = trimmed(office)
    assert [(one.place.number, archive.name) for one, archive in done.shifts] == [
        (12, "sales-26-11-20.tgz"), (7, "sales-26-11-20.tgz"), (13, "sales-26-11-21.tgz"),
    ]  # fmt: skip
    assert archived(office) == OLD
    assert left(office) == [(14, 2)]
    for table in ("positions", "payments"):
        assert ask(office, f"SELECT count(*) FROM {table}") == [(2,)]
    assert done.waiting == []


def test_second_run_finds_nothing_to_do(office: PostOffice) -> None:
    trimmed(office)
    before = [path.read_bytes() for path in archives(office)]
    assert trimmed(office).shifts == []
    assert [path.read_bytes() for path in archives(office)] == before


def test_plan_changes_nothing_and_says_what_a_run_does(office: PostOffice) -> None:
    with office.open() as opened, open_books(opened) as books:
        todo = plan(opened, books)
    assert str(todo.before) == "2026-11-22"
    assert archives(office) == []
    assert [one.id for one in todo.shifts] == [one.id for one, _ in trimmed(office).shifts]


def test_everything_stays_where_no_age_is_set(office: PostOffice) -> None:
    office.settings("")
    assert trimmed(office).plan == bookstrim.Plan()
    assert archives(office) == []
    assert len(left(office)) == 4


def test_what_the_erp_has_not_got_stays(office: PostOffice) -> None:
    sell(office, 11, "2026-11-19")
    office.collect()
    done = trimmed(office)
    assert [one.place.number for one in done.plan.staying] == [11]
    assert left(office) == [(11, 2), (14, 2)]


def test_old_sales_that_come_again_are_told_and_never_booked(office: PostOffice) -> None:
    trimmed(office)
    sell(office, 12, DAYS[0])
    sell(office, 15, "2026-11-23")
    done = office.collect()
    assert [(file.state.value, file.tally.archived, file.tally.new) for file in done.files] == [
        ("processed", 2, 0), ("processed", 0, 2),
    ]  # fmt: skip
    assert left(office) == [(14, 2), (15, 2)]
    assert [name for name in office.outbox() if "_12_" in name] == []


def test_shift_that_is_changed_while_it_is_archived_stays(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.open() as opened, open_books(opened) as books:
        run = bookstrim._Run(opened, books)
        remove = run._remove

        def change_first(day: Any, one: Any, *more: Any) -> None:
            if one.place.number == 13:
                with closing(sqlite3.connect(office.root / "state" / "books.sqlite")) as other, other:
                    other.execute("UPDATE documents SET raw = 'other' WHERE shift_number = 13")
            remove(day, one, *more)

        monkeypatch.setattr(run, "_remove", change_first)
        done = run.run()
    assert [reason.code for _, reason in done.waiting] == ["trim.changed"]
    assert left(office) == [(13, 2), (14, 2)]
    assert [archive.name for _, archive in trimmed(office).shifts] == ["sales-26-11-21-2.tgz"]


def test_damaged_archive_is_told_and_its_shifts_go_into_the_next_one(office: PostOffice) -> None:
    folder = office.root / "backup" / "books_archive"
    (folder / "sales-26-11-20.tgz").write_bytes(b"no archive")
    done = trimmed(office)
    assert [reason.code for _, reason in done.waiting] == ["archive.damaged"]
    assert sorted({archive.name for _, archive in done.shifts}) == ["sales-26-11-20-2.tgz", "sales-26-11-21.tgz"]


def test_trimming_of_files_trims_the_books_too(office: PostOffice) -> None:
    with office.open() as opened:
        done: Account = trim_files(opened, trust_clock=True)
    assert done.shifts == 3
    assert archived(office) == OLD


def test_clock_that_leapt_ahead_takes_nothing_out_of_the_books(office: PostOffice) -> None:
    office.settings("[books]\nkeep_days = 10")
    office.clock.pass_(days=3650)
    with office.open() as opened:
        done = trim_files(opened)
    assert done.leapt is not None
    assert (done.shifts, archives(office)) == (0, [])


# --- wherever it is cut short


def fresh(office: PostOffice, name: str) -> PostOffice:
    other = copy.copy(office)
    other.root = office.root.with_name(name)
    shutil.copytree(office.root, other.root)
    return other


def check(office: PostOffice, at: int) -> None:
    """Nothing is lost, nothing is doubled."""
    found = Counter(name for name, _ in archived(office))
    assert max(found.values(), default=1) == 1, at
    rest = {(number, count) for number, count in left(office)}
    gone = {(12, 2), (13, 2), (7, 1)} - rest
    known = {(int(name.split("/")[3].split("-")[0]), count) for name, count in archived(office)}
    assert gone <= known, at


def steps(count: int) -> list[int]:
    return sorted(random.Random("books").sample(range(1, count + 1), min(SAMPLE, count)))


def test_process_may_be_killed_at_any_step(office: PostOffice) -> None:
    fuse = Fuse()
    trimmed(fresh(office, "whole"), fuse)
    for at in steps(fuse.count):
        cut = fresh(office, f"cut{at}")
        with suppress(Stopped):
            trimmed(cut, Fuse(at))
        check(cut, at)
        trimmed(cut)
        check(cut, at)
        assert (archived(cut), left(cut)) == (OLD, [(14, 2)]), at
        assert [path.name for path in archives(cut)] == ["sales-26-11-20.tgz", "sales-26-11-21.tgz"], at
        assert len(list((cut.root / "backup" / "books_archive").iterdir())) == 2, at


def test_disk_or_books_may_refuse_any_step(office: PostOffice) -> None:
    fuse = Fuse()
    trimmed(fresh(office, "whole"), fuse)
    for at in steps(fuse.count):
        refused = fresh(office, f"refused{at}")
        with suppress(Retry):
            trimmed(refused, Fuse(at, full))
        check(refused, at)
        trimmed(refused)
        assert (archived(refused), left(refused)) == (OLD, [(14, 2)]), at
