"""How deep each till's queue was over time: the service takes samples, and a chart asks for them.

A sample is taken when what stands in a till's folder has changed, once a minute at most, and once an hour where it has
not: so a till that is up to date costs a row an hour, and where none is for longer, nobody was there to look. Samples
are kept for as long as archives are (`trim.keep_days`).

Failures: those of the books.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from msgspec.structs import replace

from ..books import Books, Depth
from ..queues.till import TillState
from .ledger import Ledger
from .office import Office

EVERY = 60.0  # seconds between two looks
AGAIN = 3600  # seconds after which what has not changed is noted again
HOLDS = 2 * AGAIN  # seconds for which a sample tells how a queue stands, where no other follows

DAY = 86_400


class Sampling:
    """Takes the samples of one office. Remembers what it noted last: nobody else takes any."""

    def __init__(self, office: Office, books: Books) -> None:
        self._office = office
        self._books = books
        self._looked = float("-inf")
        self._noted: dict[tuple[str, str], Depth] | None = None

    def look(self) -> None:
        """Notes what is new, where it is time for that."""
        now = self._office.clock.now()
        if 0 <= now - self._looked < EVERY:
            return
        if self._noted is None:
            with self._books.read() as txn:
                self._noted = txn.last_depths()
        with self._office.store.read() as txn:
            found = [depth_of(state, int(now)) for state in Ledger(txn).tills()]
        new = [one for one in found if self._is_news(one)]
        if new:
            with self._books.write() as txn:
                txn.note_depths(new, keep_from=int(now) - self._office.settings.trim.keep_days * DAY)
            self._noted.update({(one.shop, one.till): one for one in new})
        self._looked = now

    def _is_news(self, depth: Depth) -> bool:
        before = (self._noted or {}).get((depth.shop, depth.till))
        if before is None or not 0 <= depth.at - before.at < AGAIN:  # a clock may have been put back
            return True
        return replace(before, at=depth.at) != depth


def depth_of(state: TillState, now: int) -> Depth:
    """What stands in a till's folder, as far as is known."""
    oldest = min((int(chunk.offered_at) for chunk in state.outstanding), default=None)
    commands = sum(chunk.objects for chunk in state.outstanding)
    return Depth(state.shop, state.till, now, len(state.outstanding), commands, oldest)


class Spell:
    """One stretch of a chart: the deepest that the queue was in it."""

    __slots__ = ("begin", "chunks", "commands", "end", "waited")

    def __init__(self, begin: int, end: int) -> None:
        self.begin = begin
        self.end = end
        self.chunks: int | None = None  # None: nobody looked
        self.commands = 0
        self.waited = 0  # seconds, of the oldest chunk

    def take(self, depth: Depth, until: int) -> None:
        """A sample that held in a part of it, and there up to `until`."""
        self.chunks = max(self.chunks or 0, depth.chunks)
        self.commands = max(self.commands, depth.commands)
        if depth.oldest is not None:
            self.waited = max(self.waited, until - depth.oldest)


def spells(depths: Sequence[Depth], since: int, until: int, count: int) -> list[Spell]:
    """The time from `since` to `until` in `count` equal parts. A sample holds until the next one, and for two hours at
    most; the samples are in the order of their times."""
    width = max(1, -(-(until - since) // count))
    found = [Spell(begin, min(begin + width, until)) for begin in range(since, until, width)]
    for depth, following in zip_longest(depths, depths[1:]):
        first, last = max(depth.at, since), min(following.at if following else until, depth.at + HOLDS, until)
        if first < last:
            for spell in found[(first - since) // width : (last - 1 - since) // width + 1]:
                spell.take(depth, min(last, spell.end))
    return found
