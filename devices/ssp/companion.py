"""What a session asks of the pay-out that shares its device.

Failures: none.
"""

from __future__ import annotations

from typing import Protocol


class Companion(Protocol):
    @property
    def unwritten(self) -> bool:
        """Whether it was told something that its owner has not written down: until then nothing new is said."""
        ...

    def hear(self, body: bytes, version: int) -> None:
        """An answer to a poll, in the form of that protocol version."""
        ...
