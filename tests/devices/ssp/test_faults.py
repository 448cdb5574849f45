"""Money under bad lines and power cuts at every step of a sale: each note credited once, and none that is not there.

Each run is a whole sale: a note is stacked, one is given back, one is stacked. The truth, which lies in the simulated
cashbox, is compared with the journal.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ssp_till import PowerCut, Scene
from tillpost.devices.lines import simlink
from tillpost.devices.nouns import Credited, Escrowed, Lost, Standing
from tillpost.devices.ssp.cipher import FIXED_KEY

pytestmark = pytest.mark.sweep

FAULTS = (
    simlink.dropped,
    simlink.twice,
    simlink.late(0.015),
    simlink.late(0.45),
    simlink.late(1.2),
    simlink.late(2.0),
    simlink.twice_late(0.015),
    simlink.twice_late(0.204),
    simlink.twice_late(0.408),
    simlink.twice_late(1.0),
    simlink.cut(3),
    simlink.cut(-1),
    simlink.in_parts(3, 0.02),
    simlink.in_parts(3, 0.2),
    simlink.noisy(b"\x7f\x80\x07", b"\x7f\x80\xff"),
    simlink.noisy(b"\x7f", b"\x7f"),
    simlink.flipped(15),
    simlink.flipped(25),
    simlink.flipped(41),
)
KINDS: dict[str, dict[str, Any]] = {
    "repeating": {},
    "plain": {"repeats": False},
    "encrypted": {"key": FIXED_KEY},
}
BACK = 5_000  # what the till gives back


def ready(**options: Any) -> Scene:
    scene = Scene(**options)
    scene.ready()
    scene.accepts = lambda note: note.denomination != BACK
    return scene


def turns(scene: Scene, count: int) -> Callable[[], None]:
    def turn() -> None:
        for _ in range(count):
            scene.till.turn()

    return turn


def sale(scene: Scene) -> None:
    for channel in (4, 2, 4):
        scene.insert(channel)
        turns(scene, 16)()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["to_device", "to_host"])
def test_a_packet_lost_late_doubled_cut_or_spoilt_at_any_position_changes_no_money(side: str, kind: str) -> None:
    """Some fault at every second position; which of the two is another one for each kind of device."""
    clean = ready(**KINDS[kind])
    written, answered = clean.link.written, clean.link.answered
    sale(clean)
    first, past = (written, clean.link.written) if side == "to_device" else (answered, clean.link.answered)
    for at in range(first + list(KINDS).index(kind) % 2, past, 2):
        scene = ready(**KINDS[kind])
        getattr(scene.link, side)[at] = FAULTS[at // 2 % len(FAULTS)]
        sale(scene)
        told = scene.till.kinds_told(Escrowed, Credited, Lost)
        assert [type(one) for one in told] == [Escrowed, Credited, Escrowed, Escrowed, Credited], at
        assert scene.device.cashbox == [4, 4], at
        assert scene.journal.amount == scene.in_cashbox(), at
        assert scene.till.session.standing is Standing.ACCEPTING, at


class Cuts:
    """A sale in which the power goes at one step, of the host, the device or both."""

    def __init__(self, at: int, who: str, *, forgetful: bool = False, **options: Any) -> None:
        self.scene, self.steps = ready(**options), 0
        self._at, self._who, self._forgetful = at, who, forgetful
        self.scene.witness = self.scene.journal.step = self._step
        for act in (
            lambda: self.scene.insert(4),
            turns(self.scene, 16),
            lambda: self.scene.insert(3),
            turns(self.scene, 16),
            turns(self.scene, 28),
        ):
            self._again(act)

    def _again(self, act: Callable[[], None]) -> None:
        try:
            act()
        except PowerCut:
            self.scene.start()
            self._again(act)

    def _step(self, what: str) -> None:
        if what == "read":  # nothing has happened since the write before
            return
        self.steps += 1
        if self.steps - 1 != self._at:
            return
        if self._who in ("device", "both"):
            self.scene.device.cut_power()
            self.scene.device.power_on(forgetful=self._forgetful)
        if self._who in ("host", "both"):
            raise PowerCut

    @property
    def missing(self) -> int:
        return self.scene.in_cashbox() - self.scene.journal.amount

    @property
    def unknown(self) -> int:
        journal = self.scene.journal
        return sum(one.denomination for one in journal.intents if journal.closed.get(one.key) == "unknown")


@pytest.mark.parametrize("kind", KINDS)
def test_power_cuts_of_the_host_the_device_or_both_at_any_step_lose_and_double_nothing(kind: str) -> None:
    """Every step, of one kind of device or another. One that does not repeat forgets with its power what it told to a
    host that had no time to write it down: a person is asked about that."""
    steps = Cuts(-1, "nobody", **KINDS[kind]).steps
    assert steps > 200
    for at in range(list(KINDS).index(kind), steps, 3):
        who = ("host", "device", "both")[at // 3 % 3]
        cuts = Cuts(at, who, **KINDS[kind])
        unknown = cuts.unknown if (kind, who) == ("plain", "both") else 0
        assert (cuts.missing, cuts.unknown, cuts.scene.journal.open) == (unknown, unknown, []), (at, who)
        cuts.scene.till.until(lambda till=cuts.scene.till: till.session.standing is Standing.ACCEPTING)


def test_what_a_forgetful_device_swallows_is_exactly_what_a_person_is_asked_about() -> None:
    seen = 0
    for at in range(0, Cuts(-1, "nobody").steps, 5):
        cuts = Cuts(at, ("device", "both")[at // 5 % 2], forgetful=True)
        assert 0 <= cuts.missing <= cuts.unknown, at
        assert cuts.scene.journal.open == [], at
        seen += cuts.missing > 0
    assert seen


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([0.02, 0.08]), st.sampled_from(sorted(KINDS)))
def test_a_storm_of_faults_never_raises_and_never_credits_what_is_not_there(seed: int, rate: float, kind: str) -> None:
    dice = random.Random(seed)
    scene = ready(**KINDS[kind])
    for at in range(200):
        for side, now in ((scene.link.to_device, scene.link.written), (scene.link.to_host, scene.link.answered)):
            if dice.random() < rate:
                side[now + at] = dice.choice(FAULTS)
    for channel in (4, 2, 1):
        scene.till.until(lambda scene=scene: scene.device.note is None)
        scene.device.insert(channel)
        turns(scene, 30)()
    scene.settle()
    missing = scene.in_cashbox() - scene.journal.amount
    assert missing >= 0
    assert not missing or scene.till.kinds_told(Lost)
    assert scene.journal.open == []
