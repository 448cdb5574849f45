"""Sales too old for the books: archives that hold what they were given, or are none."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tillpost.errors import Reject, Retry
from tillpost.queues.disk import LocalDisk
from tillpost.queues.durable import digest_of
from tillpost.queues.layout import Layout
from tillpost.queues.salesarchives import SalesArchives

DAY = date(2025, 11, 20)
FILES = [("books/5/1/12.jsonl", b'{"shift": 12}\n'), ("books/5/2/7.jsonl", b"{}\n" * 1000)]


class Lying(LocalDisk):
    """Loses the last bytes of what it writes, and nobody hears of it."""

    def write_new(self, path: Path, pieces: object, mode: int) -> int:
        told = super().write_new(path, [b"".join(pieces)[:-9] + bytes(9)], mode)  # type: ignore[call-overload]
        assert isinstance(told, int)
        return told


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(tmp_path / "root")
    layout.create(LocalDisk())
    return layout


@pytest.fixture
def archives(layout: Layout) -> SalesArchives:
    return SalesArchives(LocalDisk(), layout)


def test_archive_holds_what_was_put_into_it(archives: SalesArchives) -> None:
    path, told = archives.add(DAY, iter(FILES))
    assert path.name == "sales-25-11-20.tgz"
    assert told == {name: digest_of([content]) for name, content in FILES}
    assert archives.held(path) == told
    assert path.stat().st_mode & 0o777 == 0o440


def test_later_shifts_of_a_day_go_into_its_next_archive(archives: SalesArchives) -> None:
    names = [archives.add(DAY, [file])[0].name for file in FILES]
    assert names == ["sales-25-11-20.tgz", "sales-25-11-20-2.tgz"]
    assert [path.name for path in archives.of(DAY)] == names
    assert archives.of(date(2025, 11, 21)) == []


def test_archive_that_reads_back_otherwise_gets_no_name(layout: Layout) -> None:
    with pytest.raises(Retry) as caught:
        SalesArchives(Lying(), layout).add(DAY, iter(FILES))
    assert caught.value.reason.code == "archive.unlike"
    assert list(layout.books_archive.iterdir()) == []


def test_damaged_archive_holds_nothing_for_certain(archives: SalesArchives) -> None:
    path, _ = archives.add(DAY, iter(FILES))
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Reject) as caught:
        archives.held(path)
    assert caught.value.reason.code == "archive.damaged"


def test_what_a_killed_writer_left_is_removed(archives: SalesArchives, layout: Layout) -> None:
    path, _ = archives.add(DAY, iter(FILES))
    (layout.books_archive / ".tillpost-0011223344556677.tmp").write_bytes(b"half")
    (layout.books_archive / "somebody's").write_bytes(b"")
    archives.sweep()
    left = {one.name for one in layout.books_archive.iterdir()}
    assert {path.name, "somebody's"} <= left
    assert archives.of(DAY) == [path]
