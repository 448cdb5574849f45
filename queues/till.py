"""One till's queue: what its folder tells, and what is done about it. What that means is decided by `judging`.

A state goes in and the state to commit comes out. `offer` may be called several times before one commit, then
`flag` for all of them, then the second commit; both are what `handing` does, for one till. After a crash, and at the
start of every round, `recover` comes before anything is offered.

Failures: a till in trouble is halted in its own state, with the reason, and stops no other; whether that ends by
itself says `tillstate.KEPT`. `Halt` where a chunk to offer is missing from the store or damaged there; `check` and
`fix`, which a person asked for, raise what the disk says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..errors import Halt, Reason, Retry
from . import repair, tillstate
from .chunks import Chunk, ChunkStore
from .disk import Disk, Entry
from .handing import Handing, Parcel, Stop
from .judging import Verdict, judge, still_skipped
from .marker import Marker
from .repair import Finding
from .tillfolder import HandOver, Sight, TillFolder
from .tillstate import MemoryTillStates, Outstanding, TillState, TillStates
from .troubles import Missing

__all__ = [
    "Finding",
    "HandOver",
    "Marker",
    "MemoryTillStates",
    "Outstanding",
    "TillQueue",
    "TillState",
    "TillStates",
]


class TillQueue:
    new_epoch = staticmethod(tillstate.new_epoch)
    overdue = staticmethod(tillstate.overdue)

    def __init__(
        self,
        disk: Disk,
        folder: Path,
        chunks: ChunkStore,
        marker: Marker,
        hand_over: HandOver,
        *,
        mode: int = 0o440,
    ) -> None:
        self._folder = TillFolder(disk, folder, hand_over)
        self._chunks = chunks
        self._marker = marker
        self._handing = Handing(disk, chunks, marker, hand_over, mode=mode)
        self._window = hand_over.window
        self._mode = mode

    @property
    def path(self) -> Path:
        return self._folder.path

    def create(self, *, mode: int = 0o2770, shop_mode: int = 0o2750) -> bool:
        """Makes the till's folder in its shop's, durably. Returns what belongs into the state as `same_disk`.

        Group and setgid bit let the till's user delete what it has taken, and not rewrite it."""
        path, disk = self._folder.path, self._folder.disk
        disk.mkdir(path.parent, shop_mode)
        disk.sync_dir(path.parent.parent)
        disk.mkdir(path, mode)
        disk.sync_dir(path.parent)
        return self._marker.is_beside(path)

    def room(self, state: TillState) -> int:
        """How many chunks may still be offered; 0 while the till is held or halted."""
        return tillstate.room(state, self._window)

    def stop(self, state: TillState) -> Stop:
        """The till as one of many that are handed something at once."""
        return Stop(self._folder, state)

    def offer(self, state: TillState, chunk: Chunk, to_revision: int, now: float) -> TillState:
        """Places a chunk under the next number, durably; the till may not load it yet. Without room: nothing.

        Commit the state before `flag`."""
        return self._handing.offer([self.stop(state)], [Parcel(chunk, to_revision)], now)[0]

    def flag(self, state: TillState, now: float) -> TillState:
        """Flags everything that was offered, in order: from here on the till may load it. Commit the state."""
        return self._handing.flag([self.stop(state)], now)[0]

    def observe(self, state: TillState, now: float) -> TillState:
        """Reads the folder once and books what the till has taken. Commit the state."""
        return observe_all(self._folder.disk, self._marker, [self], [state], now)[0]

    def see(self, state: TillState, seen: Entry | None) -> Sight | Reason | None:
        """The folder, or why it is not looked at; None where that waits for a person. `seen`: the marker, just now."""
        if state.halted in tillstate.KEPT:
            return None
        try:
            return self._absence(state, seen) or self._folder.look()
        except (Retry, Halt) as trouble:
            return trouble.reason

    def learn(
        self, state: TillState, sight: Sight | Reason | None, seen: Entry | None, now: float
    ) -> tuple[TillState, bool]:
        """What a folder taught, and whether that must still be made certain. `seen`: the marker, after the folder was
        seen, because a share may have gone meanwhile."""
        if sight is None:
            return state, False
        if isinstance(sight, Reason):
            return state.halt(sight), False
        try:
            absence = self._absence(state, seen)
            return (state.halt(absence), False) if absence else self._learn(state.go_on(), sight, now)
        except (Retry, Halt) as trouble:
            return state.halt(trouble.reason), False

    def recover(self, state: TillState, now: float) -> TillState:
        """Observes, and makes the flags that a crash prevented. Commit the state before anything is offered."""
        observed = self.observe(state, now)
        return observed if observed.halted else self.flag(observed, now)

    def check(self, state: TillState) -> list[Finding]:
        """Everything that is wrong with the queue; reads every byte that is outstanding. Changes nothing."""
        reason = self._absence(state, self._marker.look())
        return [Finding(reason)] if reason else self._repair(state).check()

    def fix(self, state: TillState, now: float) -> tuple[TillState, list[Finding]]:
        """Mends what can be mended without lying to the till, and tells what was found. Commit the state.

        Where the till may have missed something or read what was not sent, it stays halted until its next epoch."""
        reason = self._absence(state, self._marker.look())
        if reason:
            return state.halt(reason), [Finding(reason)]
        mended, findings = self._repair(state).fix()
        return (mended if mended.halted else self.recover(mended, now)), findings

    # --- observe ---------------------------------------------------------------------------------------------

    def _absence(self, state: TillState, seen: Entry | None) -> Reason | None:
        return self._marker.absence(seen, self._folder.path, same_disk=state.same_disk)

    def _learn(self, state: TillState, sight: Sight, now: float) -> tuple[TillState, bool]:
        verdict = judge(state, sight)
        proven = {one.number: self._proven(one, sight) for one in verdict.left}
        reason = self._objection(state, sight, verdict, [number for number, one in proven.items() if one is None])
        if reason:
            return state.halt(reason), False
        self._tidy(sight, verdict)
        is_news = bool(verdict.leftovers or verdict.swept) or _learned(state, verdict)
        return _booked(state, verdict, tuple(one for one in proven.values() if one), now), is_news

    def _proven(self, one: Outstanding, sight: Sight) -> Outstanding | None:
        """With a proof that holds now; None where the bytes are no longer the chunk's."""
        entry = sight.pair(one.number).data
        if entry is None or (one.proof == (entry.inode, entry.mtime_ns) and one.size == entry.size):
            return one
        try:
            same = self._chunks.is_named_by(self._folder.data(one.number), one.digest)
        except Missing:
            return one  # just taken
        return msgspec.structs.replace(one, proof=(entry.inode, entry.mtime_ns)) if same else None

    def _objection(self, state: TillState, sight: Sight, verdict: Verdict, changed: list[int]) -> Reason | None:
        """Why this folder is not believed, the gravest first; None = it is."""
        path = self._folder.path
        if verdict.ahead:
            return Reason("queue.ahead", path=path, number=verdict.ahead[0], expected=state.next_number)
        if verdict.returned:
            return Reason("queue.returned", path=path, number=verdict.returned[0])
        if changed:
            return Reason("queue.tampered", path=self._folder.data(changed[0]))
        strangers = repair.strangers(self._folder, self._chunks, sight, verdict)
        if strangers:
            return Reason("queue.foreign", path=path / strangers[0])
        return self._hole(verdict)

    def _hole(self, verdict: Verdict) -> Reason | None:
        if not verdict.skipped:
            return None
        number = still_skipped(verdict, self._folder.look())
        return Reason("queue.hole", path=self._folder.path, number=number, gone=verdict.gone) if number else None

    def _tidy(self, sight: Sight, verdict: Verdict) -> None:
        for number in (*verdict.swept, *verdict.leftovers):
            self._folder.remove(number)
        if sight.litter:
            self._folder.sweep()

    def _repair(self, state: TillState) -> repair.Repair:
        return repair.Repair(self._folder, self._chunks, state, self._mode)


