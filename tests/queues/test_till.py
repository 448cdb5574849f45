"""One till's queue while all goes well, and how each trouble stops that till alone."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyfakefs.fake_filesystem import FakeFilesystem, OSType
from tillpost.errors import Halt, Reason, Retry
from tillpost.queues import tillstate
from tillpost.queues.chunks import Chunk
from tillpost.queues.disk import Entry, LocalDisk
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.till import Marker, MemoryTillStates, TillState

# An office is made in conftest.py: one till with its queue, on this machine's disk and on its twin.
Office = Any


def test_chunk_is_handed_over_data_first_and_flag_last(office: Office) -> None:
    state = office.offer(b"one")
    assert office.names() == ["pos0000000001.aif"]
    assert (state.next_number, state.outstanding[0].flagged) == (2, False)
    state = office.queue.flag(state, office.now)
    assert office.names() == ["pos0000000001.aif", "pos0000000001.flz"]
    assert state.outstanding[0].flagged
    assert office.disk.read(office.data(1)) == b"one"
    assert office.disk.read(office.flag(1)) == b""


def test_several_offers_are_flagged_at_once_and_in_order(memory_office: Callable[..., Any]) -> None:
    office, _, cut = memory_office()
    office.offer(b"one", b"two", b"three")
    cut.passed.clear()
    office.state = office.queue.flag(office.state, office.now)
    in_folder = [(step, path) for step, path in cut.passed if office.folder in (path, path.parent)]
    assert in_folder == [*(("link", office.flag(n)) for n in (1, 2, 3)), ("sync_dir", office.folder)]


def test_deletion_of_both_is_the_acknowledgement(office: Office) -> None:
    office.hand_over(b"one", b"two")
    office.take(1)
    state = office.queue.observe(office.state, office.now + 5)
    assert (state.acked, state.last_taken_at) == (1, office.now + 5)
    assert [one.number for one in state.outstanding] == [2]


def test_folder_never_holds_more_than_the_window(office: Office) -> None:
    contents = [b"%d" % n for n in range(10)]
    state = office.hand_over(*contents)
    assert office.queue.room(state) == 0
    assert (state.next_number, len(office.names())) == (5, 8)
    office.take(1, 2)
    state = office.recover()
    assert office.queue.room(state) == 2


def test_cursor_and_full_load_follow_what_was_offered(office: Office) -> None:
    office.state = msgspec.structs.replace(office.state, full_to=5)
    chunk = office.chunks.put(b"one", 1)
    state = office.queue.offer(office.state, chunk, 4, office.now)
    assert (state.cursor, state.full_to) == (4, 5)
    state = office.queue.offer(state, chunk, 6, office.now)
    assert (state.cursor, state.full_to) == (6, 0)


def test_numbers_never_start_again_not_even_for_an_epoch(office: Office) -> None:
    office.hand_over(b"one", b"two")
    state = office.queue.new_epoch(office.state, 17)
    assert (state.epoch, state.first_number, state.next_number) == (2, 3, 3)
    assert (state.cursor, state.full_to, state.wants_full) == (0, 17, False)
    assert [one.number for one in state.outstanding] == [1, 2]


def test_new_till_waits_for_its_first_full_load() -> None:
    state = TillState("5", "1")
    assert (state.epoch, state.wants_full, state.next_number) == (0, True, 1)
    assert tillstate.new_epoch(state, 3).epoch == 1


def test_held_till_is_offered_nothing_and_still_observed(office: Office) -> None:
    office.hand_over(b"one")
    office.state = msgspec.structs.replace(office.state, held=True)
    assert office.offer(b"two").next_number == 2
    office.take(1)
    assert office.recover().acked == 1


def test_linked_chunk_costs_a_name_and_no_bytes(place: Any, new_office: Any, new_terms: Any) -> None:
    office = new_office(*place).create()
    state = office.hand_over(b"one")
    chunk, data = (office.disk.stat(path) for path in (office.chunks.path(state.outstanding[0].digest), office.data(1)))
    assert (chunk.inode, chunk.links) == (data.inode, 2)


def test_copied_chunk_is_a_file_of_its_own(place: Any, new_office: Any, new_terms: Any) -> None:
    office = new_office(*place, new_terms(share="copies")).create()
    office.hand_over(b"one")
    assert office.disk.stat(office.data(1)).links == 1
    assert office.names() == ["pos0000000001.aif", "pos0000000001.flz"]


def test_till_on_another_disk_gets_copies(new_office: Any) -> None:
    disk = MemoryDisk(apart=[Path("/root/queues")])
    disk.mkdir(Path("/root"), 0o755)
    office = new_office(disk, Path("/root")).create()
    office.hand_over(b"one")
    assert office.disk.read(office.data(1)) == b"one"
    assert office.disk.stat(office.data(1)).links == 1


def test_file_with_all_the_links_it_may_have_is_copied(new_office: Any) -> None:
    disk = MemoryDisk(links_most=2)
    disk.mkdir(Path("/root"), 0o755)
    office = new_office(disk, Path("/root")).create()
    office.hand_over(b"one", b"one")
    assert [office.disk.stat(office.data(n)).links for n in (1, 2)] == [2, 1]


@pytest.mark.parametrize("share", ["links", "copies"])
def test_flag_is_an_empty_file_whatever_happened_to_that_of_others(
    memory_office: Callable[..., Any], share: str
) -> None:
    office, disk, _ = memory_office(share=share)
    office.hand_over(b"one", b"two")
    assert office.disk.stat(office.flag(1)).links == (3 if share == "links" else 1)
    disk.overwrite(office.flag(1), b"scribbled")
    office.hand_over(b"three")
    assert disk.read(office.flag(3)) == b""


def test_flags_are_links_of_no_more_names_than_a_file_may_have(
    memory_office: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillpost.queues.handing.BLANK_LINKS", 2)
    monkeypatch.setattr("tillpost.queues.chunks.BLANK_LINKS", 2)
    office, disk, _ = memory_office(window=10)
    for _ in range(3):
        office.hand_over(b"one", b"two")
    assert len({disk.stat(office.flag(number)).inode for number in range(1, 7)}) == 3
    assert {disk.stat(office.flag(number)).links for number in (1, 2, 3, 4)} == {2}


def test_flag_is_never_made_again(office: Office) -> None:
    state = office.hand_over(b"one")
    office.disk.unlink(office.flag(1))
    assert office.queue.flag(state, office.now) == state
    office.start()
    state = office.recover()
    assert office.names() == ["pos0000000001.aif"]
    assert [one.number for one in state.outstanding] == [1]


def test_flag_is_not_made_for_data_that_was_taken(office: Office) -> None:
    office.offer(b"one")
    office.disk.unlink(office.data(1))
    state = office.queue.flag(office.state, office.now)
    assert office.names() == []
    assert office.queue.recover(state, office.now).acked == 1


def test_litter_of_a_half_taken_number_is_removed_when_the_next_is_gone(office: Office) -> None:
    office.hand_over(b"one", b"two", b"three")
    office.disk.unlink(office.data(1))
    assert office.recover().acked == 0
    office.take(2)
    assert office.recover().acked == 2
    assert office.names() == ["pos0000000003.aif", "pos0000000003.flz"]


def test_offering_a_number_again_after_a_kill_is_a_success(office: Office) -> None:
    before = office.state
    office.offer(b"one")
    office.state = before
    state = office.offer(b"one")
    assert (state.next_number, state.halted) == (2, "")
    assert office.names() == ["pos0000000001.aif"]


def test_leftover_of_a_crash_is_withdrawn_before_other_data_takes_its_number(office: Office) -> None:
    before = office.state
    office.offer(b"one")
    office.start()
    office.state = before
    office.recover()
    assert office.names() == []
    office.hand_over(b"other")
    assert office.disk.read(office.data(1)) == b"other"


def test_offer_onto_other_bytes_halts_the_till(office: Office) -> None:
    office.disk.write_new(office.data(1), [b"strange"], 0o440)
    state = office.offer(b"one")
    assert (state.halted, state.next_number, state.outstanding) == ("durable.clash", 1, ())
    assert office.disk.read(office.data(1)) == b"strange"


def test_chunk_that_is_not_in_the_store_is_not_offered(office: Office) -> None:
    with pytest.raises(Halt):
        office.queue.offer(office.state, Chunk("ab" * 32, 1, 1), 1, office.now)


def test_hole_halts_the_till_until_its_next_epoch(office: Office) -> None:
    office.hand_over(b"one", b"two", b"three")
    office.take(2)
    state = office.recover()
    assert (state.halted, state.acked, office.queue.room(state)) == ("queue.hole", 0, 0)
    assert "number 2 is gone while number 1" in state.why_halted().text()
    office.take(1)
    assert office.recover().halted == "queue.hole"
    office.state = office.queue.new_epoch(office.state, 1)
    state = office.recover()
    assert (state.halted, state.acked) == ("", 2)


def test_folder_that_is_emptied_while_it_is_read_shows_no_hole(memory_office: Callable[..., Any]) -> None:
    class Emptied(MemoryDisk):
        """A till takes both numbers while the folder is listed: the second one's names come too late."""

        takes: Callable[[], None] | None = None

        def entries(self, folder: Path) -> list[Entry]:
            found = super().entries(folder)
            if self.takes is None or folder.name != "1":
                return found
            takes, self.takes = self.takes, None
            takes()
            return [entry for entry in found if "02" not in entry.name]

    office, disk, _ = memory_office(Emptied)
    office.hand_over(b"one", b"two")
    disk.takes = lambda: office.take(1, 2)
    state = office.recover()
    assert (state.halted, state.acked) == ("", 0)
    assert office.recover().acked == 2


