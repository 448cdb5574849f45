"""The stage: lines in their order, waits, and what is told; with a clock that stands still until somebody waits."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress

import pytest
from tillpost.devices.lines.simlink import SimClock
from tillpost.devices.nouns import Misuse
from tillpost.devices.rehearsal.script import Outcome, Word, Words, orders
from tillpost.devices.rehearsal.stage import (
    COMMON,
    LOOK,
    Changed,
    Console,
    Did,
    Listed,
    Refused,
    Script,
    Stage,
    Told,
)
from tillpost.errors import Reason


class Clock(SimClock):
    speed = 10.0


class Lamp:
    """A scene: a lamp that goes on by a word, or by itself after a while."""

    states = frozenset({"on", "off"})
    busy = False

    def __init__(self, clock: Clock) -> None:
        self.words: Words = {"light": Word((), "it goes on", Lamp.light), "break": Word((), "it breaks", Lamp.smash)}
        self.on = False
        self.goes_on_at = float("inf")
        self._clock = clock

    @property
    def state(self) -> str:
        return "on" if self.on or self._clock.monotonic() >= self.goes_on_at else "off"

    def truth(self) -> dict[str, str]:
        return {"bulb": "warm" if self.on else "cold"}

    def light(self) -> Outcome:
        self.on = True
        return Outcome.TAKEN

    def smash(self) -> Outcome:
        raise Misuse(Reason("rehearsal.occupied"))


class Room:
    """A place: who waits in it moves the clock."""

    name = "room"

    def __init__(self, clock: Clock) -> None:
        self.log: list[str] = []
        self._clock = clock

    def step(self, seconds: float, also: Collection[int] = ()) -> None:
        self._clock.sleep(seconds * self._clock.speed)

    def unplug(self) -> None:
        self.log.append("unplug")

    def plug(self) -> None:
        self.log.append("plug")


class Set:
    def __init__(self) -> None:
        self.clock = Clock()
        self.lamp, self.room = Lamp(self.clock), Room(self.clock)
        self.told: list[Told] = []
        self.stage = Stage(self.lamp, self.room, self.clock, self.told.append)  # type: ignore[arg-type]

    def play(self, text: str) -> list[Told]:
        self.stage.play(Script(orders(text, self.stage.words)))
        return self.told


@pytest.fixture
def scene() -> Set:
    return Set()


def test_what_was_said_is_told_and_then_what_has_changed_by_it(scene: Set) -> None:
    assert scene.play("light\nlight\n") == [
        Did("light", Outcome.TAKEN),
        Changed("state", "on"),
        Changed("bulb", "warm"),
        Did("light", Outcome.TAKEN),
    ]


def test_a_wait_lasts_as_long_as_the_device_takes_it_to_be(scene: Set) -> None:
    scene.play("wait 12s\nlight\n")
    assert scene.clock.monotonic() == pytest.approx(12)


def test_nothing_is_said_until_the_device_is_so_far(scene: Set) -> None:
    scene.lamp.goes_on_at = 30.0
    told = scene.play("until on\nlight\n")
    assert [type(one) for one in told] == [Did, Changed, Did, Changed]
    assert 30.0 <= scene.clock.monotonic() <= 30.0 + LOOK * scene.clock.speed


def test_a_state_that_is_there_is_not_waited_for(scene: Set) -> None:
    scene.play("until off\n")
    assert scene.clock.monotonic() == 0


def test_a_line_that_cannot_be_carried_out_is_told_and_counted(scene: Set) -> None:
    told = scene.play("break\nuntil dark\n")
    assert [one.reason.code for one in told if isinstance(one, Refused)] == ["rehearsal.occupied", "rehearsal.no-state"]
    assert (scene.stage.refused, len(told)) == (2, 2)


def test_the_cable_is_the_place_s(scene: Set) -> None:
    scene.play("unplug\nplug\n")
    assert scene.room.log == ["unplug", "plug"]


def test_stock_lists_the_truth_and_help_each_word(scene: Set) -> None:
    stock, words = scene.play("stock\nhelp\n")
    assert stock == Listed({"state": "off", "bulb": "cold"})
    assert isinstance(words, Listed)
    assert list(words.rows)[:2] == ["light", "break"]
    assert len(words.rows) == 2 + len(COMMON)


def test_after_quit_nothing_is_said(scene: Set) -> None:
    assert scene.play("quit\nlight\n") == [Did("quit", Outcome.DONE)]
    assert scene.stage.over


def test_whoever_stops_it_is_asked_also_while_it_waits(scene: Set) -> None:
    asked = iter([False, False, True])
    scene.stage.play(Script(orders("wait 1m\nlight\n", scene.stage.words)), stopped=lambda: next(asked))
    assert scene.told == [Did("wait 1m", Outcome.DONE)]


# --- the console


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def test_lines_are_typed_in_any_pieces(pipe: tuple[int, int]) -> None:
    console = Console(pipe[0], ends=True)
    assert console.next() is None
    os.write(pipe[1], b"no")
    assert console.next() is None
    os.write(pipe[1], b"te 500\njam\ncl")
    assert [console.next() for _ in range(3)] == ["note 500", "jam", None]
    os.close(pipe[1])
    assert (console.next(), console.over) == ("cl", False)
    assert (console.next(), console.over) == (None, True)


def test_a_console_that_nobody_holds_is_not_waited_for(pipe: tuple[int, int]) -> None:
    console = Console(pipe[0], ends=False)
    os.close(pipe[1])
    console.next()
    assert (console.next(), console.over, console.files) == (None, False, ())