def observe_all(
    disk: Disk, marker: Marker, queues: Sequence[TillQueue], states: Sequence[TillState], now: float
) -> list[TillState]:
    """`TillQueue.observe` for many tills. The marker is looked at before all folders and after them, and what they
    taught is made certain at one go."""
    try:
        before = marker.look()
        sights = [queue.see(state, before) for queue, state in zip(queues, states, strict=True)]
        after = marker.look()
    except (Retry, Halt) as trouble:
        return [state if state.halted in tillstate.KEPT else state.halt(trouble.reason) for state in states]
    learned = [
        queue.learn(state, sight, after, now) for queue, state, sight in zip(queues, states, sights, strict=True)
    ]
    paths = [queue.path for queue in queues]
    troubles = disk.sync_dirs([path for path, (_, is_news) in zip(paths, learned, strict=True) if is_news])
    return [
        old.halt(troubles[path].reason) if path in troubles else new
        for path, old, (new, _) in zip(paths, states, learned, strict=True)
    ]


def _learned(state: TillState, verdict: Verdict) -> bool:
    """Whether the folder knew more than the state. It must be certain before it is booked: neither may what the till
    deleted come back with a power cut, nor a flag be lost that a process made and died before its sync."""
    waiting = {one.number for one in state.outstanding if not one.flagged}
    return bool(verdict.taken) or any(one.flagged and one.number in waiting for one in verdict.left)


def _booked(state: TillState, verdict: Verdict, left: tuple[Outstanding, ...], now: float) -> TillState:
    if not verdict.taken:
        return msgspec.structs.replace(state, outstanding=left)
    return msgspec.structs.replace(state, outstanding=left, acked=verdict.taken[-1].number, last_taken_at=now)
