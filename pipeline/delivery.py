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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from ..errors import Reason, Retry, Trouble
from ..model import Shop
from ..queues.handing import Handing
from ..queues.till import TillQueue, TillState, observe_all
from ..queues.tillstate import behind
from .cutting import Cutter
from .fullloads import FullLoads, current, is_old
from .ledger import Ledger
from .notices import Event
from .office import Office

Lack = tuple[int, int]  # a till's cursor, and the head its full load goes to (0: none under way)
Key = tuple[str, str]  # shop, till
AT_ONCE = 64  # chunks that are handed over between two commits


class Delivery:
    """Brings the tills of an installation up to date, as far as each one takes it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        hand_over = office.settings.queue
        self._handing = Handing(office.disk, office.chunks, office.marker, hand_over, mode=hand_over.chunk_bits)
        self._queues: dict[Key, TillQueue] = {}

    def round(self, *, ignore_hours: bool = False, at_once: Key | None = None) -> Delivered:
        """Observes every till, then offers what it lacks. A shop that cannot be served now stops no other. The till
        `at_once` (shop, till) may be emptied outside the shop's hours."""
        delivered, fleet = Delivered(), self._observed()
        for shop in self._office.shops(ignore_hours):
            try:
                delivered.commands[shop.id] = self._shop(shop, fleet, at_once)
            except Retry as trouble:
                self._office.log.warning("delivery_put_off", shop=shop.id, reason=str(trouble))
                delivered.put_off[shop.id] = trouble.reason
        self._end(fleet)
        return delivered

    def observe(self) -> None:
        """Reads every till's folder: what was taken, what was tampered with, what is overdue."""
        self._end(self._observed())

    def _observed(self) -> Fleet:
        """The tills as their folders show them. What these taught goes with the next commit: a process that is killed
        before it learns the same again."""
        now = self._office.clock.now()
        with self._office.store.read() as txn:
            fleet = Fleet(Ledger(txn).tills())
        queues = [self._queue(state) for state in fleet.before]
        seen = observe_all(self._office.disk, self._office.marker, queues, fleet.before, now)
        given = self._office.given.known()
        states = [behind(state, given.get(state.key, 0)) for state in seen]
        well = [state for state in states if not state.halted]
        fleet.observed = [*self._flagged(well, now), *(state for state in states if state.halted)]
        fleet.take(fleet.observed)
        return fleet

    def prune(self, *, observed: bool = False) -> int:
        """Removes the chunks that stand at no till and are of no full load; how many. None while a folder is not
        believed: what a killed process left there unpromised is known as ours by its chunk. `observed`: this round
        has looked at all of them already."""
        if not observed:
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

    def _end(self, fleet: Fleet) -> None:
        """What nobody waits for: numbers are noted once they are committed, at tills that can be believed."""
        self._commit(fleet)
        try:
            self._office.given.note(state for state in fleet if not state.halted)
        except Trouble as trouble:
            self._office.log.warning("numbers_not_noted", reason=str(trouble))
        before = {state.key: state for state in fleet.before}
        for new in fleet.observed:
            self._tell(before[new.key], new)

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
        late = TillQueue.overdue(new, office.clock.now(), office.settings.queue.overdue_seconds)
        if late is not None:
            minutes = int(office.clock.now() - late.offered_at) // 60
            reason = Reason("till.overdue", shop=new.shop, till=new.till, number=late.number, minutes=minutes)
            office.tell(Event.OVERDUE, f"overdue/{new.shop}/{new.till}/{late.number}", reason)

    def _shop(self, shop: Shop, fleet: Fleet, at_once: Key | None) -> int:
        office, states = self._office, fleet.of(shop.id)
        waiting = [state for state in states if state.wants_full and (shop.clears_open or state.key == at_once)]
        with office.store.read() as txn:
            catalogue, kept = office.catalogue(txn), FullLoads(txn).of(shop.id)
            if not catalogue.head(shop.id):
                return 0
            cutter = Cutter(office, shop.id, current(catalogue, shop.id, kept) if waiting else kept)
        fleet.take(self._begun(state, cutter) for state in waiting)
        handed = 0
        while commands := self._offer_next(cutter, fleet):
            handed += commands
        return handed

    def _begun(self, state: TillState, cutter: Cutter) -> TillState:
        """A till that waits for a full load begins its next epoch, at the head of the load that is kept."""
        self._office.log.info("epoch_begun", shop=state.shop, till=state.till, epoch=state.epoch + 1)
        given = self._office.given.highest(*state.key)
        return TillQueue.new_epoch(state, cutter.load.head if cutter.load else 0, given)

    def _offer_next(self, cutter: Cutter, fleet: Fleet) -> int:
        """The next chunks for every till of the shop that lacks something, as many as it has room for. How many
        commands are in them; 0 when there are none."""
        now, load, commands = self._office.clock.now(), cutter.load, 0
        changed: list[TillState] = []
        for lack, states in self._lacking(fleet.of(cutter.shop)).items():
            room = max(self._queue(state).room(state) for state in states)
            parcels = cutter.parcels(*lack, min(room, AT_ONCE))
            if not parcels:
                continue
            commands += sum(parcel.chunk.objects for parcel in parcels)
            offered = self._handing.offer([self._queue(state).stop(state) for state in states], parcels, now)
            changed += [new for old, new in zip(states, offered, strict=True) if new != old]
        if not changed:
            return 0
        fleet.take(changed)
        self._commit(fleet, cutter if cutter.load is not load else None)
        fleet.take(self._flagged(changed, now))
        self._commit(fleet)
        return commands

    def _lacking(self, states: Sequence[TillState]) -> dict[Lack, list[TillState]]:
        """The tills that have room, by what they lack."""
        lacking: dict[Lack, list[TillState]] = defaultdict(list)
        for state in states:
            if state.epoch and self._queue(state).room(state) > 0:
                lacking[state.cursor, state.full_to].append(state)
        return lacking

    def _flagged(self, states: Sequence[TillState], now: float) -> list[TillState]:
        return self._handing.flag([self._queue(state).stop(state) for state in states], now)

    def _queue(self, state: TillState) -> TillQueue:
        """A till's queue; kept, as it knows nothing but where it lies."""
        queue = self._queues.get(state.key)
        if queue is None:
            queue = self._queues[state.key] = self._office.queue(state)
        return queue

    def _commit(self, fleet: Fleet, cutter: Cutter | None = None) -> None:
        """Commits the tills that changed, and no other; with `cutter`, its shop's full load, too."""
        changed = fleet.changed()
        if changed or cutter:
            with self._office.store.write() as txn:
                Ledger(txn).save_tills(changed)
                if cutter and cutter.load:
                    FullLoads(txn).save(cutter.shop, cutter.load)
            fleet.are_committed(changed)


