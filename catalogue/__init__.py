"""What every till should have: facts, the commands made of them, the log of what changed, and the store below."""

from .booking import Booking
from .catalogue import Catalogue
from .lmdbstore import LmdbStore
from .memory import MemoryStore
from .outcome import Outcome, ShopDiff
from .store import VERSION, Records, Store, Table, Transaction

__all__ = [
    "VERSION",
    "Booking",
    "Catalogue",
    "LmdbStore",
    "MemoryStore",
    "Outcome",
    "Records",
    "ShopDiff",
    "Store",
    "Table",
    "Transaction",
]
