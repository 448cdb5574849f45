"""What a till's state and its folder, read together, mean for each number. Pure: a sight in, a verdict out.

The hand-over of a number: its data is linked and synced, *offered* is committed, its flag is made and synced,
*flagged* is committed; the till loads data and deletes both. A crash may come between any two of these, and
this is the whole table of what it can leave:

    the state says   data  flag   so
    ---------------  ----  ----   -----------------------------------------------------------------------------
    acked            -     -      nothing: it was taken
                     yes   -      litter of a till that died between its two deletions: swept
                     -     yes    likewise
                     yes   yes    taken once, and put back (a restored backup): halts `queue.returned`
    offered          yes   -      waits for its flag. Its flag is made, unless a higher number was touched: then
                                  the flag stood and was deleted, so it is half taken
                     yes   yes    stands: the flag was made, the commit is missing
                     -     -      gone: data was synced before the commit, so the till took it, so the flag stood
                     -     yes    half taken
    flagged          yes   yes    stands
                     -     -      gone
                     -     yes    half taken: the till died between its deletions
                     yes   -      half taken. The flag is never made again: old prices would come back
    free             -     -      nothing: not allotted yet
                     yes   -      a leftover of a crash before the commit, if it is one of our chunks: withdrawn.
                                  No till was allowed to load it. Else halts `queue.foreign`
                     yes   yes    the folder is ahead of the state (a restored state): halts `queue.ahead`
                     -     yes    likewise

*acked* is every number below the next one that is not outstanding. Taken are the numbers from the first
outstanding one on that are gone, or half taken with a gone one above them. A gone number above one that stands
whole is a hole: the till skipped something, or somebody deletes by hand. It halts `queue.hole`, but only if what
was skipped still stands at a second look: a folder is not read in one instant, and a till may delete meanwhile.
Below the first number of the epoch a hole means nothing and half taken is taken, because the full load above says
everything again.

Half taken numbers alone never free the window: who deleted only the data may have been a virus scanner. If nothing
above them is taken, they become overdue, and a person decides.

Failures: none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from .tillfolder import Pair, Sight
from .tillstate import Outstanding, TillState


class Standing(StrEnum):
    """What the state says of a number."""

    ACKED = "acked"
    OFFERED = "offered"
    FLAGGED = "flagged"
    FREE = "free"


class Move(StrEnum):
    """What follows from state and folder."""

    NOTHING = "nothing"
    SWEEP = "sweep"
    RETURNED = "returned"
    WAITS = "waits"
    STANDS = "stands"
    GONE = "gone"
    HALF = "half"
    LEFTOVER = "leftover"
    AHEAD = "ahead"


TABLE: dict[tuple[Standing, bool, bool], Move] = {
    (Standing.ACKED, False, False): Move.NOTHING,
    (Standing.ACKED, True, False): Move.SWEEP,
    (Standing.ACKED, False, True): Move.SWEEP,
    (Standing.ACKED, True, True): Move.RETURNED,
    (Standing.OFFERED, True, False): Move.WAITS,
    (Standing.OFFERED, True, True): Move.STANDS,
    (Standing.OFFERED, False, False): Move.GONE,
    (Standing.OFFERED, False, True): Move.HALF,
    (Standing.FLAGGED, True, True): Move.STANDS,
    (Standing.FLAGGED, False, False): Move.GONE,
    (Standing.FLAGGED, False, True): Move.HALF,
    (Standing.FLAGGED, True, False): Move.HALF,
    (Standing.FREE, False, False): Move.NOTHING,
    (Standing.FREE, True, False): Move.LEFTOVER,
    (Standing.FREE, True, True): Move.AHEAD,
    (Standing.FREE, False, True): Move.AHEAD,
}


@dataclass(frozen=True)
class Verdict:
    """What one look at a folder says of all numbers."""

    taken: tuple[Outstanding, ...]
    left: tuple[Outstanding, ...]  # still outstanding; `flagged` says whether the flag was ever made
    swept: tuple[int, ...]  # numbers of which halves are to be removed
    leftovers: tuple[int, ...]
    returned: tuple[int, ...]
    ahead: tuple[int, ...]
    skipped: tuple[int, ...]  # stand whole below `gone`: a hole, if they still do at a second look
    gone: int  # the highest number that is gone; 0 = none


def judge(state: TillState, sight: Sight) -> Verdict:
    moves = _touched_first({one.number: _move(_standing(one), sight.pair(one.number)) for one in state.outstanding})
    gone = max((number for number, move in moves.items() if move is Move.GONE), default=0)
    taken = _prefix(state.outstanding, moves, max(gone, state.first_number))
    left = tuple(_flagged(one, moves[one.number]) for one in state.outstanding[len(taken) :])
    others = _others(state, sight)
    half_taken = tuple(one.number for one in taken if moves[one.number] is Move.HALF)
    return Verdict(
        taken=taken,
        left=left,
        swept=half_taken + _of(others, Move.SWEEP),
        leftovers=_of(others, Move.LEFTOVER),
        returned=_of(others, Move.RETURNED),
        ahead=_of(others, Move.AHEAD),
        skipped=_skipped(state, gone, moves),
        gone=gone,
    )


def still_skipped(verdict: Verdict, again: Sight) -> int:
    """The first skipped number that stands whole at the second look as well; 0 = there is no hole."""
    for number in verdict.skipped:
        pair = again.pair(number)
        if pair.data and pair.flag:
            return number
    return 0


def _standing(one: Outstanding) -> Standing:
    return Standing.FLAGGED if one.flagged else Standing.OFFERED


def _move(standing: Standing, pair: Pair) -> Move:
    return TABLE[standing, pair.data is not None, pair.flag is not None]


def _touched_first(moves: dict[int, Move]) -> dict[int, Move]:
    """What waits for its flag below a number that a till has touched had its flag."""
    touched = max((number for number, move in moves.items() if move in (Move.GONE, Move.HALF)), default=0)
    return {
        number: Move.HALF if move is Move.WAITS and number < touched else move for number, move in moves.items()
    }


def _prefix(outstanding: tuple[Outstanding, ...], moves: dict[int, Move], sure: int) -> tuple[Outstanding, ...]:
    """What was taken, from the first number on; half taken is enough below the number `sure`."""
    taken = []
    for one in outstanding:
        move = moves[one.number]
        if move is not Move.GONE and not (move is Move.HALF and one.number < sure):
            break
        taken.append(one)
    return tuple(taken)


def _flagged(one: Outstanding, move: Move) -> Outstanding:
    return one if one.flagged or move is Move.WAITS else msgspec.structs.replace(one, flagged=True)


def _others(state: TillState, sight: Sight) -> dict[int, Move]:
    outstanding = {one.number for one in state.outstanding}
    return {
        number: _move(Standing.FREE if number >= state.next_number else Standing.ACKED, pair)
        for number, pair in sight.pairs.items()
        if number not in outstanding
    }


def _of(moves: dict[int, Move], wanted: Move) -> tuple[int, ...]:
    return tuple(number for number, move in moves.items() if move is wanted)


def _skipped(state: TillState, gone: int, moves: dict[int, Move]) -> tuple[int, ...]:
    if gone < state.first_number:
        return ()
    return tuple(number for number, move in moves.items() if number < gone and move is Move.STANDS)