class Fleet:
    """All tills in one round: as they are committed, and as they are."""

    def __init__(self, states: Sequence[TillState]) -> None:
        self.before = states
        self.observed: list[TillState] = []
        self._committed = {state.key: state for state in states}
        self._states = dict(self._committed)
        self._touched: set[Key] = set()
        self._by_shop: dict[str, list[Key]] = defaultdict(list)
        for state in states:
            self._by_shop[state.shop].append(state.key)

    def __iter__(self) -> Iterator[TillState]:
        return iter(self._states.values())

    def of(self, shop: str) -> list[TillState]:
        return [self._states[key] for key in self._by_shop.get(shop, ())]

    def take(self, states: Iterable[TillState]) -> None:
        """They are so from now on."""
        for state in states:
            if state is not self._states[state.key]:
                self._states[state.key] = state
                self._touched.add(state.key)

    def changed(self) -> list[TillState]:
        """Those that are not as they are committed."""
        touched = (self._states[key] for key in sorted(self._touched))
        return [state for state in touched if state != self._committed[state.key]]

    def are_committed(self, states: Iterable[TillState]) -> None:
        self._committed.update((state.key, state) for state in states)
        self._touched.clear()


@dataclass
class Delivered:
    """What one round of delivery did."""

    commands: dict[str, int] = field(default_factory=dict)  # handed over, by shop
    put_off: dict[str, Reason] = field(default_factory=dict)  # shops that could not be served now


def want_full(state: TillState) -> TillState:
    """A till that is to be filled anew: its next epoch begins with the next delivery its hours allow."""
    return msgspec.structs.replace(state, wants_full=True)
