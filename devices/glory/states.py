"""What a BrueBox controller's states and results mean, and what may be asked of it in each state: tables, no code that
decides.

In the states where a person must act first (6, 13, 24, 30) the controller never answers EndCashin and CashinCancel: the
table leaves them out there, so that nobody waits for an answer that does not come. A state that nobody knows allows
only what moves no cash.

Failures: none; a state or a result that nobody knows has a row of its own.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from ...model import Explained
from ..nouns import Standing


class State(IntEnum):
    """The code in a status answer or a StatusChangeEvent."""

    INITIALIZING = 0
    IDLE = 1
    STARTING_CHANGE = 2
    WAITING_INSERTION = 3
    COUNTING = 4
    DISPENSING = 5
    WAITING_REJECT_REMOVAL = 6
    WAITING_CASH_OUT_REMOVAL = 7
    RESETTING = 8
    CANCELLING_CHANGE = 9
    CALCULATING_CHANGE = 10
    CANCELLING_DEPOSIT = 11
    COLLECTING = 12
    ERROR = 13
    UPLOADING_FIRMWARE = 14
    READING_LOG = 15
    WAITING_REPLENISHMENT = 16
    COUNTING_REPLENISHMENT = 17
    UNLOCKING = 18
    WAITING_INVENTORY = 19
    FIXED_DEPOSIT = 20
    FIXED_DISPENSE = 21
    WAITING_DISPENSE = 22
    WAITING_CHANGE_CANCEL = 23
    COUNTED_SUSPECT_NOTE = 24
    WAITING_DEPOSIT_END = 25
    WAITING_BAG_REMOVAL = 26
    SEALING = 27
    WAITING_RECOVERY = 30
    PROGRAM_BUSY = 40
    WAITING_UPDATE = 41


STATES: dict[int, tuple[Standing, str]] = {
    State.INITIALIZING: (Standing.STARTING, "glory.state-initializing"),
    State.IDLE: (Standing.DISABLED, "glory.state-idle"),
    State.STARTING_CHANGE: (Standing.BUSY, "glory.state-starting-change"),
    State.WAITING_INSERTION: (Standing.ACCEPTING, "glory.state-waiting-insertion"),
    State.COUNTING: (Standing.ACCEPTING, "glory.state-counting"),
    State.DISPENSING: (Standing.BUSY, "glory.state-dispensing"),
    State.WAITING_REJECT_REMOVAL: (Standing.BUSY, "glory.state-waiting-reject-removal"),
    State.WAITING_CASH_OUT_REMOVAL: (Standing.BUSY, "glory.state-waiting-cash-out-removal"),
    State.RESETTING: (Standing.STARTING, "glory.state-resetting"),
    State.CANCELLING_CHANGE: (Standing.BUSY, "glory.state-cancelling-change"),
    State.CALCULATING_CHANGE: (Standing.BUSY, "glory.state-calculating-change"),
    State.CANCELLING_DEPOSIT: (Standing.BUSY, "glory.state-cancelling-deposit"),
    State.COLLECTING: (Standing.BUSY, "glory.state-collecting"),
    State.ERROR: (Standing.FAULTY, "glory.state-error"),
    State.UPLOADING_FIRMWARE: (Standing.BUSY, "glory.state-uploading-firmware"),
    State.READING_LOG: (Standing.BUSY, "glory.state-reading-log"),
    State.WAITING_REPLENISHMENT: (Standing.BUSY, "glory.state-waiting-replenishment"),
    State.COUNTING_REPLENISHMENT: (Standing.BUSY, "glory.state-counting-replenishment"),
    State.UNLOCKING: (Standing.OPEN, "glory.state-unlocking"),
    State.WAITING_INVENTORY: (Standing.BUSY, "glory.state-waiting-inventory"),
    State.FIXED_DEPOSIT: (Standing.BUSY, "glory.state-fixed-deposit"),
    State.FIXED_DISPENSE: (Standing.BUSY, "glory.state-fixed-dispense"),
    State.WAITING_DISPENSE: (Standing.BUSY, "glory.state-waiting-dispense"),
    State.WAITING_CHANGE_CANCEL: (Standing.BUSY, "glory.state-waiting-change-cancel"),
    State.COUNTED_SUSPECT_NOTE: (Standing.BUSY, "glory.state-counted-suspect-note"),
    State.WAITING_DEPOSIT_END: (Standing.BUSY, "glory.state-waiting-deposit-end"),
    State.WAITING_BAG_REMOVAL: (Standing.OPEN, "glory.state-waiting-bag-removal"),
    State.SEALING: (Standing.BUSY, "glory.state-sealing"),
    State.WAITING_RECOVERY: (Standing.FAULTY, "glory.state-waiting-recovery"),
    State.PROGRAM_BUSY: (Standing.BUSY, "glory.state-program-busy"),
    State.WAITING_UPDATE: (Standing.BUSY, "glory.state-waiting-update"),
}
UNKNOWN_STATE = (Standing.FAULTY, "glory.state-unknown")


class Command(StrEnum):
    """An operation, by the name that its request has."""

    OPEN = "Open"
    CLOSE = "Close"
    OCCUPY = "Occupy"
    RELEASE = "Release"
    STATUS = "Status"
    REGISTER_EVENT = "RegisterEvent"
    UNREGISTER_EVENT = "UnRegisterEvent"
    INVENTORY = "Inventory"
    START_CASHIN = "StartCashin"
    END_CASHIN = "EndCashin"
    CASHIN_CANCEL = "CashinCancel"
    CHANGE = "Change"
    CHANGE_CANCEL = "ChangeCancel"
    CASHOUT = "Cashout"
    COLLECT = "Collect"
    UNLOCK_UNIT = "UnLockUnit"
    LOCK_UNIT = "LockUnit"
    OPEN_EXIT_COVER = "OpenExitCover"
    CLOSE_EXIT_COVER = "CloseExitCover"
    ENABLE_DENOM = "EnableDenom"
    DISABLE_DENOM = "DisableDenom"
    RESET = "Reset"

    @property
    def action(self) -> str:
        """What the SOAPAction header says."""
        return "GetStatus" if self is Command.STATUS else f"{self.value}Operation"


MOVES_CASH = frozenset(
    {
        Command.END_CASHIN,
        Command.CASHIN_CANCEL,
        Command.CHANGE,
        Command.CASHOUT,
        Command.COLLECT,
    }
)
"""Whose answer tells what has moved; it comes when the moving is over, so it can take minutes."""

ANYWHERE = frozenset(
    {
        Command.OPEN,
        Command.CLOSE,
        Command.OCCUPY,
        Command.RELEASE,
        Command.STATUS,
        Command.REGISTER_EVENT,
        Command.UNREGISTER_EVENT,
    }
)
"""What moves no cash and opens nothing; also all that is allowed in an unknown state."""

_DOORS = frozenset({Command.UNLOCK_UNIT, Command.LOCK_UNIT, Command.OPEN_EXIT_COVER, Command.CLOSE_EXIT_COVER})
_DEPOSIT = frozenset({Command.END_CASHIN, Command.CASHIN_CANCEL, Command.CHANGE, Command.CHANGE_CANCEL})

ALSO_ALLOWED: dict[int, frozenset[Command]] = {
    State.IDLE: frozenset(
        {
            Command.INVENTORY,
            Command.START_CASHIN,
            Command.CHANGE,
            Command.CASHOUT,
            Command.COLLECT,
            Command.ENABLE_DENOM,
            Command.DISABLE_DENOM,
            Command.RESET,
            *_DOORS,
        }
    ),
    State.STARTING_CHANGE: frozenset({Command.CHANGE_CANCEL}),
    State.WAITING_INSERTION: _DEPOSIT,
    State.COUNTING: _DEPOSIT,
    State.WAITING_CHANGE_CANCEL: frozenset({Command.CHANGE_CANCEL}),
    State.WAITING_DEPOSIT_END: frozenset({Command.END_CASHIN, Command.CASHIN_CANCEL}),
    State.UNLOCKING: frozenset({Command.LOCK_UNIT, Command.CLOSE_EXIT_COVER}),
    State.ERROR: frozenset({Command.INVENTORY, Command.RESET, *_DOORS}),
    State.WAITING_RECOVERY: frozenset({Command.INVENTORY, Command.RESET, *_DOORS}),
}
"""What each state allows beyond `ANYWHERE`; a state that is not here allows no more."""


def allowed(state: int | None) -> frozenset[Command]:
    """What may be asked in `state`; None = it has not been told yet."""
    return ANYWHERE if state is None else ANYWHERE | ALSO_ALLOWED.get(state, frozenset())


class Verdict(Explained):
    """What a result says of its command; each member carries its sentence for people."""

    DONE = "done", "carried out"
    ENDED = "ended", "ended in another way than was asked for; the answer tells what has moved"
    REFUSED = "refused", "not begun: nothing has moved"
    NO_SESSION = "no session", "not begun: the session has to be opened anew"
    UNKNOWN = "unknown", "begun, and what has moved is not known: a person must look"


SUCCESS = 0
OCCUPIED_BY_ITSELF = 17

RESULTS: dict[int, tuple[Verdict, str]] = {
    SUCCESS: (Verdict.DONE, ""),
    1: (Verdict.ENDED, "glory.result-cancelled"),
    2: (Verdict.UNKNOWN, "glory.result-reset"),
    3: (Verdict.REFUSED, "glory.result-occupied-by-other"),
    4: (Verdict.REFUSED, "glory.result-occupation-off"),
    5: (Verdict.REFUSED, "glory.result-not-occupied"),
    6: (Verdict.REFUSED, "glory.result-denomination-shortage"),
    9: (Verdict.ENDED, "glory.result-cancelled-short"),
    10: (Verdict.ENDED, "glory.result-change-shortage"),
    11: (Verdict.REFUSED, "glory.result-wrong-state"),
    12: (Verdict.UNKNOWN, "glory.result-inconsistent"),
    13: (Verdict.UNKNOWN, "glory.result-recovery-failed"),
    OCCUPIED_BY_ITSELF: (Verdict.REFUSED, "glory.result-occupied-by-itself"),
    20: (Verdict.NO_SESSION, "glory.result-session-not-available"),
    21: (Verdict.NO_SESSION, "glory.result-session-invalid"),
    22: (Verdict.NO_SESSION, "glory.result-session-over"),
    36: (Verdict.REFUSED, "glory.result-too-many-listeners"),
    40: (Verdict.REFUSED, "glory.result-cassette-number"),
    41: (Verdict.REFUSED, "glory.result-cassette-improper"),
    96: (Verdict.UNKNOWN, "glory.result-repeated"),
    98: (Verdict.REFUSED, "glory.result-parameter"),
    99: (Verdict.UNKNOWN, "glory.result-program"),
    100: (Verdict.UNKNOWN, "glory.result-device"),
}
UNKNOWN_RESULT = (Verdict.UNKNOWN, "glory.result-unknown")
