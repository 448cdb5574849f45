"""Requests for sales: written whole, never overwritten, read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.errors import Reason, Retry
from tillpost.queues.asking import ask, asked
from tillpost.queues.disk import Disk, Entry, FileKind, LocalDisk
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.troubles import Missing

SINCE, UNTIL = date(2026, 3, 1), date(2026, 11, 20)
TILL = Path("/till")


def test_request_says_the_period_as_tills_read_it(place: tuple[Disk, Path]) -> None:
    assert ask(*place, SINCE, UNTIL)
    assert [(entry.name, place[0].read(place[1] / entry.name)) for entry in place[0].entries(place[1])] == [
        ("sale.req", b"###\n01.03.2026-20.11.2026")
    ]
    assert asked(*place) == (SINCE, UNTIL)


def test_request_that_is_there_is_never_overwritten(place: tuple[Disk, Path]) -> None:
    assert ask(*place, SINCE, SINCE)
    assert not ask(*place, SINCE, UNTIL)
    assert not ask(*place, SINCE, SINCE)
    assert asked(*place) == (SINCE, SINCE)


def test_request_in_other_letters_is_one(place: tuple[Disk, Path]) -> None:
    place[0].write_new(place[1] / "SALE.REQ", [b"###\r\n01.03.2026-20.11.2026\r\n"], 0o644)
    assert asked(*place) == (SINCE, UNTIL)
    assert not ask(*place, UNTIL, UNTIL)


def test_till_may_read_it(tmp_path: Path) -> None:
    ask(LocalDisk(), tmp_path, SINCE, UNTIL)
    assert (tmp_path / "sale.req").stat().st_mode & 0o777 == 0o640


def test_nothing_asked_is_none(place: tuple[Disk, Path]) -> None:
    assert asked(*place) is None
    place[0].mkdir(place[1] / "sale.req", 0o755)
    assert asked(*place) is None


@pytest.mark.parametrize(
    "page", ["", "###", "###\n31.02.2026-01.03.2026", "###\n01.03.26-02.03.26", "what?", "\x00" * 9]
)
def test_request_that_nobody_understands_is_none_and_stays(place: tuple[Disk, Path], page: str) -> None:
    place[0].write_new(place[1] / "sale.req", [page.encode()], 0o644)
    assert asked(*place) is None
    assert not ask(*place, SINCE, UNTIL)


@pytest.mark.parametrize(
    "page", ["\ufeff###\n01.03.2026-20.11.2026\n", "###\n 01.03.2026 - 20.11.2026 ", "###01.03.2026-20.11.2026"]
)
def test_request_of_another_hand_is_understood(place: tuple[Disk, Path], page: str) -> None:
    place[0].write_new(place[1] / "sale.req", [page.encode()], 0o644)
    assert asked(*place) == (SINCE, UNTIL)


@given(st.dates(), st.dates())
def test_any_period_comes_back(since: date, until: date) -> None:
    disk = MemoryDisk()
    disk.plant(TILL, FileKind.FOLDER)
    assert ask(disk, TILL, since, until)
    assert asked(disk, TILL) == (since, until)


def test_folder_that_is_not_there_is_not_made_up_for(place: tuple[Disk, Path]) -> None:
    disk, folder = place
    for do in (lambda: ask(disk, folder / "away", SINCE, UNTIL), lambda: asked(disk, folder / "away")):
        with pytest.raises(Missing):
            do()


class PowerCut(BaseException):
    pass


def test_request_is_whole_or_not_there_wherever_it_is_cut_short() -> None:
    for steps in range(40):
        left = iter(range(steps))

        def interrupt(step: str, path: Path, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise PowerCut

        for keep in (lambda: False, lambda: True):
            disk = MemoryDisk()
            disk.plant(TILL, FileKind.FOLDER)
            disk.interrupt = interrupt
            try:
                done = ask(disk, TILL, SINCE, UNTIL)
            except PowerCut:
                done = False
            disk.interrupt = lambda step, path: None
            disk.crash(keep)
            names = {entry.name for entry in disk.entries(TILL)}
            assert asked(disk, TILL) == (SINCE, UNTIL) if "sale.req" in names else not done
            assert ask(disk, TILL, SINCE, UNTIL) == ("sale.req" not in names)
            assert [entry.name for entry in disk.entries(TILL)] == ["sale.req"]
        if done:
            return
    pytest.fail("more steps than anybody expected")


def test_request_put_by_another_hand_meanwhile_stays() -> None:
    class Late(MemoryDisk):
        def entries(self, folder: Path) -> list[Entry]:
            seen = super().entries(folder)
            if not seen:
                self.plant(folder / "sale.req", data=b"###\n01.01.2026-01.01.2026")
            return seen

    disk = Late()
    disk.plant(TILL, FileKind.FOLDER)
    disk.plant(TILL / ".tillpost-1.tmp")
    assert not ask(disk, TILL, SINCE, UNTIL)
    assert asked(disk, TILL) == (date(2026, 1, 1), date(2026, 1, 1))


def test_request_answered_while_it_is_read_is_none() -> None:
    class Answering(MemoryDisk):
        def entries(self, folder: Path) -> list[Entry]:
            seen = super().entries(folder)
            self.unlink(folder / "sale.req")
            return seen

    disk = Answering()
    disk.plant(TILL, FileKind.FOLDER)
    disk.plant(TILL / "sale.req", data=b"###\n01.01.2026-01.01.2026")
    assert asked(disk, TILL) is None


def test_full_disk_asks_for_nothing() -> None:
    def full(step: str, path: Path) -> None:
        if step == "write":
            raise Retry(Reason("disk.full", path=path, detail="no space"))

    disk = MemoryDisk()
    disk.plant(TILL, FileKind.FOLDER)
    disk.interrupt = full
    with pytest.raises(Retry):
        ask(disk, TILL, SINCE, UNTIL)
    assert disk.entries(TILL) == []
