"""What a person is told about a queue, and what `fix` puts right without lying to the till."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tillpost.queues.disk import Disk
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.repair import Remedy

Office = Any  # made in conftest.py


def found(office: Office) -> list[tuple[str, int, Remedy]]:
    return [(finding.reason.code, finding.number, finding.remedy) for finding in office.queue.check(office.state)]


def fix(office: Office) -> str:
    """What still stops the till afterwards."""
    office.state, findings = office.queue.fix(office.state, office.now)
    for finding in findings:
        assert "\n" not in finding.reason.text("en") + finding.reason.text("ru")
    return office.state.halted


def overwrite(disk: Disk, path: Path, data: bytes) -> None:
    """Other bytes in a file of its own, as somebody leaves who copies a file into the folder."""
    disk.unlink(path)
    disk.write_new(path, [data], 0o640)


def lose_chunk(office: Office, number: int) -> None:
    digest = next(one.digest for one in office.state.outstanding if one.number == number)
    office.disk.unlink(office.chunks.path(digest))


def epoch(office: Office) -> None:
    office.state = office.queue.new_epoch(office.state, 1)


def test_queue_in_order_has_no_findings(office: Office) -> None:
    office.hand_over(b"one", b"two")
    office.take(1)
    office.recover()
    office.offer(b"three")
    assert found(office) == []
    assert fix(office) == ""
    assert office.state.outstanding[-1].flagged


def test_check_changes_nothing(office: Office) -> None:
    office.hand_over(b"one", b"two")
    office.take(2)
    overwrite(office.disk, office.data(1), b"ONE")
    before = office.names()
    office.queue.check(office.state)
    assert office.names() == before
    assert office.disk.read(office.data(1)) == b"ONE"


def test_check_reads_bytes_that_look_untouched(memory_office: Any) -> None:
    office, disk, _ = memory_office()
    office.hand_over(b"one")
    node = disk._find(office.data(1))  # the disk itself loses a bit: no name, size or time tells
    node.data = node.synced_data = b"oNe"
    office.recover()
    assert office.state.halted == ""
    assert found(office) == [("queue.tampered", 1, Remedy.RESYNC)]


def test_changed_bytes_no_till_can_have_read_are_restored(office: Office) -> None:
    office.offer(b"one")
    overwrite(office.disk, office.data(1), b"ONE")
    office.recover()
    assert found(office) == [("queue.tampered", 1, Remedy.FIX)]
    assert fix(office) == ""
    assert office.disk.read(office.data(1)) == b"one"
    assert office.names() == ["pos0000000001.aif", "pos0000000001.flz"]


def test_changed_bytes_a_till_may_have_read_are_restored_and_need_a_full_load(office: Office) -> None:
    office.hand_over(b"one")
    overwrite(office.disk, office.data(1), b"ONE")
    office.recover()
    assert found(office) == [("queue.tampered", 1, Remedy.RESYNC)]
    assert fix(office) == "queue.resync"
    assert office.disk.read(office.data(1)) == b"one"
    assert office.recover().halted == "queue.resync"
    epoch(office)
    assert office.recover().halted == ""


def test_changed_bytes_are_restored_after_the_full_load_was_asked_for(office: Office) -> None:
    office.hand_over(b"one")
    overwrite(office.disk, office.data(1), b"ONE")
    office.recover()
    epoch(office)
    assert (office.state.halted, office.queue.room(office.state)) == ("queue.tampered", 0)
    assert office.recover().halted == "queue.tampered"
    assert fix(office) == ""
    assert office.disk.read(office.data(1)) == b"one"


def test_changed_bytes_whose_chunk_is_lost_give_way_to_the_full_load(office: Office) -> None:
    office.hand_over(b"one")
    overwrite(office.disk, office.data(1), b"ONE")
    lose_chunk(office, 1)
    office.recover()
    assert fix(office) == "queue.resync"
    assert office.disk.read(office.data(1)) == b"ONE"
    epoch(office)
    assert office.recover().halted == "queue.tampered"
    assert fix(office) == ""
    assert (office.names(), office.state.acked) == ([], 1)


def test_strangers_file_is_left_to_the_person(office: Office) -> None:
    office.hand_over(b"one")
    office.disk.write_new(office.folder / "readme.txt", [b"hello"], 0o640)
    office.recover()
    assert found(office) == [("queue.foreign", 0, Remedy.HAND)]
    assert fix(office) == "queue.foreign"
    assert "readme.txt" in office.names()
    office.disk.unlink(office.folder / "readme.txt")
    assert fix(office) == ""


def test_hole_needs_a_full_load(office: Office) -> None:
    office.hand_over(b"one", b"two")
    office.take(2)
    office.recover()
    assert found(office) == [("queue.hole", 1, Remedy.RESYNC)]
    assert fix(office) == "queue.resync"
    epoch(office)
    assert office.recover().halted == ""
    office.take(1)
    assert office.recover().acked == 2


def test_hole_that_closed_itself_still_needs_a_full_load(office: Office) -> None:
    office.hand_over(b"one", b"two")
    office.take(2)
    office.recover()
    office.take(1)
    assert found(office) == []
    assert fix(office) == "queue.resync"


def test_what_was_put_back_is_withdrawn_and_needs_a_full_load(office: Office) -> None:
    office.hand_over(b"one", b"two")
    office.take(1)
    office.recover()
    office.disk.write_new(office.data(1), [b"one"], 0o440)
    office.disk.write_new(office.flag(1), [], 0o440)
    office.recover()
    assert found(office) == [("queue.returned", 1, Remedy.RESYNC)]
    assert fix(office) == "queue.resync"
    assert office.names() == ["pos0000000002.aif", "pos0000000002.flz"]
    epoch(office)
    assert office.recover().halted == ""


def test_numbers_a_restored_state_does_not_know_stay_published_and_are_not_used_again(office: Office) -> None:
    backup = office.hand_over(b"one")
    office.hand_over(b"two", b"three")
    office.take(1)
    office.state = backup
    office.recover()
    assert [code for code, _, _ in found(office)] == ["queue.ahead"] * 2
    assert fix(office) == "queue.resync"
    assert (office.state.next_number, len(office.names())) == (4, 4)
    epoch(office)
    assert office.recover().acked == 1
    office.hand_over(b"four")
    assert office.disk.read(office.data(4)) == b"four"
    office.take(2, 3, 4)
    assert office.recover().acked == 4


def test_lone_flag_above_the_numbers_is_withdrawn(office: Office) -> None:
    office.disk.write_new(office.flag(3), [], 0o440)
    office.recover()
    assert fix(office) == "queue.resync"
    assert (office.names(), office.state.next_number) == ([], 4)


def test_till_that_died_before_deleting_the_flag_has_taken_the_chunk(office: Office) -> None:
    office.hand_over(b"one")
    office.disk.unlink(office.data(1))
    assert office.recover().acked == 0
    assert found(office) == [("queue.half", 1, Remedy.FIX)]
    assert fix(office) == ""
    assert (office.state.acked, office.names()) == (1, [])


def test_till_that_may_still_be_loading_is_left_alone(office: Office) -> None:
    office.hand_over(b"one")
    office.disk.unlink(office.flag(1))
    office.recover()
    assert found(office) == [("queue.half", 1, Remedy.WAIT)]
    assert fix(office) == ""
    assert (office.state.acked, office.names()) == (0, ["pos0000000001.aif"])
    epoch(office)
    assert office.recover().halted == ""
    assert (office.state.acked, office.names()) == (1, [])


def test_litter_is_removed(office: Office) -> None:
    office.hand_over(b"one")
    office.take(1)
    office.recover()
    office.disk.write_new(office.data(1), [b"one"], 0o440)
    office.disk.write_new(office.folder / ".tillpost-0123.tmp", [b"o"], 0o440)
    office.disk.link(office.chunks.path(office.chunks.put(b"two", 1).digest), office.data(2))
    assert found(office) == [("queue.litter", number, Remedy.FIX) for number in (0, 1, 2)]
    assert fix(office) == ""
    assert office.names() == []


@pytest.mark.parametrize("missing", ["folder", "marker"])
def test_nothing_is_mended_in_a_folder_that_is_not_believed(office: Office, missing: str) -> None:
    office.hand_over(b"one", b"two")
    office.take(2)
    if missing == "folder":
        office.disk.rename(office.folder, office.root / "away")
    else:
        office.disk.unlink(office.root / "queues" / ".tillpost-queues")
    assert found(office) == [(f"queue.{missing}-missing", 0, Remedy.HAND)]
    assert fix(office) == f"queue.{missing}-missing"
    assert office.state.acked == 0


def test_mended_queue_outlasts_a_power_cut(memory_office: Any) -> None:
    office, disk, _ = memory_office()
    assert isinstance(disk, MemoryDisk)
    office.offer(b"one")
    overwrite(disk, office.data(1), b"ONE")
    disk.sync_dir(office.folder)
    office.recover()
    fix(office)
    disk.crash()
    assert disk.read(office.data(1)) == b"one"


def test_withdrawn_numbers_do_not_come_back_with_the_power(memory_office: Any) -> None:
    office, disk, _ = memory_office()
    office.hand_over(b"one")
    office.take(1)
    office.recover()
    disk.plant(office.data(1), data=b"one")
    disk.plant(office.flag(1))
    office.recover()
    assert fix(office) == "queue.resync"
    disk.crash()
    assert office.names() == []
