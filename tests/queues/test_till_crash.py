"""Kills and power cuts at every step of the hand-over, with a till that reads, dies and goes on in between.

Laws: the bytes of a number never change once a till could see them; its flag is never made again once the state
says that it was; no number and no revision is lost or skipped; what was counted as taken was loaded, is a prefix,
and never comes back; the folder stays within its window.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tillpost.queues.disk import Disk
from tillpost.queues.memory import Keep, MemoryDisk
from tillpost.queues.till import TillState

WINDOW = 3
NOW = 1_700_000_000.0


class PowerCut(BaseException):
    pass


class Kill(BaseException):
    pass


class World:
    """A server and a till around one folder, and a witness that keeps the laws."""

    def __init__(self, new_office: Callable[..., Any], new_terms: Callable[..., Any], kind: type[MemoryDisk]) -> None:
        self.left: int | None = None  # steps until the crash; None = no crash
        self.crash_is: type[BaseException] = Kill
        self.disk = kind(self.step)
        self.disk.mkdir(Path("/root"), 0o755)
        MemoryDisk.sync_dir(self.disk, Path("/"))
        self.office = new_office(self.disk, Path("/root"), new_terms(window=WINDOW)).create()
        for folder in ("", "state", "state/chunks", "queues", "queues/5"):
            MemoryDisk.sync_dir(self.disk, Path("/root") / folder)
        self.committed: TillState = self.office.state
        self.seen: dict[int, bytes] = {}  # number -> bytes that stood under a flag
        self.loaded: list[int] = []

    # --- the server ------------------------------------------------------------------------------------------

    def step(self, name: str, path: Path) -> None:
        if name in ("create", "link") and path.suffix == ".flz":
            self.watch_flag(int(path.stem.removeprefix("pos")))
        if self.left is not None:
            if self.left == 0:
                raise self.crash_is
            self.left -= 1

    def commit(self, state: TillState) -> TillState:
        self.step("commit", Path("/"))
        self.committed = state
        assert not state.halted, state.why_halted()
        assert set(range(1, state.acked + 1)) <= set(self.loaded), "counted as taken, and never loaded"
        return state

    def watch_flag(self, number: int) -> None:
        again = any(one.number == number and one.flagged for one in self.committed.outstanding)
        assert not again, f"flag {number} is made again"
        assert number > self.committed.acked, f"flag {number} is made after it was taken"

    def round(self, chunks: int) -> None:
        """What a process does in one round: recover, commit, offer, commit, flag, commit."""
        queue = self.office.queue
        state = self.commit(queue.recover(self.committed, NOW))
        for _ in range(min(chunks, queue.room(state))):
            revision = state.cursor + 1
            chunk = self.office.chunks.put(b"epoch %d revision %d" % (state.epoch, revision), 1)
            state = queue.offer(state, chunk, revision, NOW)
        state = self.commit(state)
        self.commit(queue.flag(state, NOW))

    def crashing_round(self, chunks: int, steps: int, crash_is: type[BaseException], keep: Keep) -> bool:
        """A round that is cut off after some steps; whether it was."""
        self.left, self.crash_is = steps, crash_is
        try:
            self.round(chunks)
        except (Kill, PowerCut):
            self.restart(crash_is, keep)
            return True
        finally:
            self.left = None
        return False

    def restart(self, crash_is: type[BaseException], keep: Keep) -> None:
        self.left = None
        if crash_is is PowerCut:
            self.disk.crash(keep)
        self.office.start()

    def begin_epoch(self) -> None:
        self.commit(self.office.queue.new_epoch(self.committed, self.committed.cursor))

    # --- the till --------------------------------------------------------------------------------------------

    def flagged(self) -> list[int]:
        return sorted(int(e.name[3:13]) for e in self.disk.entries(self.office.folder) if e.name.endswith(".flz"))

    def load(self) -> int:
        """Loads the lowest number that has data and flag; 0 = there is none."""
        for number in self.flagged():
            if self.disk.stat(self.office.data(number)):
                data = self.disk.read(self.office.data(number))
                assert self.seen.setdefault(number, data) == data, f"the bytes of {number} changed"
                assert number > self.committed.acked, f"{number} was taken and came back"
                self.loaded.append(number)
                return number
        return 0

    def take(self, first: str = "data", *, dies: bool = False) -> None:
        number = self.load()
        if not number:
            return
        halves = [self.office.data(number), self.office.flag(number)]
        if first == "flag":
            halves.reverse()
        for half in halves[: 1 if dies else 2]:
            self.disk.unlink(half)

    # --- the witness -----------------------------------------------------------------------------------------

    def look(self) -> None:
        """What is true at every moment, between any two steps of anybody."""
        entries = self.disk.entries(self.office.folder)
        assert sum(entry.name.endswith(".aif") for entry in entries) <= WINDOW
        assert all(one.number > self.committed.acked for one in self.committed.outstanding)
        numbers = [one.number for one in self.committed.outstanding]
        assert numbers == list(range(self.committed.acked + 1, self.committed.next_number))

    def drain(self) -> None:
        """The till takes what it can, without dying."""
        for _ in range(len(self.flagged())):
            self.take()

    def settle(self) -> None:
        """Nobody dies any more: in the end the till has everything, and last what was published last."""
        for _ in range(3):
            self.round(1)
            self.drain()
        self.round(0)
        if self.committed.outstanding:  # half taken numbers fill the window: a person asks for a full load
            self.begin_epoch()
            self.round(1)
            self.drain()
            self.round(0)
        state = self.committed
        assert self.office.names() == []
        assert (state.acked, state.outstanding) == (state.next_number - 1, ())
        assert set(self.loaded) == set(range(1, state.next_number)), "a number was lost"
        assert self.loaded[-1] == state.next_number - 1
        said = [self.seen[number] for number in range(state.first_number, state.next_number)]
        assert said == [b"epoch %d revision %d" % (state.epoch, n + 1) for n in range(len(said))], "a gap"


NewWorld = Callable[..., World]


@pytest.fixture
def new_world(new_office: Callable[..., Any], new_terms: Callable[..., Any]) -> NewWorld:
    return lambda kind=MemoryDisk: World(new_office, new_terms, kind)


# --- every step, once ---------------------------------------------------------------------------------------


def story(world: World, crash_at: int, crash_is: type[BaseException], keep: Keep) -> bool:
    """Hands over, is taken from, hands over more; the crash comes after `crash_at` steps. Whether it came."""
    world.round(1)
    world.take(dies=True)
    crashed = world.crashing_round(2, crash_at, crash_is, keep)
    world.look()
    world.take("flag")
    world.look()
    world.settle()
    return crashed


def keeps(seed: int) -> Keep:
    """All, nothing, or something of what a power cut may keep."""
    if seed < 2:
        return lambda: seed == 1
    chance = random.Random(seed)
    return lambda: chance.random() < 0.7


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("crash_is", [Kill, PowerCut])
def test_crash_at_any_step_breaks_no_law(new_world: NewWorld, crash_is: type[BaseException], seed: int) -> None:
    crash_at = 0
    while story(new_world(), crash_at, crash_is, keeps(seed)):
        crash_at += 1
    assert crash_at > 10


def test_crash_while_recovering_from_a_crash_breaks_no_law(new_world: NewWorld) -> None:
    for first in range(0, 24, 3):
        for second in range(0, 12, 2):
            for seed in (0, 1, 2):
                world = new_world()
                world.round(1)
                world.take()
                world.crashing_round(2, first, PowerCut, keeps(seed))
                world.take("flag", dies=True)
                world.crashing_round(2, second, PowerCut, keeps(seed + 1))
                world.look()
                world.settle()


def test_flag_found_after_a_kill_is_certain_before_it_is_booked(new_world: NewWorld) -> None:
    for killed in range(40):
        for cut in range(12):
            world = new_world()
            world.crashing_round(2, killed, Kill, keeps(0))
            world.crashing_round(0, cut, PowerCut, keeps(0))
            world.look()
            world.settle()


# --- any order ----------------------------------------------------------------------------------------------


class Machine(RuleBasedStateMachine):
    """Server, till, kills and power cuts, in any order."""

    def __init__(self, new_world: Callable[[], World]) -> None:
        super().__init__()
        self.world = new_world()

    @rule(chunks=st.integers(0, WINDOW + 1))
    def round(self, chunks: int) -> None:
        self.world.round(chunks)

    @rule(
        chunks=st.integers(0, WINDOW),
        steps=st.integers(0, 40),
        crash_is=st.sampled_from([Kill, PowerCut]),
        seed=st.integers(0, 50),
    )
    def crashing_round(self, chunks: int, steps: int, crash_is: type[BaseException], seed: int) -> None:
        self.world.crashing_round(chunks, steps, crash_is, keeps(seed))

    @rule(seed=st.integers(0, 50))
    def power_cut(self, seed: int) -> None:
        self.world.restart(PowerCut, keeps(seed))

    @rule(first=st.sampled_from(["data", "flag"]), dies=st.booleans())
    def take(self, first: str, dies: bool) -> None:
        self.world.take(first, dies=dies)

    @rule()
    def take_all(self) -> None:
        for _ in range(WINDOW):
            self.world.take()

    @precondition(lambda self: self.world.committed.epoch < 3)
    @rule()
    def begin_epoch(self) -> None:
        self.world.begin_epoch()

    @invariant()
    def laws(self) -> None:
        self.world.look()

    def teardown(self) -> None:
        self.world.settle()


QUICK = settings(
    max_examples=120,
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def run(new_world: Callable[[], World], how: settings) -> None:
    run_state_machine_as_test(lambda: Machine(new_world), settings=how)


def test_no_order_of_crashes_and_deletions_breaks_a_law(new_world: NewWorld) -> None:
    run(new_world, QUICK)


# --- the laws are worth something ---------------------------------------------------------------------------


class DeafFolder(MemoryDisk):
    """Forgets to sync the till's folder."""

    def sync_dir(self, folder: Path) -> None:
        if folder.name == "1":
            self.interrupt("sync_dir", folder)
        else:
            super().sync_dir(folder)


