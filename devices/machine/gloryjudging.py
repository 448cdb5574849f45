"""What a Glory controller has moved, judged by inventories alone: for what was never answered, or with an answer that
does not tell. Pure.

The journal tells what was in the machine before, an inventory what is in it now. A command is held to account for what
it can have caused and for no more; whatever else differs is nobody's, and waits for a person.

Failures: none; None = the difference cannot come from this command.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..journal.entries import Command, Intent
from ..nouns import Pieces

Moved = tuple[Counter[int], Counter[int]]
"""What came in, and what went out, by denomination."""


def moved(
    intent: Intent, difference: Counter[int], *, escrow: Counter[int], credited: Counter[int]
) -> Moved | None:
    """`difference`: how many pieces more are in the machine than the journal says, below 0 for fewer. `escrow`: what
    the machine had counted before the trouble; nothing = that is not known. `credited`: what of it the journal knows,
    where it was writing down an answer when the trouble came."""
    match intent.command:
        case Command.CHANGE | Command.RETURN:
            came = escrow - credited | +difference
            went = came.copy()
            went.subtract(difference)
            return (came, +went) if amount(went) <= amount(came + credited) else None
        case Command.DEPOSIT | Command.ACCEPT:
            return (+difference & escrow if escrow else +difference), Counter()
        case _:
            return Counter(), -difference & counts_of(intent.pieces)


def counts_of(pieces: Iterable[Pieces]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for each in pieces:
        counted[each.denomination] += each.count
    return counted


def pieces_of(counted: Counter[int]) -> tuple[Pieces, ...]:
    """From the smallest denomination up, and none of count 0."""
    return tuple(Pieces(denomination, count) for denomination, count in sorted(counted.items()) if count)


def amount(counted: Counter[int]) -> int:
    """Minor units."""
    return sum(denomination * count for denomination, count in counted.items())
