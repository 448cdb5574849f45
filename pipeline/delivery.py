"""From the shops' change logs to the tills' folders: which chunk each till gets next.

Tills that miss the same range share one chunk, made once. The hand-over has two commits, and the table of
what a crash between them leaves is in `queues.judging`: data linked and synced, *offered* committed; flags made
and synced, *flagged* committed. Both are done for all tills of a shop, and for all chunks they have room for, at once.

Failures: a till that stands still, is full or was tampered with is halted or waits, alone. Where the disk does not
take a chunk, that shop waits: nothing was promised, the next round goes on from the same cursor. `Retry` when not even
what the tills took can be committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from ..errors import Reason, Retry
from ..model import Shop
from ..queues.handing import Handing, Stop
from ..queues.till import TillState
from ..queues.tillstate import behind
from ..queues.tillfolder import TillFolder
from .cutting import Cutter
from .fullloads import FullLoads, current, is_old
from .ledger import Ledger
from .notices import Event
from .office import Office

Lack = tuple[int, int]  # a till's cursor, and the head its full load goes to (0: none under way)
AT_ONCE = 64  # chunks that are handed over between two commits


class Delivery:
    """Brings the tills of an installation up to date, as far as each one takes it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        hand_over = office.settings.queue
        self._handing = Handing(office.disk, office.chunks, office.marker, hand_over, mode=hand_over.chunk_bits)

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
        given = office.given
        after = [
            behind(office.queue(state).observe(state, now), given.highest(state.shop, state.till)) for state in before
        ]
        self._flag(after, [at for at, state in enumerate(after) if not state.halted], now)
        self._commit(before, after)
        for old, new in zip(before, after, strict=True):
            self._tell(old, new)

    def prune(self) -> int:
        """Removes the chunks that stand at no till and are of no full load; how many. None while a folder is not
        believed: what a killed process left there unpromised is known as ours by its chunk."""
        self.observe()
        with self._office.store.read() as txn:
            states = Ledger(txn).tills()
        if any(state.halted for state in states):
            return 0
        in_use = {one.digest for state in states for one in state.outstanding}
        return self._office.chunks.prune(in_use | self._full_loads())

    def _full_loads(self) -> set[str]:
        """The chunks of the full loads that are kept; those that fill no till any more are forgotten."""
        office = self._office
        with office.store.read() as txn:
            catalogue, loads = office.catalogue(txn), dict(FullLoads(txn).all())
            old = {
                shop
                for shop, load in loads.items()
                if shop not in office.settings.shops or is_old(catalogue, shop, load)
            }
        if old:
            with office.store.write() as txn:
                for shop in old:
                    FullLoads(txn).forget(shop)
        return {piece.chunk.digest for shop, load in loads.items() if shop not in old for piece in load.pieces}

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
            catalogue, load = office.catalogue(txn), FullLoads(txn).of(shop.id)
            before = Ledger(txn).tills(shop.id)
            if not catalogue.head(shop.id):
                return 0
            waiting = [
                at
                for at, state in enumerate(before)
                if state.wants_full and (shop.clears_open or (state.shop, state.till) == at_once)
            ]
            cutter = Cutter(office, shop.id, current(catalogue, shop.id, load) if waiting else load)
        states = list(before)
        for at in waiting:
            states[at] = self._begin(states[at], cutter)
        self._commit(before, states)
        handed = 0
        while offered := self._offer_next(cutter, states):
            states, commands = offered
            handed += commands
        return handed

    def _begin(self, state: TillState, cutter: Cutter) -> TillState:
        """A till that waits for a full load begins its next epoch, at the head of the load that is kept."""
        self._office.log.info("epoch_begun", shop=state.shop, till=state.till, epoch=state.epoch + 1)
        head = cutter.load.head if cutter.load else 0
        given = self._office.given.highest(state.shop, state.till)
        return self._office.queue(state).new_epoch(state, head, given)

    def _offer_next(self, cutter: Cutter, states: list[TillState]) -> tuple[list[TillState], int] | None:
        """The next chunks for every till that lacks something, as many as it has room for; None when there are
        none."""
        office, now = self._office, self._office.clock.now()
        after, load = list(states), cutter.load
        commands = 0
        for lack, places in self._lacking(states).items():
            room = max(office.queue(states[at]).room(states[at]) for at in places)
            parcels = cutter.parcels(*lack, min(room, AT_ONCE))
            if not parcels:
                continue
            commands += sum(parcel.chunk.objects for parcel in parcels)
            offered = self._handing.offer([self._stop(states[at]) for at in places], parcels, now)
            for at, state in zip(places, offered, strict=True):
                after[at] = state
        changed = [at for at, new in enumerate(after) if new is not states[at] and new != states[at]]
        if not changed:
            return None
        self._commit(states, after, cutter if cutter.load != load else None)
        flagged = list(after)
        self._flag(flagged, changed, now)
        self._commit(after, flagged)
        return flagged, commands

    def _lacking(self, states: Sequence[TillState]) -> dict[Lack, list[int]]:
        """Where the tills are that have room, by what they lack."""
        lacking: dict[Lack, list[int]] = defaultdict(list)
        for at, state in enumerate(states):
            if state.epoch and self._office.queue(state).room(state) > 0:
                lacking[state.cursor, state.full_to].append(at)
        return lacking

    def _flag(self, states: list[TillState], places: Sequence[int], now: float) -> None:
        """Flags what was offered to the tills at `places`; the states are replaced."""
        flagged = self._handing.flag([self._stop(states[at]) for at in places], now)
        for at, state in zip(places, flagged, strict=True):
            states[at] = state

    def _stop(self, state: TillState) -> Stop:
        office = self._office
        return Stop(TillFolder(office.disk, office.layout.till(state.shop, state.till), office.settings.queue), state)

    def _commit(self, before: Sequence[TillState], after: Sequence[TillState], cutter: Cutter | None = None) -> None:
        """Commits the tills that changed, and no other; with `cutter`, its shop's full load, too."""
        changed = [new for old, new in zip(before, after, strict=True) if new is not old and new != old]
        if changed or cutter:
            with self._office.store.write() as txn:
                Ledger(txn).save_tills(changed)
                if cutter and cutter.load:
                    FullLoads(txn).save(cutter.shop, cutter.load)
        if any(one.flagged for new in changed for one in new.outstanding[-1:]):
            self._office.given.note(changed)


@dataclass
class Delivered:
    """What one round of delivery did."""

    commands: dict[str, int] = field(default_factory=dict)  # handed over, by shop
    put_off: dict[str, Reason] = field(default_factory=dict)  # shops that could not be served now


def want_full(state: TillState) -> TillState:
    """A till that is to be filled anew: its next epoch begins with the next delivery its hours allow."""
    return msgspec.structs.replace(state, wants_full=True)
