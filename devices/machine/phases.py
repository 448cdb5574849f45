"""What a cash machine may go over to, and when: a table, no code that decides.

Failures: none; what stands in no row changes nothing.
"""

from __future__ import annotations

from enum import StrEnum

from .nouns import DepositStatus, Phase


class Cause(StrEnum):
    """What makes a machine go over to something else."""

    SETTLED = "the journal is settled with the devices"
    INTERRUPTED = "settled, and a deposit was open"
    BEGIN = "begin_deposit"
    PAUSE = "pause_deposit"
    RESUME = "pause_deposit off"
    ENOUGH = "enough is in"
    FIX = "fix_deposit"
    COUNTED = "all is counted"
    GIVE_CHANGE = "end_deposit with change"
    GIVE_BACK = "end_deposit with repayment"
    GIVE = "dispense"
    MOVE = "collect"
    OVER = "over"


_DEPOSITING = (Phase.DEPOSIT, Phase.PAUSED)

PHASES: dict[tuple[Phase, Cause], Phase] = {
    (Phase.STARTING, Cause.SETTLED): Phase.IDLE,
    (Phase.STARTING, Cause.INTERRUPTED): Phase.PAUSED,
    (Phase.IDLE, Cause.BEGIN): Phase.DEPOSIT,
    (Phase.IDLE, Cause.GIVE): Phase.DISPENSE,
    (Phase.IDLE, Cause.MOVE): Phase.COLLECT,
    (Phase.DEPOSIT, Cause.PAUSE): Phase.PAUSED,
    (Phase.PAUSED, Cause.RESUME): Phase.DEPOSIT,
    (Phase.DEPOSIT, Cause.ENOUGH): Phase.FIXING,
    **{(phase, Cause.FIX): Phase.FIXING for phase in _DEPOSITING},
    (Phase.FIXING, Cause.COUNTED): Phase.FIXED,
    (Phase.FIXED, Cause.GIVE_CHANGE): Phase.CHANGE,
    (Phase.FIXED, Cause.GIVE_BACK): Phase.REPAY,
    **{
        (phase, Cause.OVER): Phase.IDLE
        for phase in (Phase.FIXED, Phase.CHANGE, Phase.REPAY, Phase.DISPENSE, Phase.COLLECT)
    },
}

DEPOSIT_STATUS: dict[Phase, DepositStatus] = {
    Phase.DEPOSIT: DepositStatus.START,
    Phase.PAUSED: DepositStatus.START,
    Phase.FIXING: DepositStatus.COUNT,
    Phase.FIXED: DepositStatus.END,
    Phase.CHANGE: DepositStatus.END,
    Phase.REPAY: DepositStatus.COUNT,
}
"""UnifiedPOS; where nothing stands, no deposit is open."""
