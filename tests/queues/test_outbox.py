"""Documents for the ERP: each is given once, whole, whatever is cut short, on a real disk and on its twin."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tillpost.errors import Halt, Reason, Retry
from tillpost.queues.disk import Disk, Entry, FileKind, LocalDisk
from tillpost.queues.marker import OUTBOX, Marker
from tillpost.queues.memory import Keep, MemoryDisk, nothing_kept
from tillpost.queues.names import is_unfinished
from tillpost.queues.outbox import Outbox

NAME, OTHER = "receipt_5_1_7_2026-11-20_1_12.xml", "receipt_5_1_7_2026-11-20_1_13.xml"
OUT = Path("/out")


@pytest.fixture
def outbox(place: tuple[Disk, Path]) -> Outbox:
    return Outbox(*place)


def names(disk: Disk, folder: Path) -> list[str]:
    return sorted(entry.name for entry in disk.entries(folder))


# --- step by step


def test_staged_document_is_hidden_until_it_is_revealed(outbox: Outbox, place: tuple[Disk, Path]) -> None:
    disk, folder = place
    outbox.stage(NAME, b"<a/>")
    outbox.sync()
    assert names(disk, folder) == [f".{NAME}.part"]
    assert is_unfinished(f".{NAME}.part")
    assert (outbox.look().staged, outbox.look().there) == ({NAME}, set())
    assert outbox.reveal([NAME]) == []
    assert names(disk, folder) == [NAME]
    assert disk.read(folder / NAME) == b"<a/>"
    assert (outbox.look().staged, outbox.look().there) == (set(), {NAME})


def test_document_has_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    outbox = Outbox(LocalDisk(), tmp_path, 0o664)
    outbox.stage(NAME, b"<a/>")
    outbox.reveal([NAME])
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o664


def test_staging_again_replaces_what_was_staged(outbox: Outbox, place: tuple[Disk, Path]) -> None:
    for body in (b"<torn", b"<a/>", b"<a/>"):
        outbox.stage(NAME, body)
    outbox.reveal([NAME])
    assert place[0].read(place[1] / NAME) == b"<a/>"


def test_revealing_again_is_a_success(outbox: Outbox) -> None:
    outbox.stage(NAME, b"<a/>")
    assert [outbox.reveal([NAME]), outbox.reveal([NAME])] == [[], []]


def test_revealing_what_the_erp_took_brings_nothing_back(outbox: Outbox, place: tuple[Disk, Path]) -> None:
    outbox.stage(NAME, b"<a/>")
    outbox.reveal([NAME])
    place[0].unlink(place[1] / NAME)
    assert outbox.reveal([NAME]) == []
    assert names(*place) == []


def test_name_that_stands_for_other_bytes_is_told_and_stops_no_other(outbox: Outbox, place: tuple[Disk, Path]) -> None:
    disk, folder = place
    disk.write_new(folder / NAME, [b"foreign"], 0o644)
    for name in (NAME, OTHER):
        outbox.stage(name, b"<a/>")
    assert [(clash.code, clash.parts["path"]) for clash in outbox.reveal([NAME, OTHER])] == [
        ("durable.clash", folder / NAME)
    ]
    assert disk.read(folder / NAME) == b"foreign"
    assert disk.read(folder / OTHER) == b"<a/>"
    assert outbox.look().staged == {NAME}
    disk.unlink(folder / NAME)
    assert outbox.reveal([NAME]) == []
    assert disk.read(folder / NAME) == b"<a/>"


def test_name_that_stands_for_a_folder_or_link_is_told_too(tmp_path: Path) -> None:
    outbox = Outbox(LocalDisk(), tmp_path)
    (tmp_path / NAME).mkdir()
    (tmp_path / OTHER).symlink_to("nowhere")
    for name in (NAME, OTHER):
        outbox.stage(name, b"<a/>")
    assert [clash.code for clash in outbox.reveal([NAME, OTHER])] == ["durable.clash"] * 2
    assert sorted(os.listdir(tmp_path)) == sorted([NAME, OTHER, f".{NAME}.part", f".{OTHER}.part"])  # noqa: PTH208


def test_name_that_stands_for_the_same_bytes_is_done(outbox: Outbox, place: tuple[Disk, Path]) -> None:
    place[0].write_new(place[1] / NAME, [b"<a/>"], 0o644)
    outbox.stage(NAME, b"<a/>")
    assert outbox.reveal([NAME]) == []
    assert names(*place) == [NAME]


def test_document_taken_while_it_is_compared_is_revealed() -> None:
    """Its name stood for something: whatever that was, it was not this one."""

    class Taking(MemoryDisk):
        def stat(self, path: Path) -> Entry | None:
            found = super().stat(path)
            if path.name == NAME:
                self.unlink(path)
            return found

    disk = Taking()
    disk.plant(OUT, FileKind.FOLDER)
    disk.plant(OUT / NAME, data=b"foreign")
    outbox = Outbox(disk, OUT)
    outbox.stage(NAME, b"<a/>")
    assert outbox.reveal([NAME]) == []
    assert disk.read(OUT / NAME) == b"<a/>"


def test_staged_document_is_dropped_when_asked(outbox: Outbox) -> None:
    outbox.stage(NAME, b"<a/>")
    assert [outbox.drop(NAME), outbox.drop(NAME)] == [True, False]
    assert outbox.look().staged == set()


def test_what_is_hidden_and_not_ours_is_no_document(outbox: Outbox, place: tuple[Disk, Path]) -> None:
    for name in (".part", ".hidden", ".tillpost-outbox", "..part"):
        place[0].write_new(place[1] / name, [b""], 0o644)
    assert outbox.look().staged == set()
    assert outbox.look().there == set()


@pytest.mark.parametrize("name", [".hidden.xml", "a/b.xml", "", "й" * 125])
def test_name_that_cannot_be_hidden_is_a_mistake(outbox: Outbox, name: str) -> None:
    with pytest.raises(ValueError, match="no document's name"):
        outbox.stage(name, b"<a/>")


def test_longest_name_goes_all_the_way(outbox: Outbox) -> None:
    name = "x" * 249
    outbox.stage(name, b"<a/>")
    assert outbox.look().staged == {name}
    outbox.reveal([name])
    assert outbox.look().there == {name}


def test_outbox_that_is_not_there_takes_nothing(place: tuple[Disk, Path]) -> None:
    disk, folder = place
    outbox = Outbox(disk, folder / "nowhere")
    for do in (lambda: outbox.stage(NAME, b""), lambda: outbox.reveal([NAME]), outbox.look):
        with pytest.raises(Halt):
            do()


def test_marker_tells_the_outbox_from_an_empty_folder(place: tuple[Disk, Path]) -> None:
    disk, folder = place
    marker = Marker.create(disk, folder, "id", OUTBOX)
    assert marker.is_there()
    assert not Marker(disk, folder, "other", OUTBOX).is_there()
    assert not Marker(disk, folder, "id").is_there()
    assert Outbox(disk, folder).look().there == set()
    disk.unlink(folder / OUTBOX)
    assert not marker.is_there()


# --- whatever is cut short


class PowerCut(BaseException):
    """Nobody catches it: there is nobody left."""


class Kill(BaseException):
    """The process ends, the machine goes on."""


class World:
    """A post office with its books, an ERP that takes documents at any moment, and a power supply.

    The ERP is as careful as we are: what it read and deleted, it remembers, and its deletion is synced."""

    def __init__(self, kind: type[MemoryDisk] = MemoryDisk) -> None:
        self.disk = kind(self.step)
        self.disk.plant(OUT, FileKind.FOLDER)
        self.due: dict[str, bytes] = {}  # committed
        self.written: dict[str, bytes] = {}  # committed
        self.taken: set[str] = set()  # committed, as we believe
        self.got: dict[str, bytes] = {}  # by the ERP
        self.left: int | None = None  # steps until the crash; None = no crash
        self.crash_is: type[BaseException] = Kill
        self.erp: Callable[[], bool] = lambda: False  # asked at every step whether the ERP takes something now
        self.start()

    def start(self) -> None:
        self.outbox = Outbox(self.disk, OUT)
        self.recovered = False

    def step(self, name: str, path: Path) -> None:
        if self.left is not None:
            if self.left == 0:
                raise self.crash_is
            self.left -= 1
        if self.erp():
            self.take()

    def take(self, most: int = 1) -> None:
        """What the ERP does, undisturbed by our steps and crashes."""
        interrupt, self.disk.interrupt = self.disk.interrupt, lambda step, path: None
        for name in sorted(entry.name for entry in self.disk.entries(OUT) if entry.name.endswith(".xml"))[:most]:
            assert name not in self.got, f"{name} was given twice"
            self.got[name] = self.disk.read(OUT / name)
            self.disk.unlink(OUT / name)
            MemoryDisk.sync_dir(self.disk, OUT)
        self.disk.interrupt = interrupt

    # --- the post office: one round, as the pipeline orders it

    def commit(self, due: dict[str, bytes], written: dict[str, bytes], taken: set[str]) -> None:
        self.step("commit", OUT)
        assert taken <= set(self.got), "believed to be taken, and never was"
        self.due, self.written, self.taken = due, written, taken

    def round(self) -> None:
        if not self.recovered:
            staged = self.outbox.look().staged
            for name in sorted(staged - self.written.keys()):
                self.outbox.drop(name)
            assert self.outbox.reveal(sorted(staged & self.written.keys())) == []
            self.recovered = True
        gone = self.written.keys() - self.outbox.look().there - self.outbox.look().staged
        left = {name: body for name, body in self.written.items() if name not in gone}
        self.commit(self.due, left, self.taken | gone)
        for name, body in sorted(self.due.items()):
            self.outbox.stage(name, body)
        self.outbox.sync()
        names = sorted(self.due)
        self.commit({}, self.written | self.due, self.taken)
        assert self.outbox.reveal(names) == []

    def crashing_round(self, steps: int, crash_is: type[BaseException], keep: Keep) -> bool:
        self.left, self.crash_is = steps, crash_is
        try:
            self.round()
        except (Kill, PowerCut):
            self.left = None
            if crash_is is PowerCut:
                self.disk.crash(keep)
            self.start()
            return True
        finally:
            self.left = None
        return False

    def check(self) -> None:
        """What holds at any moment."""
        assert all(body == body_of(name) for name, body in self.got.items()), "torn, or another's"
        assert self.taken <= self.got.keys()

    def settle(self, booked: set[str]) -> None:
        """The storm is over: everything reaches the ERP once."""
        self.erp = lambda: False
        for _ in range(2):
            self.round()
            self.take(1000)
        self.round()
        assert (self.due, self.written) == ({}, {})
        assert self.taken == self.got.keys() == booked
        assert names(self.disk, OUT) == []
        self.check()


def body_of(name: str) -> bytes:
    return f"<document name='{name}'/>".encode() * 3


def book(world: World, *numbers: int) -> set[str]:
    names = {f"{number}.xml" for number in numbers}
    world.due |= {name: body_of(name) for name in names}
    return names


@pytest.mark.parametrize("crash_is", [Kill, PowerCut])
@pytest.mark.parametrize("keep", [nothing_kept, lambda: True], ids=["nothing kept", "everything kept"])
@pytest.mark.parametrize("eager", [False, True], ids=["patient ERP", "eager ERP"])
def test_document_is_given_once_wherever_it_is_cut_short(
    crash_is: type[BaseException], keep: Keep, eager: bool
) -> None:
    for first in range(100):
        for second in (0, 1, 3, 7, 100):
            world = World()
            booked = book(world, 1, 2)
            world.erp = lambda: eager
            cut = world.crashing_round(first, crash_is, keep)
            world.check()
            world.crashing_round(second, crash_is, keep)
            world.check()
            world.settle(booked)
        if not cut:
            return
    pytest.fail("more steps than anybody expected")


class Documents(RuleBasedStateMachine):
    """Bookings, rounds, crashes and an ERP, in any order."""

    kind: type[MemoryDisk] = MemoryDisk

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.kind)
        self.booked: set[str] = set()

    @rule(count=st.integers(1, 3))
    def book(self, count: int) -> None:
        self.booked |= book(self.world, *range(len(self.booked), len(self.booked) + count))

    @rule()
    def round(self) -> None:
        self.world.round()

    @rule(steps=st.integers(0, 25), power=st.booleans(), seed=st.integers(0, 1 << 16))
    def crash(self, steps: int, power: bool, seed: int) -> None:
        chance = random.Random(seed)
        self.world.erp = lambda: chance.random() < 0.3
        keep = lambda: chance.random() < 0.5  # noqa: E731
        self.world.crashing_round(steps, PowerCut if power else Kill, keep)
        self.world.erp = lambda: False

    @rule()
    def restart(self) -> None:
        self.world.start()

    @rule(most=st.integers(1, 3))
    def erp_takes(self, most: int) -> None:
        self.world.take(most)

    @rule(seed=st.integers(0, 1 << 16))
    @precondition(lambda self: self.world.written)
    def power_goes_while_nothing_happens(self, seed: int) -> None:
        chance = random.Random(seed)
        self.world.disk.crash(lambda: chance.random() < 0.5)
        self.world.start()

    @invariant()
    def every_document_is_whole(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.settle(self.booked)


STORM = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)


def test_every_document_is_given_exactly_once_and_whole() -> None:
    run_state_machine_as_test(Documents, settings=STORM)


class Forgetful(MemoryDisk):
    """Folder syncs do nothing."""

    def sync_dir(self, folder: Path) -> None:
        self.interrupt("sync_dir", folder)


class Torn(MemoryDisk):
    """Files are there before their bytes are."""

    def write_new(self, path: Path, pieces: object, mode: int) -> int:
        written = super().write_new(path, pieces, mode)  # type: ignore[arg-type]
        node = self._find(path)
        assert node is not None
        node.synced_data = b""
        return written


@pytest.mark.parametrize("kind", [Forgetful, Torn])
def test_checker_finds_a_disk_that_keeps_no_promises(kind: type[MemoryDisk]) -> None:
    """The test above can fail: on a disk that does not sync, it must."""

    class Doomed(Documents):
        pass

    Doomed.kind = kind
    once = settings(STORM, max_examples=300, phases=(Phase.generate,), database=None, derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Doomed, settings=once)


def test_trouble_in_the_middle_is_ended_by_the_next_round() -> None:
    """A disk that fails, instead of a power cut: the same process tries again."""
    for steps in range(60):
        world = World()
        booked = book(world, 1, 2)
        left = iter(range(steps))

        def fail(step: str, path: Path, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise Retry(Reason("disk.failing", path=path, detail="EIO"))

        world.disk.interrupt = fail
        try:
            world.round()
        except Retry:
            world.disk.interrupt = world.step
            world.recovered = False
            world.settle(booked)
            continue
        world.disk.interrupt = world.step
        world.settle(booked)
        return
    pytest.fail("more steps than anybody expected")
