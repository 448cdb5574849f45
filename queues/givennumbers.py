"""The highest numbers that were given to each till, kept in the queues' root, beside what they were given to.

A state that was restored from an older copy would give numbers a second time that tills have taken and deleted: nothing
in their folders is left to tell of it. So what was given is noted where it was given, once it is committed; a state
that knows less is behind. Of a queues' folder that was restored as well, nothing is known, and nothing is missed.

`.tillpost-numbers` holds a line for each till: shop, till and number, with spaces between.

Failures: none where the file cannot be read, or holds something else: then nothing is known. `note` raises what the
disk says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import Trouble
from .disk import Disk, Entry, read_if_there
from .durable import replace
from .tillstate import TillState

NAME = ".tillpost-numbers"
MODE = 0o440

Till = tuple[str, str]  # shop, till


class GivenNumbers:
    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._path = root / NAME
        self._seen: Entry | None = None  # how the file looked when it was last read
        self._numbers: dict[Till, int] = {}

    def highest(self, shop: str, till: str) -> int:
        """The highest number that was ever given to the till, as far as is known; 0 = none."""
        return self.known().get((shop, till), 0)

    def note(self, states: Iterable[TillState]) -> None:
        """Numbers below the next ones of `states` were given. Nothing falls, and what did not rise is not written."""
        known = self.known()
        given = {(state.shop, state.till): state.next_number - 1 for state in states}
        risen = {till: number for till, number in given.items() if number > known.get(till, 0)}
        if risen:
            numbers = {**known, **risen}
            lines = [f"{shop} {till} {number}\n" for (shop, till), number in sorted(numbers.items())]
            replace(self._disk, self._path, "".join(lines).encode(), MODE)
            self._numbers, self._seen = numbers, self._disk.stat(self._path)

    def known(self) -> Mapping[Till, int]:
        """The highest numbers of all tills. Read again only if the file does not look as it did."""
        try:
            found = self._disk.stat(self._path)
            if found is None or found != self._seen:
                self._numbers = _parsed(read_if_there(self._disk, self._path) or b"")
                self._seen = found
        except Trouble:
            return {}
        return self._numbers


def _parsed(data: bytes) -> dict[Till, int]:
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        shop, _, rest = line.partition(" ")
        till, _, number = rest.partition(" ")
        if shop and till and number.isascii() and number.isdecimal():
            found[shop, till] = int(number)
    return found