@pytest.mark.parametrize("name", ["readme.txt", "pos1.aif", "pos0000000001.tmp", "pos0000000000.aif", ".hidden"])
def test_strange_file_halts_the_till(office: Office, name: str) -> None:
    office.hand_over(b"one")
    office.disk.write_new(office.folder / name, [b""], 0o440)
    state = office.recover()
    assert state.halted == "queue.foreign"
    assert name in state.why_halted().text()


def test_folder_or_link_under_a_numbered_name_halts_the_till(office: Office) -> None:
    office.disk.mkdir(office.data(7), 0o750)
    assert office.recover().halted == "queue.foreign"


def test_strange_data_above_the_numbers_halts_the_till(office: Office) -> None:
    office.disk.write_new(office.data(1), [b"strange"], 0o440)
    assert office.recover().halted == "queue.foreign"
    assert office.names() == ["pos0000000001.aif"]


def test_what_file_systems_leave_of_open_files_is_no_stranger(office: Office) -> None:
    office.disk.write_new(office.folder / ".nfs000000000123", [b""], 0o440)
    office.disk.write_new(office.folder / ".fuse_hidden0001", [b""], 0o440)
    assert office.recover().halted == ""


def test_litter_of_a_killed_writer_is_swept(office: Office) -> None:
    office.disk.write_new(office.folder / ".tillpost-0123456789abcdef.tmp", [b"half"], 0o440)
    assert office.recover().halted == ""
    assert office.names() == []


