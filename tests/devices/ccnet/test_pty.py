"""The host against the simulated validator over a real pseudo-terminal, with a real clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ccnet_pty import Served
from tillpost.devices.ccnet import simulated as simccnet
from tillpost.devices.ccnet.session import CcnetSession
from tillpost.devices.ccnet.states import State
from tillpost.devices.lines.realclock import RealClock
from tillpost.devices.lines.seriallink import SerialLink
from tillpost.devices.nouns import Credited, Escrowed, Happening, Standing, Stood

GENEROUS = 60.0  # seconds


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "ttyUSB0"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same moves, with less waiting for motors."""
    monkeypatch.setattr(
        simccnet, "LASTS", {state: 10.0 if seconds == 10.0 else 0.05 for state, seconds in simccnet.LASTS.items()}
    )
    monkeypatch.setattr(simccnet, "SWALLOWED_AFTER", 0.02)


def until(session: CcnetSession, told: list[Happening], done: Callable[[], object]) -> None:
    deadline = time.monotonic() + GENEROUS
    while not done():
        assert time.monotonic() < deadline, told
        told += session.poll()


def test_a_sale_over_a_port_that_is_pulled_out_in_the_middle(port: Path) -> None:
    served = Served(port)
    try:
        session = CcnetSession(SerialLink(str(port)), RealClock())
        told: list[Happening] = []
        session.enable([50_000])
        until(session, told, lambda: session.standing is Standing.ACCEPTING)
        assert session.identity().serial == "21KC12345678"
        with served.turn:
            assert served.device.insert(5)
        until(session, told, lambda: any(isinstance(one, Escrowed) for one in told))
        session.accept()
        served.vanish()
        until(session, told, lambda: session.standing is Standing.OFFLINE)
        assert told[-1] == Stood(Standing.OFFLINE, "ccnet.line")
        served = Served(port, served.device)
        until(session, told, lambda: any(isinstance(one, Credited) for one in told))
        (credit,) = [one for one in told if isinstance(one, Credited)]
        assert credit.key == ("21KC12345678", 1, 1)
        session.acknowledge(credit)
        until(session, told, lambda: session.standing is Standing.ACCEPTING)
        assert [one for one in told if isinstance(one, Credited)] == [credit]
        session.close()
        assert (served.device.cassette, served.device.state) == ([5], State.DISABLED)
    finally:
        served.vanish()
