"""What is kept of one till between two rounds; the caller commits it, and it alone says what was promised.

Times are seconds since 1970, given by the caller. Numbers start at 1 and never again.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from ..errors import Reason
from ..model import Noun


class Outstanding(Noun, frozen=True, omit_defaults=True):
    """A chunk that was offered under a number and not yet taken."""

    number: int
    digest: str
    size: int  # bytes
    objects: int
    to_revision: int
    offered_at: float
    flagged: bool = False  # its flag was made, once and for all
    proof: tuple[int, int] = (0, 0)  # inode and mtime of the file when its bytes were last found right


class TillState(Noun, frozen=True, omit_defaults=True):
    shop: str
    till: str
    epoch: int = 0  # 0 = waits for its first full load
    first_number: int = 1  # of the epoch
    next_number: int = 1
    cursor: int = 0  # the catalogue's revision up to which it was offered everything
    full_to: int = 0  # above 0 while the epoch's full load is under way: the revision it goes to
    wants_full: bool = True  # a full load was asked for, its epoch has not begun
    acked: int = 0  # the highest number acknowledged; 0 = none
    outstanding: tuple[Outstanding, ...] = ()  # by number
    held: bool = False  # by a person: nothing is offered
    halted: str = ""  # code of the reason why nothing moves, "" = all is well
    halted_parts: tuple[tuple[str, str], ...] = ()
    last_taken_at: float = 0.0
    same_disk: bool = True  # whether its folder lay on the file system of the queues' root when it was made

    @property
    def key(self) -> tuple[str, str]:
        return self.shop, self.till

    def halt(self, reason: Reason) -> TillState:
        parts = tuple((name, str(part)) for name, part in reason.parts.items())
        return msgspec.structs.replace(self, halted=reason.code, halted_parts=parts)

    def go_on(self) -> TillState:
        return msgspec.structs.replace(self, halted="", halted_parts=())

    def why_halted(self) -> Reason | None:
        return Reason(self.halted, **dict(self.halted_parts)) if self.halted else None


class TillStates(Protocol):
    """Where the states are kept. The real one lies in the store, beside the catalogue."""

    def load(self, shop: str, till: str) -> TillState | None: ...

    def all(self) -> list[TillState]:
        """By shop and till."""
        ...

    def save(self, states: Iterable[TillState]) -> None:
        """All of them or, after a crash, none."""
        ...


class MemoryTillStates:
    """The twin without a store."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], TillState] = {}

    def load(self, shop: str, till: str) -> TillState | None:
        return self._states.get((shop, till))

    def all(self) -> list[TillState]:
        return [state for _, state in sorted(self._states.items())]

    def save(self, states: Iterable[TillState]) -> None:
        self._states.update({(state.shop, state.till): state for state in states})


# --- what stops a till -------------------------------------------------------------------------------------

HEALED_BY_EPOCH = frozenset({"queue.hole", "queue.resync", "queue.behind"})
"""Halts that end with a new epoch: what the till may have missed or read wrong, its full load sends again."""

KEPT = HEALED_BY_EPOCH | {"queue.foreign", "queue.tampered", "queue.returned", "queue.ahead", "durable.clash"}
"""Halts that stay until a person acts. Every other one (a share that is away, a full disk) is looked at anew with
each round and ends by itself."""


def new_epoch(state: TillState, head: int, given: int = 0) -> TillState:
    """The till is filled anew, up to the revision `head` and beyond. What was published stays published, and
    numbers go on, above those that were `given`."""
    number = max(state.next_number, given + 1)
    begun = msgspec.structs.replace(
        state,
        epoch=state.epoch + 1,
        first_number=number,
        next_number=number,
        cursor=0,
        full_to=head,
        wants_full=False,
    )
    return begun.go_on() if state.halted in HEALED_BY_EPOCH else begun


def behind(state: TillState, given: int) -> TillState:
    """Halted, where the state does not know a number that was `given`: it is older than it was."""
    if state.next_number > given or state.halted in KEPT or state.wants_full:
        return state
    return state.halt(Reason("queue.behind", till=state.till, known=state.next_number - 1, given=given))


def overdue(state: TillState, now: float, limit: float) -> Outstanding | None:
    """The first chunk the till should have taken by now: nothing was taken for `limit` seconds while it stood."""
    first = next(iter(state.outstanding), None)
    if first is None or now - max(first.offered_at, state.last_taken_at) <= limit:
        return None
    return first


def room(state: TillState, window: int) -> int:
    """How many chunks may still be offered."""
    return 0 if state.held or state.halted else max(0, window - len(state.outstanding))
