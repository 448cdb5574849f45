"""How a coin acceptor and a hopper on a ccTalk bus stand: states and moves as tables, no code that decides.

What stands in no row changes nothing: a device that was stopped stays so whatever else it tells.

Failures: none.
"""

from __future__ import annotations

from enum import StrEnum

from ...model import Explained
from ..nouns import Standing

# --- coin acceptors ----------------------------------------------------------------------------------------


class CoinState(Explained):
    """Each member carries its sentence for people."""

    AWAY = "away", "it does not answer"
    MEETING = "meeting", "it answers, and is asked who it is"
    SHUT = "shut", "it lets nothing in"
    OPEN = "open", "it lets coins in"
    BLOCKED = "blocked", "its way is blocked"
    STOPPED = "stopped", "events were lost: a person must look"
    REFUSING = "refusing", "it refuses what every coin acceptor does"


class CoinCause(StrEnum):
    HEARD = "heard"
    KNOWN = "known"
    OPENED = "opened"
    SHUT = "shut"
    BLOCKED = "blocked"
    FREED = "freed"
    LOST = "lost"
    LOOKED = "a person has looked"
    REFUSED = "refused"
    SILENCE = "silence"


COIN_MOVES: dict[tuple[CoinState, CoinCause], CoinState] = {
    (CoinState.AWAY, CoinCause.SILENCE): CoinState.AWAY,
    (CoinState.AWAY, CoinCause.HEARD): CoinState.MEETING,
    (CoinState.AWAY, CoinCause.REFUSED): CoinState.REFUSING,
    (CoinState.MEETING, CoinCause.KNOWN): CoinState.SHUT,
    (CoinState.MEETING, CoinCause.REFUSED): CoinState.REFUSING,
    (CoinState.MEETING, CoinCause.SILENCE): CoinState.AWAY,
    (CoinState.SHUT, CoinCause.OPENED): CoinState.OPEN,
    (CoinState.SHUT, CoinCause.BLOCKED): CoinState.BLOCKED,
    (CoinState.SHUT, CoinCause.LOST): CoinState.STOPPED,
    (CoinState.SHUT, CoinCause.REFUSED): CoinState.REFUSING,
    (CoinState.SHUT, CoinCause.SILENCE): CoinState.AWAY,
    (CoinState.OPEN, CoinCause.SHUT): CoinState.SHUT,
    (CoinState.OPEN, CoinCause.BLOCKED): CoinState.BLOCKED,
    (CoinState.OPEN, CoinCause.LOST): CoinState.STOPPED,
    (CoinState.OPEN, CoinCause.REFUSED): CoinState.REFUSING,
    (CoinState.OPEN, CoinCause.SILENCE): CoinState.AWAY,
    (CoinState.BLOCKED, CoinCause.BLOCKED): CoinState.BLOCKED,
    (CoinState.BLOCKED, CoinCause.FREED): CoinState.SHUT,
    (CoinState.BLOCKED, CoinCause.LOST): CoinState.STOPPED,
    (CoinState.BLOCKED, CoinCause.REFUSED): CoinState.REFUSING,
    (CoinState.BLOCKED, CoinCause.SILENCE): CoinState.AWAY,
    (CoinState.STOPPED, CoinCause.LOOKED): CoinState.SHUT,
    (CoinState.STOPPED, CoinCause.SILENCE): CoinState.AWAY,
    (CoinState.REFUSING, CoinCause.KNOWN): CoinState.SHUT,
    (CoinState.REFUSING, CoinCause.SILENCE): CoinState.AWAY,
}

COIN_STANDINGS: dict[CoinState, Standing] = {
    CoinState.AWAY: Standing.OFFLINE,
    CoinState.MEETING: Standing.STARTING,
    CoinState.SHUT: Standing.DISABLED,
    CoinState.OPEN: Standing.ACCEPTING,
    CoinState.BLOCKED: Standing.JAMMED,
    CoinState.STOPPED: Standing.FAULTY,
    CoinState.REFUSING: Standing.FAULTY,
}


# --- hoppers -----------------------------------------------------------------------------------------------


class HopperState(Explained):
    """Each member carries its sentence for people."""

    AWAY = "away", "it does not answer"
    MEETING = "meeting", "it answers, and is asked who it is"
    RESTING = "resting", "it pays nothing out"
    PAYING = "paying", "it pays out"
    DOUBTFUL = "doubtful", "it was told to pay out, and whether it does is not known"
    JAMMED = "jammed", "it pays nothing out, and its last pay-out was stopped by a jam"
    FAULTY = "faulty", "it tells of a fault"
    REFUSING = "refusing", "it refuses what every hopper does"


class HopperCause(StrEnum):
    HEARD = "heard"
    KNOWN = "known"
    BEGUN = "begun"
    DOUBT = "doubt"
    OVER = "over"
    JAM = "jam"
    FAULT = "fault"
    REFUSED = "refused"
    SILENCE = "silence"


AT_REST = (HopperState.RESTING, HopperState.JAMMED, HopperState.FAULTY)

HOPPER_MOVES: dict[tuple[HopperState, HopperCause], HopperState] = {
    (HopperState.AWAY, HopperCause.HEARD): HopperState.MEETING,
    (HopperState.AWAY, HopperCause.REFUSED): HopperState.REFUSING,
    (HopperState.MEETING, HopperCause.KNOWN): HopperState.RESTING,
    (HopperState.MEETING, HopperCause.BEGUN): HopperState.PAYING,
    (HopperState.REFUSING, HopperCause.KNOWN): HopperState.RESTING,
    (HopperState.REFUSING, HopperCause.BEGUN): HopperState.PAYING,
    (HopperState.PAYING, HopperCause.OVER): HopperState.RESTING,
    (HopperState.DOUBTFUL, HopperCause.OVER): HopperState.RESTING,
    (HopperState.DOUBTFUL, HopperCause.BEGUN): HopperState.PAYING,
    **{(state, HopperCause.BEGUN): HopperState.PAYING for state in AT_REST},
    **{(state, HopperCause.DOUBT): HopperState.DOUBTFUL for state in AT_REST},
    **{(state, HopperCause.OVER): HopperState.RESTING for state in AT_REST},
    **{(state, HopperCause.JAM): HopperState.JAMMED for state in AT_REST},
    **{(state, HopperCause.FAULT): HopperState.FAULTY for state in AT_REST},
    **{(state, HopperCause.REFUSED): HopperState.REFUSING for state in HopperState if state is not HopperState.AWAY},
    **{(state, HopperCause.SILENCE): HopperState.AWAY for state in HopperState},
}

HOPPER_STANDINGS: dict[HopperState, Standing] = {
    HopperState.AWAY: Standing.OFFLINE,
    HopperState.MEETING: Standing.STARTING,
    HopperState.RESTING: Standing.DISABLED,
    HopperState.PAYING: Standing.BUSY,
    HopperState.DOUBTFUL: Standing.BUSY,
    HopperState.JAMMED: Standing.JAMMED,
    HopperState.FAULTY: Standing.FAULTY,
    HopperState.REFUSING: Standing.FAULTY,
}