class DeafStore(MemoryDisk):
    """Forgets to sync the chunk store's folders, and the link to a lost chunk is lost with it."""

    def sync_dir(self, folder: Path) -> None:
        if "chunks" in folder.parts:
            self.interrupt("sync_dir", folder)
        else:
            super().sync_dir(folder)


class DeafFile(MemoryDisk):
    """Forgets to sync the bytes of a file."""

    def write_new(self, path: Path, pieces: Any, mode: int) -> int:
        written = super().write_new(path, pieces, mode)
        node = self._find(path)
        assert node is not None
        node.synced_data = b""
        return written


@pytest.mark.parametrize("kind", [DeafFolder, DeafFile])
def test_missing_sync_breaks_a_law(new_world: NewWorld, kind: type[MemoryDisk]) -> None:
    look = settings(QUICK, phases=[Phase.generate], max_examples=300, derandomize=True)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run(lambda: new_world(kind), look)


def test_missing_sync_of_the_store_loses_a_chunk(new_world: NewWorld) -> None:
    world = new_world(DeafStore)
    world.round(1)
    digest = world.committed.outstanding[0].digest
    world.restart(PowerCut, keeps(0))
    disk: Disk = world.disk
    assert disk.stat(world.office.chunks.path(digest)) is None
    assert disk.read(world.office.data(1)) == b"epoch 1 revision 1"


class WrongWorld(World):
    """Commits *flagged* before the flags are made: a crash between them loses a chunk."""

    def round(self, chunks: int) -> None:
        queue = self.office.queue
        state = self.commit(queue.recover(self.committed, NOW))
        for _ in range(min(chunks, queue.room(state))):
            revision = state.cursor + 1
            chunk = self.office.chunks.put(b"epoch %d revision %d" % (state.epoch, revision), 1)
            state = queue.offer(state, chunk, revision, NOW)
        kept, self.left = self.left, None
        self.commit(queue.flag(state, NOW))
        for one in state.outstanding:
            if not one.flagged:
                self.disk.unlink(self.office.flag(one.number))
        self.left = kept
        for one in state.outstanding:
            if not one.flagged:
                self.step("flag", Path("/"))
                self.disk.write_new(self.office.flag(one.number), [], 0o440)


def test_flag_committed_before_it_is_made_breaks_a_law(
    new_office: Callable[..., Any], new_terms: Callable[..., Any]
) -> None:
    def every_crash() -> None:
        for crash_at in range(60):
            story(WrongWorld(new_office, new_terms, MemoryDisk), crash_at, Kill, keeps(0))

    with pytest.raises(AssertionError):
        every_crash()
