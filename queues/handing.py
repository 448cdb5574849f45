"""The hand-over to many tills at once: what is done to their folders, in which order, made certain by few syncs.

    each chunk's bytes are checked, the store's folders synced
                             -> linked into every folder -> one sync -> the states to commit as *offered*
    an empty file is linked as every flag                -> one sync -> the states to commit as *flagged*

The store comes first: what a power cut leaves in a till's folder is known as ours by its chunk alone.

A flag is a link, too: to make a name costs a third of what a new file does, and disks are slow to find room for new
files where many were deleted. Where links cannot be (another file system, a file with all the links it may have,
`share = copies`), there are copies, and flags of their own.

Failures: a till in trouble is halted in its own state, with the reason, and stops no other. `Halt` where a chunk to
offer is missing from the store or damaged there; `Retry` where the store's own folders cannot be made certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..errors import Halt, Reason, Retry
from ..model import Noun
from . import tillstate
from .chunks import BLANK_LINKS, Chunk, ChunkStore
from .disk import Disk, Entry
from .durable import copy
from .marker import Marker
from .tillfolder import HandOver, TillFolder
from .tillstate import Outstanding, TillState
from .troubles import Apart, Missing, Taken

Proof = tuple[int, int]  # inode and mtime of a file whose bytes were found right


class Parcel(Noun, frozen=True):
    """A chunk to hand over, and the revision to which it brings a till."""

    chunk: Chunk
    to_revision: int


@dataclass(frozen=True)
class Stop:
    """A till on the round: its folder and its state."""

    folder: TillFolder
    state: TillState


@dataclass
class _Placing:
    """What becomes of one till's parcels."""

    stop: Stop
    numbers: range
    linked: int = 0  # so many of them are links already, from the first one on
    done: list[Outstanding] = field(default_factory=list)
    why_not: Reason | None = None

    @property
    def path(self) -> Path:
        return self.stop.folder.path


@dataclass
class _Flagging:
    """What becomes of one till's flags."""

    stop: Stop
    numbers: list[int] = field(default_factory=list)
    linked: int = 0
    why_not: Reason | None = None

    @property
    def path(self) -> Path:
        return self.stop.folder.path


