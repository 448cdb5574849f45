"""The power goes at every step of every play: before and after each thing said on a line, after each byte of what moves
money, before each write of the journal, and with an entry torn. Of the till alone, or with its devices; for a moment or
for a minute; and what was open is then ended in each way.

Laws: change of stock = credited - dispensed - removed, with unknown entries covering exactly the difference, in each
unit; each ended operation has one document, and all documents come to the change of stock; what a customer put in was
kept, given, is owed or is unsure. While the devices keep their power nothing at all is unknown.

Cuts that leave the same behind are one. The default suite cuts the power a second time, while the till comes back, at
steps drawn by a fixed seed; TILLPOST_FAULTS=1 at every third step of every third cut.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from cash_days import PLAYS, Play, catch_up, check, check_money, come_back, cuts, fingerprint, finish, settled
from tillpost.devices.journal.paper import written
from tillpost.devices.machine.nouns import End
from tillpost.devices.rehearsal.world import World

pytestmark = pytest.mark.sweep

ALL = bool(os.environ.get("TILLPOST_FAULTS"))
OUTAGES = {"the till for a moment": (False, 0.0), "the till for long": (False, 60.0), "all for a moment": (True, 2.0)}
AGAIN = 12  # second cuts of each play in the default suite


class PowerCut(Exception):
    """The power is gone."""


def after(world: World, *, devices: bool, down: float) -> World:
    """What there is when the power is back."""
    other = world.cut()
    if devices:
        other.cut_devices()
    other.clock.sleep(down)
    if devices:
        other.power_devices()
    catch_up(other)
    return other


@pytest.mark.parametrize("name", PLAYS)
def test_the_money_adds_up_after_a_power_cut_at_any_step(name: str) -> None:
    seen: set[tuple[Any, ...]] = set()
    left_alike: set[tuple[Any, ...]] = set()
    found = list(cuts(PLAYS[name], World()))
    assert len(found) > 20
    for where, left in found:
        for outage, (devices, down) in OUTAGES.items():
            world = after(left, devices=devices, down=down)
            if (mark := (devices, *fingerprint(world, written(world.paper.raw)))) in left_alike:
                continue
            left_alike.add(mark)
            was_open = come_back(world)
            check_money(world)
            assert devices or not world.journal.account.unknown, (where, outage)
            if (state := (devices, *settled(world))) in seen:
                continue
            seen.add(state)
            for end in End if was_open else (End.CHANGE,):
                world = after(left, devices=devices, down=down)
                come_back(world)
                finish(world, end)
                check(world, end)
                assert devices or not world.journal.account.unknown, (where, outage, end)


def cut_again(world: World, at: int) -> World | None:
    """`world` after its power went once more while its till came back, at step `at`; None = there was no such step."""
    left = at

    def witness(what: str) -> None:
        nonlocal left
        left -= what != "read"
        if left < 0:
            raise PowerCut

    world.witness = witness
    try:
        come_back(world)
    except PowerCut:
        return world.cut()
    return None


@pytest.mark.parametrize("name", PLAYS)
def test_the_money_adds_up_after_a_second_cut_while_the_till_comes_back(name: str) -> None:
    for left, devices, at in second_cuts(PLAYS[name], random.Random(name)):
        world = cut_again(after(left, devices=devices, down=0.0), at)
        if world is not None:
            come_back(world)
            finish(world, End.CHANGE)
            check(world)
            assert devices or not world.journal.account.unknown


def second_cuts(play: Play, dice: random.Random) -> list[tuple[World, bool, int]]:
    found = [left for _, left in cuts(play, World())]
    if ALL:
        return [(left, devices, at) for left in found[::3] for devices in (False, True) for at in range(0, 120, 3)]
    return [(dice.choice(found), dice.random() < 0.5, dice.randrange(120)) for _ in range(AGAIN)]
