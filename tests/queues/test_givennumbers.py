from __future__ import annotations

from pathlib import Path

import pytest
from tillpost.queues.disk import LocalDisk
from tillpost.queues.givennumbers import NAME, GivenNumbers
from tillpost.queues.tillstate import TillState, behind, new_epoch


def state(number: int, till: str = "1") -> TillState:
    return TillState("5", till, epoch=1, next_number=number, wants_full=False)


def given(folder: Path) -> GivenNumbers:
    return GivenNumbers(LocalDisk(), folder)


def test_what_was_given_is_known_to_others(tmp_path: Path) -> None:
    given(tmp_path).note([state(8), state(3, "2")])
    assert given(tmp_path).highest("5", "1") == 7
    assert given(tmp_path).highest("5", "2") == 2
    assert given(tmp_path).highest("6", "1") == 0


def test_numbers_never_fall_and_nothing_is_written_for_it(tmp_path: Path) -> None:
    numbers = given(tmp_path)
    numbers.note([state(8)])
    before = (tmp_path / NAME).stat()
    numbers.note([state(5)])
    assert numbers.highest("5", "1") == 7
    assert (tmp_path / NAME).stat() == before


def test_file_that_another_process_changed_is_read_again(tmp_path: Path) -> None:
    numbers = given(tmp_path)
    numbers.note([state(8)])
    given(tmp_path).note([state(12)])
    assert numbers.highest("5", "1") == 11


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\0", b"5 1\n5 1 x\n 1 7\n", "5 1 \u0667\n".encode()])
def test_file_that_says_nothing_is_no_memory(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert given(tmp_path).highest("5", "1") == 0
    given(tmp_path).note([state(8)])
    assert given(tmp_path).highest("5", "1") == 7


def test_folder_that_is_away_is_no_memory(tmp_path: Path) -> None:
    assert given(tmp_path / "away").highest("5", "1") == 0


def test_state_that_does_not_know_a_given_number_is_behind() -> None:
    assert behind(state(8), 7) == state(8)
    halted = behind(state(7), 7)
    assert halted.halted == "queue.behind"
    assert behind(halted, 9) == halted


def test_epoch_of_a_till_that_is_behind_goes_on_above_what_was_given() -> None:
    begun = new_epoch(behind(state(3), 7), 0, 7)
    assert (begun.halted, begun.first_number, begun.next_number) == ("", 8, 8)
