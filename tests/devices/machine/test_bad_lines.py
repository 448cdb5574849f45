"""Frames that are lost, late, doubled, cut or spoilt, at every position of a sale and on both lines of a machine: each
piece is credited once, and the change is given once.

The default suite tries at each position one kind of fault, the next at the next; TILLPOST_FAULTS=1 tries all of them.
"""

from __future__ import annotations

import os

import pytest
from cash_days import check, idle, pay_in
from tillpost.devices.lines import simlink
from tillpost.devices.lines.simlink import SimLink
from tillpost.devices.machine.nouns import End, Ended, Phase, total
from tillpost.devices.rehearsal.world import World

pytestmark = pytest.mark.sweep

ALL = bool(os.environ.get("TILLPOST_FAULTS"))
FAULTS = (
    simlink.dropped,
    simlink.twice,
    simlink.late(0.015),
    simlink.late(0.15),
    simlink.late(0.45),
    simlink.twice_late(0.015),
    simlink.twice_late(0.102),
    simlink.twice_late(1.0),
    simlink.cut(3),
    simlink.cut(-1),
    simlink.in_parts(3, 0.02),
    simlink.in_parts(3, 0.2),
    simlink.noisy(b"\x02\x03\x07", b"\x02\x03\xff"),
    simlink.flipped(25),
    simlink.flipped(41),
)


def sold(world: World) -> Ended:
    """43 roubles, paid with a coin and a note: change of twelve from two hoppers."""
    number = world.machine.begin_deposit(4_300)
    pay_in(world, 500, 5_000)
    world.until(lambda: world.machine.phase is Phase.FIXED)
    world.machine.end_deposit(End.CHANGE)
    idle(world)
    world.poll(20)
    ended = world.ended(number)
    assert ended is not None
    return ended


def line_of(world: World, name: str) -> SimLink:
    return {"notes": world.notes_line, "coins": world.coins_line}[name]


def said(line: SimLink, side: str) -> int:
    return line.written if side == "to_device" else line.answered


@pytest.mark.parametrize("side", ["to_device", "to_host"])
@pytest.mark.parametrize("name", ["notes", "coins"])
def test_a_frame_that_goes_wrong_at_any_position_changes_no_money(name: str, side: str) -> None:
    clean = World()
    first = said(line_of(clean, name), side)
    sold(clean)
    past = said(line_of(clean, name), side)
    assert past - first >= 40
    for at in range(first, past):
        for number in range(len(FAULTS)) if ALL else [at % len(FAULTS)]:
            world = World()
            faults: dict[int, simlink.Fault] = getattr(line_of(world, name), side)
            faults[at] = FAULTS[number]
            ended = sold(world)
            assert (total(ended.deposited), total(ended.given)) == (5_500, 1_200), (at, number)
            assert world.difference() == {}, (at, number)
            assert world.machine.status.unknown == (), (at, number)
            check(world)
