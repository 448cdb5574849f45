"""A till with a simulated SSP device: a session, and the journal of `ccnet_till`, which outlives the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ccnet_till
from ccnet_till import ALL, Journal, PowerCut
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import Escrowed, Happening
from tillpost.devices.ssp.session import SspSession
from tillpost.devices.ssp.simulated import SimSspDevice

__all__ = ["ALL", "VALUES", "Journal", "PowerCut", "Scene", "Till"]

VALUES = dict(enumerate(ALL, start=1))  # by channel


class Till(ccnet_till.Till):
    """One run of a host."""

    def __init__(self, scene: Scene) -> None:
        self.journal, self.accepts = scene.journal, scene._accepts
        self.session = SspSession(scene.link, scene.clock, epoch=1, last=scene.journal.last, key=scene.key)
        self.told: list[Happening] = []
        self.session.enable(ALL)


class Scene(ccnet_till.Scene):
    """A device, a line, a clock, and the till that is running now. `options` are the device's."""

    def __init__(self, **options: Any) -> None:
        self.clock = SimClock()
        self.key = options.get("key")
        self.device = SimSspDevice(self.clock, **options)
        self.journal = Journal()
        self.witness: Callable[[str], None] = lambda _what: None
        self.link = SimLink(self.clock, self.device, witness=self._witness)
        self.accepts: Callable[[Escrowed], bool | None] = lambda _note: True
        self.start()

    def start(self) -> None:
        self.link.close()
        self.till = Till(self)

    def ready(self) -> None:
        self.till.until(lambda: self.device.state.name == "IDLE" and self.till.session.standing.name == "ACCEPTING")

    def in_cashbox(self) -> int:
        return sum(VALUES[channel] for channel in self.device.cashbox)
