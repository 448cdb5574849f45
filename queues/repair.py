"""A person's look at a till's queue: everything that is wrong with it, and what can be put right.

Put right is what no till can have noticed, or what a till's next full load says again anyway. Where a till may have
missed something, or read what tillpost did not send, only that full load helps: the till stays halted with
`queue.resync` until its next epoch. A stranger's file is told and left to the person.

Failures: as the disk says; `check` itself raises nothing of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from ..errors import Halt, Reason
from .chunks import ChunkStore
from .durable import digest_of, pieces, replace
from .judging import Verdict, judge, still_skipped
from .tillfolder import Pair, Sight, TillFolder
from .tillstate import HEALED_BY_EPOCH, Outstanding, TillState
from .troubles import Missing


class Remedy(StrEnum):
    """What helps."""

    FIX = "fix"  # `fix`
    RESYNC = "resync"  # `fix`, then a new epoch
    HAND = "hand"  # a person's hand, then `fix`
    WAIT = "wait"  # nothing needs to be done: the till's next step settles it


class Finding(msgspec.Struct, frozen=True):
    reason: Reason
    number: int = 0  # 0 = the folder as a whole
    remedy: Remedy = Remedy.HAND


def strangers(folder: TillFolder, chunks: ChunkStore, sight: Sight, verdict: Verdict) -> list[str]:
    """Names of files in the folder that tillpost did not make."""
    foreign = [folder.data(number).name for number in verdict.leftovers if not _is_ours(folder, chunks, number)]
    return [*sight.strangers, *foreign]


def _is_ours(folder: TillFolder, chunks: ChunkStore, number: int) -> bool:
    try:
        return chunks.knows(digest_of(pieces(folder.disk, folder.data(number))))
    except Missing:
        return True  # gone by now


class Repair:
    """One look at one till's queue."""

    def __init__(self, folder: TillFolder, chunks: ChunkStore, state: TillState, mode: int) -> None:
        self._folder = folder
        self._chunks = chunks
        self._state = state
        self._mode = mode

    def check(self) -> list[Finding]:
        sight = self._folder.look()
        verdict = judge(self._state, sight)
        return [
            *self._ahead(verdict),
            *self._returned(verdict),
            *self._changed(sight),
            *self._strangers(sight, verdict),
            *self._skipped(verdict),
            *self._half(sight, verdict),
            *self._litter(sight, verdict),
        ]

    def fix(self) -> tuple[TillState, list[Finding]]:
        """The state to commit, to be observed anew unless it is halted; and what was found."""
        findings = self.check()
        state = self._state
        for finding in findings:
            mend = _MENDS.get(finding.reason.code)
            state = mend(self, state, finding.number) if mend else state
        self._folder.sync()
        return self._outcome(state, findings), findings

    def _outcome(self, state: TillState, findings: list[Finding]) -> TillState:
        by_hand = next((found.reason for found in findings if found.remedy is Remedy.HAND), None)
        if any(found.remedy is Remedy.RESYNC for found in findings) or state.halted in HEALED_BY_EPOCH:
            return state.halt(Reason("queue.resync", path=self._folder.path))
        return state.halt(by_hand) if by_hand else state.go_on()

    # --- what is wrong ---------------------------------------------------------------------------------------

    def _reason(self, code: str, number: int) -> Reason:
        return Reason(code, path=self._folder.path, number=number)

    def _ahead(self, verdict: Verdict) -> list[Finding]:
        expected = self._state.next_number
        return [
            Finding(
                Reason("queue.ahead", path=self._folder.path, number=number, expected=expected), number, Remedy.RESYNC
            )
            for number in verdict.ahead
        ]

    def _returned(self, verdict: Verdict) -> list[Finding]:
        return [
            Finding(self._reason("queue.returned", number), number, Remedy.RESYNC) for number in verdict.returned
        ]

    def _changed(self, sight: Sight) -> list[Finding]:
        return [
            Finding(
                Reason("queue.tampered", path=self._folder.data(one.number)),
                one.number,
                Remedy.FIX if self._may_mend(one) else Remedy.RESYNC,
            )
            for one in self._state.outstanding
            if sight.pair(one.number).data and not self._is_whole(one)
        ]

    def _may_mend(self, one: Outstanding) -> bool:
        """Whether no till can have read the wrong bytes, or it hears everything again anyway."""
        return one.number < self._state.first_number or (not one.flagged and self._chunk(one) is not None)

    def _is_whole(self, one: Outstanding) -> bool:
        try:
            return self._chunks.is_named_by(self._folder.data(one.number), one.digest)
        except Missing:
            return True  # taken while we looked

    def _strangers(self, sight: Sight, verdict: Verdict) -> list[Finding]:
        names = strangers(self._folder, self._chunks, sight, verdict)
        return [Finding(Reason("queue.foreign", path=self._folder.path / name)) for name in names]

    def _skipped(self, verdict: Verdict) -> list[Finding]:
        number = still_skipped(verdict, self._folder.look()) if verdict.skipped else 0
        reason = Reason("queue.hole", path=self._folder.path, number=number, gone=verdict.gone)
        return [Finding(reason, number, Remedy.RESYNC)] if number else []

    def _half(self, sight: Sight, verdict: Verdict) -> list[Finding]:
        """The first number left, if the till died between its deletions. Without data it has loaded it; without
        flag it may be about to."""
        first = next(iter(verdict.left), None)
        pair = sight.pair(first.number) if first else Pair()
        if first is None or not first.flagged or (pair.data is None) == (pair.flag is None):
            return []
        remedy = Remedy.FIX if pair.data is None else Remedy.WAIT
        return [Finding(self._reason("queue.half", first.number), first.number, remedy)]

    def _litter(self, sight: Sight, verdict: Verdict) -> list[Finding]:
        ours = [number for number in verdict.leftovers if _is_ours(self._folder, self._chunks, number)]
        numbers = sorted([*verdict.swept, *ours, *([0] if sight.litter else [])])
        return [Finding(self._reason("queue.litter", number), number, Remedy.FIX) for number in numbers]

    # --- putting it right ------------------------------------------------------------------------------------

    def adopt(self, state: TillState, number: int) -> TillState:
        """A number the state does not know stays published, and the next ones are above it."""
        path = self._folder.data(number)
        entry = self._folder.disk.stat(path)
        if entry is None:
            self._folder.remove(number)
            found = state.outstanding
        else:
            digest = digest_of(pieces(self._folder.disk, path))
            one = Outstanding(number, digest, entry.size, 0, state.cursor, 0.0, flagged=True)
            found = (*state.outstanding, one)
        return msgspec.structs.replace(state, outstanding=found, next_number=max(state.next_number, number + 1))

    def withdraw(self, state: TillState, number: int) -> TillState:
        """What was taken, or never flagged, leaves the folder."""
        if number:
            self._folder.remove(number)
        else:
            self._folder.sweep()
        return state

    def restore(self, state: TillState, number: int) -> TillState:
        """The chunk's own bytes again. Where they are lost and a full load follows, nothing in their place."""
        one = next(one for one in state.outstanding if one.number == number)
        data = self._chunk(one)
        if data is not None:
            replace(self._folder.disk, self._folder.data(number), data, self._mode)
        elif number < state.first_number:
            self._folder.remove(number)
        return state

    def settle(self, state: TillState, number: int) -> TillState:
        """A half taken number without data is taken."""
        loaded = self._folder.disk.stat(self._folder.data(number)) is None
        return self.withdraw(state, number) if loaded else state

    def _chunk(self, one: Outstanding) -> bytes | None:
        try:
            return self._chunks.read(one.digest)
        except Halt:
            return None


_MENDS: dict[str, Callable[[Repair, TillState, int], TillState]] = {
    "queue.ahead": Repair.adopt,
    "queue.returned": Repair.withdraw,
    "queue.tampered": Repair.restore,
    "queue.half": Repair.settle,
    "queue.litter": Repair.withdraw,
}
