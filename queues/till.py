"""One till's queue: what its folder tells, and what is done about it. What that means is decided by `judging`.

A state goes in and the state to commit comes out. `offer` may be called several times before one commit, then
`flag` for all of them, then the second commit; both are what `handing` does, for one till. After a crash, and at the
start of every round, `recover` comes before anything is offered.

Failures: a till in trouble is halted in its own state, with the reason, and stops no other; whether that ends by
itself says `tillstate.KEPT`. `Halt` where a chunk to offer is missing from the store or damaged there; `check` and
`fix`, which a person asked for, raise what the disk says.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..errors import Halt, Reason, Retry
from . import repair, tillstate
from .chunks import Chunk, ChunkStore
from .disk import Disk
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

    def offer(self, state: TillState, chunk: Chunk, to_revision: int, now: float) -> TillState:
        """Places a chunk under the next number, durably; the till may not load it yet. Without room: nothing.

        Commit the state before `flag`."""
        return self._handing.offer([Stop(self._folder, state)], [Parcel(chunk, to_revision)], now)[0]

    def flag(self, state: TillState, now: float) -> TillState:
        """Flags everything that was offered, in order: from here on the till may load it. Commit the state."""
        return self._handing.flag([Stop(self._folder, state)], now)[0]

    def observe(self, state: TillState, now: float) -> TillState:
        """Reads the folder once and books what the till has taken. Commit the state."""
        if state.halted in tillstate.KEPT:
            return state
        try:
            reason = self._absence(state)
            return state.halt(reason) if reason else self._observe(state.go_on(), now)
        except (Retry, Halt) as trouble:
            return state.halt(trouble.reason)

    def recover(self, state: TillState, now: float) -> TillState:
        """Observes, and makes the flags that a crash prevented. Commit the state before anything is offered."""
        observed = self.observe(state, now)
        return observed if observed.halted else self.flag(observed, now)

    def check(self, state: TillState) -> list[Finding]:
        """Everything that is wrong with the queue; reads every byte that is outstanding. Changes nothing."""
        reason = self._absence(state)
        return [Finding(reason)] if reason else self._repair(state).check()

    def fix(self, state: TillState, now: float) -> tuple[TillState, list[Finding]]:
        """Mends what can be mended without lying to the till, and tells what was found. Commit the state.

        Where the till may have missed something or read what was not sent, it stays halted until its next epoch."""
        reason = self._absence(state)
        if reason:
            return state.halt(reason), [Finding(reason)]
        mended, findings = self._repair(state).fix()
        return (mended if mended.halted else self.recover(mended, now)), findings

    # --- observe ---------------------------------------------------------------------------------------------

    def _absence(self, state: TillState) -> Reason | None:
        return self._marker.absence(self._folder.path, same_disk=state.same_disk)

    def _observe(self, state: TillState, now: float) -> TillState:
        sight = self._folder.look()
        absence = self._absence(state)  # again: a share may have gone between the first look and this one
        if absence:
            return state.halt(absence)
        verdict = judge(state, sight)
        proven = {one.number: self._proven(one, sight) for one in verdict.left}
        reason = self._objection(state, sight, verdict, [number for number, one in proven.items() if one is None])
        if reason:
            return state.halt(reason)
        self._tidy(state, sight, verdict)
        return _booked(state, verdict, tuple(one for one in proven.values() if one), now)

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

    def _tidy(self, state: TillState, sight: Sight, verdict: Verdict) -> None:
        for number in (*verdict.swept, *verdict.leftovers):
            self._folder.remove(number)
        if sight.litter:
            self._folder.sweep()
        if verdict.leftovers or verdict.swept or _learned(state, verdict):
            self._folder.sync()

    def _repair(self, state: TillState) -> repair.Repair:
        return repair.Repair(self._folder, self._chunks, state, self._mode)


def _learned(state: TillState, verdict: Verdict) -> bool:
    """Whether the folder knew more than the state. It must be certain before it is booked: neither may what the till
    deleted come back with a power cut, nor a flag be lost that a process made and died before its sync."""
    waiting = {one.number for one in state.outstanding if not one.flagged}
    return bool(verdict.taken) or any(one.flagged and one.number in waiting for one in verdict.left)


def _booked(state: TillState, verdict: Verdict, left: tuple[Outstanding, ...], now: float) -> TillState:
    if not verdict.taken:
        return msgspec.structs.replace(state, outstanding=left)
    return msgspec.structs.replace(state, outstanding=left, acked=verdict.taken[-1].number, last_taken_at=now)