@pytest.mark.parametrize("data", [b"ONE", b"longer"])
def test_changed_data_halts_the_till(office: Office, data: bytes) -> None:
    office.hand_over(b"one")
    office.disk.unlink(office.data(1))
    office.disk.write_new(office.data(1), [data], 0o440)
    state = office.recover()
    assert state.halted == "queue.tampered"
    assert [one.number for one in state.outstanding] == [1]


def test_same_bytes_in_another_file_are_accepted_and_read_once(memory_office: Callable[..., Any]) -> None:
    class Watched(MemoryDisk):
        reads = 0

        def read(self, path: Path) -> bytes:
            self.reads += path.suffix == ".aif"
            return super().read(path)

    office, disk, _ = memory_office(Watched)
    office.hand_over(b"one")
    disk.unlink(office.data(1))
    disk.write_new(office.data(1), [b"one"], 0o440)
    disk.reads = 0
    assert office.recover().halted == ""
    assert office.recover().halted == ""
    assert disk.reads == 1


def test_numbers_put_back_after_they_were_taken_halt_the_till(office: Office) -> None:
    state = office.hand_over(b"one")
    digest = state.outstanding[0].digest
    office.take(1)
    office.recover()
    office.disk.link(office.chunks.path(digest), office.data(1))
    office.disk.write_new(office.flag(1), [], 0o440)
    assert office.recover().halted == "queue.returned"


def test_folder_ahead_of_a_restored_state_halts_the_till(office: Office) -> None:
    backup = office.hand_over(b"one")
    office.hand_over(b"two")
    office.state = backup
    office.start()
    state = office.recover()
    assert state.halted == "queue.ahead"
    assert len(office.names()) == 4


# --- what is not believed -----------------------------------------------------------------------------------


def test_missing_folder_acknowledges_nothing_and_is_well_when_it_is_back(office: Office) -> None:
    office.hand_over(b"one")
    away = office.root / "away"
    office.disk.rename(office.folder, away)
    state = office.recover()
    assert (state.halted, state.acked, office.queue.room(state)) == ("queue.folder-missing", 0, 0)
    office.disk.rename(away, office.folder)
    assert office.recover().halted == ""
    office.take(1)
    assert office.recover().acked == 1


