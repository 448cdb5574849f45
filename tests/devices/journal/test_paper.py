"""What every paper promises: one suite, run over a file of this machine and over its twin."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tillpost.devices.journal.paper import FilePaper, Paper, written
from tillpost.devices.journal.simpaper import MemoryPaper
from tillpost.errors import Halt, Reason, Retry

Kept = Callable[[], list[bytes]]


@pytest.fixture(params=["file", "memory"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Paper, Kept]:
    if request.param == "memory":
        memory = MemoryPaper()
        return memory, lambda: memory.kept
    path = tmp_path / "journal"
    return FilePaper(path), lambda: [written(each.read_bytes()) for each in sorted(tmp_path.glob("journal.[0-9]"))]


@pytest.fixture
def paper(both: tuple[Paper, Kept]) -> Paper:
    paper = both[0]
    assert paper.read() == b""
    return paper


def test_what_is_appended_is_read_in_its_order(paper: Paper) -> None:
    for line in (b"one\n", b"two\n"):
        paper.append(line)
    assert paper.read() == b"one\ntwo\n"
    paper.append(b"three\n")
    assert paper.read() == b"one\ntwo\nthree\n"


def test_room_that_is_kept_is_no_entry_and_is_written_over(paper: Paper) -> None:
    paper.append(b"one\n")
    paper.reserve(100)
    assert paper.read() == b"one\n"
    paper.append(b"two\n")
    paper.reserve(100)
    paper.append(b"three" * 100 + b"\n")
    assert paper.read() == b"one\ntwo\n" + b"three" * 100 + b"\n"


def test_replaced_journal_is_exactly_the_new_one_and_goes_on_from_there(paper: Paper) -> None:
    paper.append(b"one\ntwo\n")
    paper.reserve(50)
    paper.replace(b"new\n", keep=False)
    assert paper.read() == b"new\n"
    paper.append(b"next\n")
    assert paper.read() == b"new\nnext\n"


def test_last_few_that_were_to_be_kept_stay_the_latest_first(both: tuple[Paper, Kept], paper: Paper) -> None:
    for number in range(12):
        paper.append(f"{number}\n".encode())
        paper.replace(b"", keep=True)
        paper.append(b"not kept\n")
        paper.replace(b"", keep=False)
    assert both[1]() == [f"{number}\n".encode() for number in range(11, 3, -1)]


def test_line_that_lacks_its_newline_is_read_as_it_is(paper: Paper) -> None:
    paper.append(b"one\ntw")
    assert paper.read() == b"one\ntw"


def test_append_after_one_that_failed_goes_to_the_same_place(
    both: tuple[Paper, Kept], paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise Retry(Reason("journal.failing", path="journal", detail="Input/output error"))

    paper.append(b"one\n")
    with monkeypatch.context() as patched:
        if isinstance(paper, MemoryPaper):
            patched.setattr(paper, "interrupt", fails)
        else:
            patched.setattr(os, "fsync", _raising(errno.EIO))
        with pytest.raises(Retry):
            paper.append(b"lost\n")
    paper.append(b"found\n")
    assert paper.read() == b"one\nfound\n"


def _raising(code: int) -> Callable[..., None]:
    def fails(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return fails


# --- the twin's own: power cuts and full disks


class Cut(BaseException):
    pass


@pytest.mark.parametrize("kept", range(6))
def test_append_that_the_power_cut_is_there_up_to_any_byte(kept: int) -> None:
    paper = MemoryPaper()
    paper.append(b"one\n")
    paper.interrupt = _cut_at("sync")
    with pytest.raises(Cut):
        paper.append(b"two\n")
    paper.power_cut(kept)
    assert paper.read() == b"one\n" + b"two\n"[:kept]


@pytest.mark.parametrize("kept", range(6))
def test_append_into_kept_room_is_there_up_to_any_byte(kept: int) -> None:
    paper = MemoryPaper()
    paper.append(b"one\n")
    paper.reserve(20)
    paper.interrupt = _cut_at("sync")
    with pytest.raises(Cut):
        paper.append(b"two\n")
    paper.power_cut(kept)
    assert paper.read() == b"one\n" + (b"two\n"[: min(kept, 3)] + b"\n" if kept else b"")


@pytest.mark.parametrize(("replaced", "left"), [(True, b"new\n"), (False, b"one\n")])
def test_replacement_that_the_power_cut_has_happened_or_not(replaced: bool, left: bytes) -> None:
    paper = MemoryPaper()
    paper.append(b"one\n")
    paper.interrupt = _cut_at("sync folder")
    with pytest.raises(Cut):
        paper.replace(b"new\n", keep=False)
    paper.power_cut(replaced=replaced)
    assert paper.read() == left


def test_what_was_written_outlasts_the_power() -> None:
    paper = MemoryPaper()
    paper.append(b"one\n")
    paper.power_cut()
    paper.replace(b"new\n", keep=False)
    paper.append(b"two\n")
    paper.power_cut(replaced=False)
    assert paper.read() == b"new\ntwo\n"


def test_full_disk_takes_what_has_its_room_and_no_more() -> None:
    paper = MemoryPaper(free=10)
    paper.reserve(8)
    paper.append(b"12345678")
    with pytest.raises(Retry, match="no room left"):
        paper.append(b"abcdef")
    assert paper.read() == b"12345678ab"
    with pytest.raises(Retry):
        paper.reserve(8)


def _cut_at(wanted: str) -> Callable[[str], None]:
    def interrupt(step: str) -> None:
        if step == wanted:
            raise Cut

    return interrupt


# --- the file's own


def test_room_is_really_there_before_it_is_wanted(tmp_path: Path) -> None:
    paper = FilePaper(tmp_path / "journal")
    paper.read()
    paper.append(b"one\n")
    paper.reserve(1000)
    assert (tmp_path / "journal").stat().st_size >= 1004
    assert set((tmp_path / "journal").read_bytes()[4:]) == {ord("\n")}


def test_entry_is_on_the_disk_and_its_name_too_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
    paper = FilePaper(tmp_path / "journal")
    paper.append(b"one\n")
    assert synced == [tmp_path.stat().st_ino, (tmp_path / "journal").stat().st_ino]
    del synced[:]
    paper.replace(b"new\n", keep=True)
    assert synced == [(tmp_path / "journal").stat().st_ino, tmp_path.stat().st_ino]


def test_journal_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    first, second = FilePaper(tmp_path / "journal"), FilePaper(tmp_path / "journal")
    first.append(b"one\n")
    with pytest.raises(Retry, match="another process"):
        second.read()
    first.replace(b"new\n", keep=False)
    with pytest.raises(Retry, match="another process"):
        second.append(b"two\n")
    first.close()
    first.close()
    assert second.read() == b"new\n"


def test_paper_that_was_replaced_between_two_looks_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process replaces the file, and goes, after we opened it and before we hold it."""
    path = tmp_path / "journal"
    path.write_bytes(b"old\n")
    real = os.fsync

    def replaces(file: int) -> None:
        real(file)
        if path.read_bytes() == b"old\n":
            (tmp_path / "other").write_bytes(b"new\n")
            (tmp_path / "other").replace(path)

    monkeypatch.setattr(os, "fsync", replaces)
    paper = FilePaper(path)
    assert paper.read() == b"new\n"
    paper.append(b"two\n")
    assert path.read_bytes() == b"new\ntwo\n"


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (errno.ENOSPC, Retry, "no room left"),
        (errno.EDQUOT, Retry, "no room left"),
        (errno.EIO, Retry, "disk failed"),
        (errno.EACCES, Halt, "cannot be used"),
    ],
)
def test_what_the_system_says_is_sorted_by_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception], text: str
) -> None:
    paper = FilePaper(tmp_path / "journal")
    paper.read()
    for call in (lambda: paper.append(b"x"), lambda: paper.reserve(9), lambda: paper.replace(b"x", keep=False)):
        with monkeypatch.context() as patched:
            patched.setattr(os, "pwrite", _raising(code))
            with pytest.raises(error, match=text):
                call()
    assert paper.read() == b""


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "journal")
    with pytest.raises(Halt, match="cannot be used"):
        FilePaper(tmp_path / "journal").read()


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Halt, match="cannot be used"):
        FilePaper(tmp_path / "nowhere" / "journal").read()


def test_older_file_is_copied_where_links_are_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _raising(errno.EPERM))
    paper = FilePaper(tmp_path / "journal")
    paper.append(b"one\n")
    paper.replace(b"new\n", keep=True)
    assert (tmp_path / "journal.1").read_bytes() == b"one\n"


def test_older_file_is_not_kept_twice_when_the_power_went_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = FilePaper(tmp_path / "journal")
    paper.append(b"one\n")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", _raising(errno.EIO))
        with pytest.raises(Retry):
            paper.replace(b"new\n", keep=True)
    paper.replace(b"new\n", keep=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", "journal.1"]
