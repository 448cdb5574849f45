"""The locks of a root: whose turn it is, who waits, and that nobody waits for ever behind one that comes again."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from another_process import held_by_another
from post_office import PostOffice
from tillpost.errors import Retry
from tillpost.pipeline import locks
from tillpost.pipeline.locks import Patience
from tillpost.queues.layout import Layout

pytestmark = pytest.mark.usefixtures("unsynced")


class Waiting:
    """Patience by a clock that only its own pauses move; at the pause number `until`, something comes about."""

    def __init__(self, seconds: float = 30.0, **at: object) -> None:
        self.now = 0.0
        self.pauses = 0
        self.told: list[str] = []
        self.at = {int(name[1:]): act for name, act in at.items()}
        self.patience = Patience(seconds, self.told.append, self.pause, lambda: self.now)

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses += 1
        act = self.at.get(self.pauses)
        if callable(act):
            act()


@pytest.fixture
def layout(office: PostOffice) -> Layout:
    return Layout.of(office.root)


def test_lock_that_comes_free_in_time_is_waited_for(office: PostOffice, layout: Layout) -> None:
    with held_by_another(office.root) as process:

        def end() -> None:
            process.kill()
            process.wait()

        waiting = Waiting(p100=end)
        with locks.work(layout, waiting.patience):
            assert waiting.pauses >= 100
            assert "process" in locks.holder(layout)


def test_lock_that_stays_taken_is_given_up_after_its_time(office: PostOffice, layout: Layout) -> None:
    waiting = Waiting(30.0)
    with held_by_another(office.root) as process, pytest.raises(Retry) as told, locks.work(layout, waiting.patience):
        pass
    assert told.value.reason.code == "office.locked"
    assert f"process {process.pid} " in str(told.value)
    assert 30.0 <= waiting.now < 30.5


def test_person_is_told_once_and_not_at_once_what_is_waited_for(office: PostOffice, layout: Layout) -> None:
    waiting = Waiting(30.0)
    with held_by_another(office.root) as process, pytest.raises(Retry), locks.work(layout, waiting.patience):
        pass
    assert len(waiting.told) == 1
    assert f"process {process.pid} " in waiting.told[0]
    short = Waiting(1.0)
    with held_by_another(office.root), pytest.raises(Retry), locks.work(layout, short.patience):
        pass
    assert short.told == []


def test_pause_that_raises_ends_the_wait(office: PostOffice, layout: Layout) -> None:
    def enough(seconds: float) -> None:
        raise KeyboardInterrupt

    with (
        held_by_another(office.root),
        pytest.raises(KeyboardInterrupt),
        locks.work(layout, Patience(float("inf"), pause=enough)),
    ):
        pass
    with locks.work(layout, Patience(0)):
        pass


def test_waiter_has_its_turn_before_one_that_comes_again_at_once(layout: Layout) -> None:
    """As the service does: it lets the lock go and wants it back the next moment."""
    turns: list[str] = []
    waits, had = threading.Event(), threading.Event()

    def other() -> None:
        def pause(seconds: float) -> None:
            waits.set()

        with locks.work(layout, Patience(60.0, pause=pause)):
            turns.append("other")
            had.set()

    def pause(seconds: float) -> None:
        assert had.wait(60)

    thread = threading.Thread(target=other)
    with locks.work(layout, Patience(0)):
        thread.start()
        assert waits.wait(60)
    with locks.work(layout, Patience(60.0, pause=pause)):
        turns.append("again")
    thread.join()
    assert turns == ["other", "again"]


def test_second_service_is_told_at_once_whose_the_first_is(layout: Layout) -> None:
    with locks.service(layout):
        assert "process" in locks.serving(layout)
        with pytest.raises(Retry) as told, locks.service(layout):
            pass
        assert told.value.reason.code == "service.running"
        with locks.work(layout, Patience(0)):
            pass
    assert locks.serving(layout) == ""


def test_looking_whose_a_lock_is_takes_nothing_and_needs_no_state(layout: Layout, tmp_path: Path) -> None:
    for _ in range(3):
        assert (locks.holder(layout), locks.serving(layout)) == ("", "")
        with locks.work(layout, Patience(0)), locks.service(layout):
            pass
    assert locks.holder(Layout.of(tmp_path / "nowhere")) == ""
