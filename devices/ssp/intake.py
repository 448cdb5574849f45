"""Which notes an SSP device lets in: the inhibits, a bit for each channel, and whether it is enabled at all.

Both are gone when its power is, and it disables itself in trouble. So both are known only until something speaks
against it, and are said again then.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..nouns import Standing
from .frames import Answer, Command
from .messages import inhibits

_WILLING = frozenset({Standing.DISABLED, Standing.ACCEPTING, Standing.BUSY})
"""Where a device can be enabled; in trouble it would only refuse, again and again."""


class Intake:
    def __init__(self) -> None:
        self.wanted: frozenset[int] = frozenset()  # denominations
        self.on: bool | None = None  # whether the device is known to be enabled
        self._mask: bytes | None = None  # the inhibits that it is known to have

    def forget(self) -> None:
        """What the device has is not known any more."""
        self.on = self._mask = None

    def next(self, values: Mapping[int, int], standing: Standing) -> tuple[Command, bytes] | None:
        """What is to be said, so that of `values`, denominations by channel, those that are wanted are let in."""
        mask = inhibits([channel for channel, value in values.items() if value in self.wanted])
        if mask != self._mask:
            return Command.INHIBITS, mask
        if any(mask) is not self.on and (self.on is None or standing in _WILLING):
            return Command.ENABLE if any(mask) else Command.DISABLE, b""
        return None

    def done(self, what: Command, data: bytes, body: bytes) -> None:
        """The device's answer to that."""
        if body[0] != Answer.OK:
            return
        if what is Command.INHIBITS:
            self._mask = data
        elif what in (Command.ENABLE, Command.DISABLE):
            self.on = what is Command.ENABLE
