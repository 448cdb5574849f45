"""From the shops' change logs to the tills' folders: which chunk each till gets next.

Tills that miss the same range share one chunk, made once. The hand-over has two commits, and the table of
what a crash between them leaves is in `queues.judging`: data linked and synced, *offered* committed; flags made
and synced, *flagged* committed.

Failures: a till that stands still, is full or was tampered with is halted or waits, alone. Where the disk does not
take a chunk, that shop waits: nothing was promised, the next round goes on from the same cursor. `Retry` when not even
what the tills took can be committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from ..catalogue import Catalogue, Transaction
from ..converters import aif
from ..errors import Reason, Retry
from ..model import Shop
from ..queues.chunks import Chunk
from ..queues.till import TillState
from .ledger import Ledger
from .notices import Event
from .office import Office

Lack = tuple[int, int]  # a till's cursor, and the head its full load goes to (0: none under way)


class Delivery:
    """Brings the tills of an installation up to date, as far as each one takes it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def round(self, *, ignore_hours: bool = False, at_once: tuple[str, str] | None = None) -> Delivered:
        """Observes every till, then offers what it lacks. A shop that cannot be served now stops no other. The till
        `at_once` (shop, till) may be emptied outside the shop's hours."""
        delivered = Delivered()
        self.observe()
        for shop in self._office.shops(ignore_hours):
            try:
                delivered.commands[shop.id] = self._shop(shop, at_once)
            except Retry as trouble:
                self._office.log.warning("delivery_put_off", shop=shop.id, reason=str(trouble))
                delivered.put_off[shop.id] = trouble.reason
        return delivered

    def observe(self) -> None:
        """Reads every till's folder: what was taken, what was tampered with, what is overdue."""
        office, now = self._office, self._office.clock.now()
        with office.store.read() as txn:
            before = Ledger(txn).tills()
        after = [office.queue(state).recover(state, now) for state in before]
        self._commit(before, after)
        for old, new in zip(before, after, strict=True):
            self._tell(old, new)

    def prune(self) -> int:
        """Removes the chunks that stand at no till; how many. None while a folder is not believed: what a killed
        process left there unpromised is known as ours by its chunk."""
        self.observe()
        with self._office.store.read() as txn:
            states = Ledger(txn).tills()
        if any(state.halted for state in states):
            return 0
        return self._office.chunks.prune({one.digest for state in states for one in state.outstanding})

    def _tell(self, old: TillState, new: TillState) -> None:
        office = self._office
        if new.acked > old.acked:
            office.log.info("chunks_taken", shop=new.shop, till=new.till, up_to=new.acked)
        why = new.why_halted()
        if why is not None:
            told = why.text(office.settings.language)
            if new.halted != old.halted:
                office.log.error("till_halted", shop=new.shop, till=new.till, reason=told)
            reason = Reason("till.halted", shop=new.shop, till=new.till, why=told)
            office.tell(Event.HALTED, f"halted/{new.shop}/{new.till}/{new.next_number}/{new.halted}", reason)
        late = office.queue(new).overdue(new, office.clock.now(), office.settings.queue.overdue_seconds)
        if late is not None:
            minutes = int(office.clock.now() - late.offered_at) // 60
            reason = Reason("till.overdue", shop=new.shop, till=new.till, number=late.number, minutes=minutes)
            office.tell(Event.OVERDUE, f"overdue/{new.shop}/{new.till}/{late.number}", reason)

    def _shop(self, shop: Shop, at_once: tuple[str, str] | None) -> int:
        office = self._office
        with office.store.read() as txn:
            head = self._catalogue(txn).head(shop.id)
            before = Ledger(txn).tills(shop.id)
        if not head:
            return 0
        states = [
            self._begin(state, head) if shop.clears_open or (state.shop, state.till) == at_once else state
            for state in before
        ]
        self._commit(before, states)
        handed = 0
        while offered := self._offer_next(shop, states):
            states, commands = offered
            handed += commands
        return handed

    def _begin(self, state: TillState, head: int) -> TillState:
        """A till that waits for a full load begins its next epoch."""
        if not state.wants_full:
            return state
        self._office.log.info("epoch_begun", shop=state.shop, till=state.till, epoch=state.epoch + 1)
        return self._office.queue(state).new_epoch(state, head)

    def _offer_next(self, shop: Shop, states: list[TillState]) -> tuple[list[TillState], int] | None:
        """One more chunk for every till that lacks something and has room; None when there is none."""
        office, now = self._office, self._office.clock.now()
        lacking: dict[Lack, list[int]] = defaultdict(list)
        for at, state in enumerate(states):
            if state.epoch and office.queue(state).room(state) > 0:
                lacking[state.cursor, state.full_to].append(at)
        after = list(states)
        commands = 0
        for lack, places in lacking.items():
            made = self._chunk(shop.id, *lack)
            if made is None:
                continue
            chunk, to_revision = made
            commands += chunk.objects
            for at in places:
                after[at] = office.queue(states[at]).offer(states[at], chunk, to_revision, now)
        if after == states:
            return None
        self._commit(states, after)
        flagged = [
            office.queue(new).flag(new, now) if new != old else old for old, new in zip(states, after, strict=True)
        ]
        self._commit(after, flagged)
        return flagged, commands

    def _chunk(self, shop: str, after: int, full_to: int) -> tuple[Chunk, int] | None:
        """The next chunk for a till at revision `after`: at most `chunk_size` objects, clears included."""
        office = self._office
        office.moving()
        with office.store.read() as txn:
            catalogue = self._catalogue(txn)
            clears: Sequence[bytes] = catalogue.clears(shop) if full_to and not after else ()
            limit = max(1, office.settings.feed.chunk_size - len(clears))
            changes = catalogue.changes(shop, after, limit, full_to)
        if not changes:
            return None
        data = aif.encode(chain(clears, (change.command for change in changes)))
        chunk = office.chunks.put(data, len(clears) + len(changes))
        office.log.info("chunk_made", shop=shop, chunk=chunk.digest, objects=chunk.objects, bytes=chunk.size)
        return chunk, changes[-1].revision

    def _catalogue(self, txn: Transaction) -> Catalogue:
        return self._office.catalogue(txn)

    def _commit(self, before: Iterable[TillState], after: Sequence[TillState]) -> None:
        """Commits the tills that changed, and no other."""
        changed = [new for old, new in zip(before, after, strict=True) if new != old]
        if changed:
            with self._office.store.write() as txn:
                Ledger(txn).save_tills(changed)


@dataclass
class Delivered:
    """What one round of delivery did."""

    commands: dict[str, int] = field(default_factory=dict)  # handed over, by shop
    put_off: dict[str, Reason] = field(default_factory=dict)  # shops that could not be served now


def want_full(state: TillState) -> TillState:
    """A till that is to be filled anew: its next epoch begins with the next delivery its hours allow."""
    return msgspec.structs.replace(state, wants_full=True)