def test_unmounted_share_does_not_read_as_everything_taken(office: Office) -> None:
    office.hand_over(b"one")
    office.take(1)
    office.disk.unlink(office.root / "queues" / ".tillpost-queues")
    state = office.recover()
    assert (state.halted, state.acked) == ("queue.marker-missing", 0)
    assert office.offer(b"two").next_number == 2
    Marker.create(office.disk, office.root / "queues", "id")
    assert office.recover().acked == 1


def test_marker_of_another_installation_is_not_believed(office: Office) -> None:
    office.hand_over(b"one")
    office.take(1)
    office.disk.unlink(office.root / "queues" / ".tillpost-queues")
    Marker.create(office.disk, office.root / "queues", "other")
    assert office.recover().halted == "queue.marker-missing"
    with pytest.raises(Halt):
        Marker.create(office.disk, office.root / "queues", "id")


def test_folder_that_changed_its_disk_is_not_believed(new_office: Any) -> None:
    disk = MemoryDisk(apart=[Path("/root/queues/5/2")])
    disk.mkdir(Path("/root"), 0o755)
    office = new_office(disk, Path("/root")).create()
    mounted = new_office(disk, Path("/root"), till="2")
    assert not mounted.queue.create()
    for till, same_disk in ((office, True), (mounted, False)):
        for assumed in (True, False):
            till.state = msgspec.structs.replace(till.state, same_disk=assumed)
            assert (till.recover().halted == "") is (assumed is same_disk)


def test_share_that_goes_away_while_it_is_read_acknowledges_nothing(memory_office: Callable[..., Any]) -> None:
    class Unmounted(MemoryDisk):
        """The share goes away just before the folder is listed: the mount point below it is empty."""

        gone = False

        def entries(self, folder: Path) -> list[Entry]:
            if not self.gone or folder.name != "1":
                return super().entries(folder)
            self.unlink(Path("/root/queues/.tillpost-queues"))
            return []

    office, disk, _ = memory_office(Unmounted)
    office.hand_over(b"one")
    disk.gone = True
    state = office.recover()
    assert (state.halted, state.acked) == ("queue.marker-missing", 0)


@pytest.mark.parametrize("step", ["link", "sync_dir"])
def test_disk_that_takes_no_data_stops_one_till_and_promises_nothing(
    memory_office: Callable[..., Any], step: str
) -> None:
    office, disk, _ = memory_office()
    chunk = office.chunks.put(b"one", 1)
    fail(disk, step)
    state = office.queue.offer(office.state, chunk, 1, office.now)
    assert (state.halted, state.next_number, state.cursor) == ("disk.full", 1, 0)
    assert office.queue.room(state) == 0
    fail(disk)
    office.state = office.queue.recover(state, office.now)
    assert (office.state.halted, office.names()) == ("", [])
    assert office.hand_over(b"one").outstanding[0].flagged


@pytest.mark.parametrize(
    ("share", "steps"), [("copies", "create"), ("copies", "sync"), ("links", "link create"), ("links", "sync_dir")]
)
def test_disk_that_takes_no_flags_is_tried_again(memory_office: Callable[..., Any], share: str, steps: str) -> None:
    office, disk, _ = memory_office(share=share)
    office.offer(b"one", b"two")
    fail(disk, *steps.split())
    state = office.queue.flag(office.state, office.now)
    assert state.halted == "disk.full"
    assert not any(one.flagged for one in state.outstanding)
    fail(disk)
    state = office.queue.recover(state, office.now)
    assert all(one.flagged for one in state.outstanding)
    assert len(office.names()) == 4


def test_taken_is_not_booked_while_it_might_come_back(memory_office: Callable[..., Any]) -> None:
    office, disk, _ = memory_office()
    office.hand_over(b"one")
    office.take(1)
    fail(disk, "sync_dir")
    assert (office.recover().halted, office.state.acked) == ("disk.full", 0)
    fail(disk)
    assert office.recover().acked == 1
    disk.crash()
    assert office.names() == []


def fail(disk: MemoryDisk, *failing: str) -> None:
    def interrupt(step: str, path: Path) -> None:
        if step in failing and "state" not in path.parts:
            raise Retry(Reason("disk.full", path=path, detail="full"))

    disk.interrupt = interrupt