class Handing:
    """Hands over to the tills of one installation."""

    def __init__(
        self, disk: Disk, chunks: ChunkStore, marker: Marker, hand_over: HandOver, *, mode: int = 0o440
    ) -> None:
        self._disk = disk
        self._chunks = chunks
        self._marker = marker
        self._hand_over = hand_over
        self._mode = mode

    # --- offer -----------------------------------------------------------------------------------------------

    def offer(self, stops: Sequence[Stop], parcels: Sequence[Parcel], now: float) -> list[TillState]:
        """Places the parcels under each till's next numbers, as many as it has room for, durably; no till may load
        them yet. Commit the states before `flag`."""
        placings = self._placings(stops, len(parcels))
        ready = [placing for placing in placings if placing.numbers and not placing.why_not]
        if ready:
            self._make_store_certain()
            self._place_all(ready, parcels, now)
            self._make_certain(ready)
        return [_offered(placing, parcels) for placing in placings]

    def _placings(self, stops: Sequence[Stop], parcels: int) -> list[_Placing]:
        try:
            seen, trouble = self._marker.look(), None
        except (Retry, Halt) as away:
            seen, trouble = None, away.reason
        return [self._placing(stop, parcels, seen, trouble) for stop in stops]

    def _placing(self, stop: Stop, parcels: int, seen: Entry | None, trouble: Reason | None) -> _Placing:
        """`seen`: the marker, or why it could not be looked at."""
        state = stop.state
        room = min(parcels, tillstate.room(state, self._hand_over.window))
        placing = _Placing(stop, range(state.next_number, state.next_number + room), why_not=trouble)
        if room and not trouble:
            try:
                placing.why_not = self._marker.absence(seen, placing.path, same_disk=state.same_disk)
            except (Retry, Halt) as away:
                placing.why_not = away.reason
        return placing

    def _place_all(self, ready: Sequence[_Placing], parcels: Sequence[Parcel], now: float) -> None:
        """Tills that get the same chunk under the same number share the note of it."""
        proofs = [self._chunks.assure(parcel.chunk) for parcel in parcels]
        if self._hand_over.share == "links":
            sources = [self._chunks.path(parcel.chunk.digest) for parcel in parcels]
            names = {one.path: [one.stop.folder.data_name(number) for number in one.numbers] for one in ready}
            linked = self._disk.fan_out(sources, names)
            for placing in ready:
                placing.linked = linked[placing.path]
        notes: dict[tuple[int, int], Outstanding] = {}
        for placing in ready:
            for at, number in enumerate(placing.numbers):
                if at < placing.linked:
                    if (number, at) not in notes:
                        notes[number, at] = _note(number, parcels[at], now, proofs[at])
                    placing.done.append(notes[number, at])
                    continue
                try:
                    proof = self._placed(placing.stop.folder.data(number), parcels[at].chunk)
                except (Retry, Halt) as trouble:
                    placing.why_not = trouble.reason
                    break
                placing.done.append(_note(number, parcels[at], now, proof))

    def _placed(self, target: Path, chunk: Chunk) -> Proof:
        """One chunk for one till: what could not be linked together with the others."""
        source = self._chunks.path(chunk.digest)
        if self._hand_over.share == "copies" or not self._linked(source, target):
            copy(self._disk, source, target, self._mode)
        entry = self._disk.stat(target)
        if entry is None:
            raise Missing(target)
        return entry.inode, entry.mtime_ns

    def _linked(self, source: Path, target: Path) -> bool:
        try:
            self._disk.link(source, target)
        except (Apart, Taken):  # taken: copy() tells the same bytes, a success, from others
            return False
        return True

    def _make_store_certain(self) -> None:
        shelves = self._chunks.uncertain()
        for trouble in self._disk.sync_dirs(shelves).values():
            raise trouble
        self._chunks.are_certain(shelves)

    def _make_certain(self, ready: Sequence[_Placing]) -> None:
        """The tills' names."""
        troubles = self._disk.sync_dirs([placing.path for placing in ready if placing.done])
        for placing in ready:
            if placing.path in troubles:
                placing.done, placing.why_not = [], troubles[placing.path].reason

    # --- flag ------------------------------------------------------------------------------------------------

    def flag(self, stops: Sequence[Stop], now: float) -> list[TillState]:
        """Flags everything that was offered, in order: from here on the tills may load it. Commit the states."""
        flaggings = [self._flagging(stop) for stop in stops]
        ready = [flagging for flagging in flaggings if flagging.numbers]
        if ready:
            self._link_flags(ready)
            for flagging in ready:
                self._make_flags(flagging)
            troubles = self._disk.sync_dirs([flagging.path for flagging in ready if not flagging.why_not])
            for flagging in ready:
                if flagging.path in troubles:
                    flagging.why_not = troubles[flagging.path].reason
        notes: dict[int, Outstanding] = {}
        return [_flagged(flagging, now, notes) for flagging in flaggings]

    def _flagging(self, stop: Stop) -> _Flagging:
        """The flags to make: where the data stands. Where it does not, the till took it: there was a flag."""
        waiting = [one.number for one in stop.state.outstanding if not one.flagged]
        if not waiting or stop.state.halted in tillstate.KEPT:
            return _Flagging(stop)
        try:
            names = set(self._disk.names(stop.folder.path))
        except (Retry, Halt) as trouble:
            return _Flagging(stop, why_not=trouble.reason)
        return _Flagging(stop, [number for number in waiting if stop.folder.data_name(number) in names])

    def _link_flags(self, ready: Sequence[_Flagging]) -> None:
        """An empty file gets so many names at most, and where it cannot be made, none: `_make_flags` tells why."""
        if self._hand_over.share != "links":
            return
        at = 0
        while at < len(ready):
            some: list[_Flagging] = []
            count = 0
            while at < len(ready) and (not some or count + len(ready[at].numbers) <= BLANK_LINKS):
                some.append(ready[at])
                count += len(ready[at].numbers)
                at += 1
            try:
                blank = self._chunks.blank()
            except (Retry, Halt):
                return
            names = {one.path: [one.stop.folder.flag_name(number) for number in one.numbers] for one in some}
            linked = self._disk.fan_out([blank] * max(map(len, names.values())), names)
            for flagging in some:
                flagging.linked = linked[flagging.path]

    def _make_flags(self, flagging: _Flagging) -> None:
        """Those that are no links."""
        for number in flagging.numbers[flagging.linked :]:
            try:
                self._disk.write_new(flagging.stop.folder.flag(number), (), self._mode)
            except Taken:
                continue  # made before a crash, or before the disk failed
            except (Retry, Halt) as trouble:
                flagging.why_not = trouble.reason
                return


def _note(number: int, parcel: Parcel, now: float, proof: Proof) -> Outstanding:
    chunk = parcel.chunk
    return Outstanding(number, chunk.digest, chunk.size, chunk.objects, parcel.to_revision, now, proof=proof)


def _offered(placing: _Placing, parcels: Sequence[Parcel]) -> TillState:
    state, done = placing.stop.state, placing.done
    if done:
        to_revision = parcels[len(done) - 1].to_revision
        state = msgspec.structs.replace(
            state,
            next_number=done[-1].number + 1,
            cursor=to_revision,
            full_to=state.full_to if to_revision < state.full_to else 0,
            outstanding=(*state.outstanding, *done),
        )
    return state.halt(placing.why_not) if placing.why_not and placing.numbers else state


def _flagged(flagging: _Flagging, now: float, notes: dict[int, Outstanding]) -> TillState:
    """`notes`: what is shared by many tills is shared again; by the old note's identity."""
    state = flagging.stop.state
    if flagging.why_not:
        return state.halt(flagging.why_not)
    if not flagging.numbers:
        return state
    made = set(flagging.numbers)
    outstanding = []
    for one in state.outstanding:
        if one.number in made:
            if id(one) not in notes:
                notes[id(one)] = msgspec.structs.replace(one, flagged=True, offered_at=now)
            one = notes[id(one)]
        outstanding.append(one)
    return msgspec.structs.replace(state, outstanding=tuple(outstanding))
