"""How a pay-out behind SSP stands, and what its events mean: tables, no code that decides.

What stands in no row changes nothing.

Failures: none.
"""

from __future__ import annotations

from enum import StrEnum

from ...model import Explained
from ..nouns import Standing
from .events import Code


class PayState(Explained):
    """Each member carries its sentence for people."""

    RESTING = "resting", "it pays nothing out"
    PAYING = "paying", "it pays out"
    DOUBTFUL = "doubtful", "it was told to pay out, and whether it does is not known"
    JAMMED = "jammed", "its last pay-out was stopped by a jam"
    OUT_OF_SERVICE = "out of service", "it tells of a fault"


class PayCause(StrEnum):
    BEGUN = "begun"
    DOUBT = "doubt"
    OVER = "over"
    JAM = "jam"
    FAULT = "fault"
    RESTARTED = "restarted"


AT_REST = (PayState.RESTING, PayState.JAMMED, PayState.OUT_OF_SERVICE)

PAY_MOVES: dict[tuple[PayState, PayCause], PayState] = {
    **{(state, PayCause.BEGUN): PayState.PAYING for state in PayState},
    **{(state, PayCause.DOUBT): PayState.DOUBTFUL for state in AT_REST},
    **{(state, PayCause.OVER): PayState.RESTING for state in PayState},
    **{(state, PayCause.JAM): PayState.JAMMED for state in PayState},
    **{(state, PayCause.FAULT): PayState.OUT_OF_SERVICE for state in AT_REST},
    (PayState.JAMMED, PayCause.RESTARTED): PayState.RESTING,
    (PayState.OUT_OF_SERVICE, PayCause.RESTARTED): PayState.RESTING,
}

PAY_STANDINGS: dict[PayState, tuple[Standing, str]] = {
    PayState.RESTING: (Standing.DISABLED, ""),
    PayState.PAYING: (Standing.BUSY, ""),
    PayState.DOUBTFUL: (Standing.BUSY, ""),
    PayState.JAMMED: (Standing.JAMMED, "ssp.payout-jammed"),
    PayState.OUT_OF_SERVICE: (Standing.FAULTY, "ssp.payout-out-of-service"),
}

PAYING = frozenset({Code.DISPENSING, Code.HELD_IN_BEZEL, Code.JAM_RECOVERY})
"""While one of these is told, a pay-out runs."""

ENDS: dict[int, tuple[PayCause, str]] = {
    Code.DISPENSED: (PayCause.OVER, ""),
    Code.HALTED: (PayCause.OVER, "ssp.payout-stopped"),
    Code.TIME_OUT: (PayCause.OVER, "ssp.payout-timed-out"),
    Code.JAMMED: (PayCause.JAM, "ssp.payout-jammed"),
    Code.INCOMPLETE_PAYOUT: (PayCause.OVER, "ssp.payout-power"),
}
"""What ends a pay-out, and tells the value that went out."""

OTHERS: dict[int, PayCause] = {
    Code.PAYOUT_OUT_OF_SERVICE: PayCause.FAULT,
    Code.FLOAT_REMOVED: PayCause.FAULT,
    Code.RESET: PayCause.RESTARTED,
    Code.FLOAT_ATTACHED: PayCause.RESTARTED,
}

REFUSALS = {
    0x00: "ssp.payout-not-there",
    0x01: "ssp.payout-not-exact",
    0x03: "ssp.payout-busy",
    0x04: "ssp.payout-disabled",
}
"""The second byte of a refused pay-out."""
NOT_ENABLED = {
    0x01: "ssp.payout-missing",
    0x02: "ssp.payout-currency",
    0x03: "ssp.payout-busy",
}
"""The second byte where ENABLE PAYOUT was refused."""
REFUSED = "ssp.payout-refused"  # for any other