# --- time ---------------------------------------------------------------------------------------------------


def test_overdue_is_what_stands_too_long_since_the_till_last_took_anything(office: Office) -> None:
    office.hand_over(b"one", b"two")
    state, now = office.state, office.now
    assert office.queue.overdue(state, now + 900, 900) is None
    assert office.queue.overdue(state, now + 901, 900).number == 1
    office.take(1)
    state = office.queue.observe(state, now + 1000)
    assert office.queue.overdue(state, now + 1900, 900) is None
    assert office.queue.overdue(state, now + 1901, 900).number == 2
    assert office.queue.overdue(TillState("5", "1"), now, 900) is None


def test_waiting_time_counts_from_the_flag(office: Office) -> None:
    office.offer(b"one")
    state = office.queue.recover(office.state, office.now + 3600)
    assert state.outstanding[0].offered_at == office.now + 3600


# --- rights, names, many tills ------------------------------------------------------------------------------


def test_tills_may_delete_and_not_rewrite(tmp_path: Path, new_office: Any) -> None:
    office = new_office(LocalDisk(), tmp_path).create()
    office.hand_over(b"one")
    assert stat.S_IMODE(office.folder.stat().st_mode) == 0o2770
    assert stat.S_IMODE(office.data(1).stat().st_mode) == 0o440
    assert stat.S_IMODE(office.flag(1).stat().st_mode) == 0o440


def test_five_hundred_tills_share_one_file(tmp_path: Path, new_office: Any) -> None:
    disk = LocalDisk()
    offices = [new_office(disk, tmp_path).create()]
    offices += [new_office(disk, tmp_path, till=str(number)) for number in range(2, 501)]
    for office in offices:
        assert office.queue.create()
        office.hand_over(b"one")
    inodes = {office.data(1).stat().st_ino for office in offices}
    assert len(inodes) == 1
    assert offices[0].data(1).stat().st_nlink == 501
    assert all(office.recover().halted == "" for office in offices)
    offices[7].take(1)
    assert [office.recover().acked for office in offices].count(1) == 1


def test_symbolic_link_in_place_of_data_is_not_followed(tmp_path: Path, new_office: Any) -> None:
    office = new_office(LocalDisk(), tmp_path).create()
    office.hand_over(b"one")
    office.data(1).unlink()
    office.data(1).symlink_to("/etc/passwd")
    assert office.recover().halted == "queue.foreign"


def test_full_disk_under_a_copying_queue_promises_nothing(
    fs: FakeFilesystem, new_office: Any, new_terms: Any
) -> None:
    fs.create_dir("/root-of-all")
    office = new_office(LocalDisk(), Path("/root-of-all"), new_terms(share="copies")).create()
    chunk = office.chunks.put(bytes(600), 1)
    fs.set_disk_usage(1000)
    state = office.queue.offer(office.state, chunk, 1, office.now)
    assert (state.halted, state.next_number) == ("disk.full", 1)
    assert office.names() == []


def test_queue_works_on_windows_and_its_names_are_plain(fs: FakeFilesystem, new_office: Any) -> None:
    fs.os = OSType.WINDOWS
    fs.create_dir("C:/root")
    office = new_office(LocalDisk(system="win32"), Path("C:/root")).create()
    state = office.hand_over(b"one", b"two")
    names = [*office.names(), *(Path(office.chunks.path(one.digest)).name for one in state.outstanding)]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert name == name.lower()
        assert not set(name) & set('<>:"/\\|?*')
        assert not name.endswith((".", " "))
    office.take(1)
    assert office.recover().acked == 1


def test_states_are_kept_by_shop_and_till() -> None:
    states = MemoryTillStates()
    one, two, other = TillState("5", "1"), TillState("5", "2"), TillState("4", "9")
    states.save([two, one, other])
    assert states.all() == [other, one, two]
    states.save([msgspec.structs.replace(one, next_number=2)])
    assert states.load("5", "1") == TillState("5", "1", next_number=2)
    assert states.load("5", "3") is None


@pytest.mark.parametrize("language", ["en", "ru"])
def test_halted_till_says_why_in_one_line(office: Office, language: str) -> None:
    office.hand_over(b"one", b"two")
    office.take(2)
    reason = office.recover().why_halted()
    assert str(office.folder) in reason.text(language)
    assert "\n" not in reason.text(language)
    assert office.queue.new_epoch(office.state, 1).why_halted() is None
