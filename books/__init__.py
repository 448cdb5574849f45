"""The books: the sales database, in which every sale is booked exactly once.

Failures: `Retry` where the database is locked, gone or full; `Halt` where it is damaged, newer than the program, or
somebody else's; `Reject` (error) where it refuses a value for good.
"""

from __future__ import annotations

from .audit import Entry
from .database import Books
from .depths import Depth
from .findings import (
    SHIFT_SUBJECT,
    DayReckoning,
    DepartmentSums,
    MeansSums,
    ShiftDelivery,
    ShiftReckoning,
    ShiftStanding,
    Version,
)
from .hourly import HourSums
from .nouns import (
    Counted,
    Delivery,
    DeliveryState,
    DrawerSums,
    FileState,
    Request,
    SalesFile,
    Sent,
    ShiftRow,
    Tally,
)
from .people import Failures, Role, Token, User, Visit
from .receipts import FoundReceipts, Receipt, ReceiptRow, ReceiptVersion, Sought, Spot
from .stock import Stocked
from .transaction import Transaction
from .trimming import OldShift

__all__ = [
    "SHIFT_SUBJECT",
    "Books",
    "Counted",
    "DayReckoning",
    "Delivery",
    "DeliveryState",
    "DepartmentSums",
    "Depth",
    "DrawerSums",
    "Entry",
    "Failures",
    "FileState",
    "FoundReceipts",
    "HourSums",
    "MeansSums",
    "OldShift",
    "Receipt",
    "ReceiptRow",
    "ReceiptVersion",
    "Request",
    "Role",
    "SalesFile",
    "Sent",
    "ShiftDelivery",
    "ShiftReckoning",
    "ShiftRow",
    "ShiftStanding",
    "Sought",
    "Spot",
    "Stocked",
    "Tally",
    "Token",
    "Transaction",
    "User",
    "Version",
    "Visit",
]
