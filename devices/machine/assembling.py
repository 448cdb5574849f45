"""How a composite machine is put together: each session begins with what the journal says of its device.

Failures: as the sessions.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..ccnet.session import CcnetSession
from ..cctalk.bus import Bus
from ..cctalk.coins import CoinAcceptor
from ..cctalk.frames import COIN_ACCEPTOR
from ..cctalk.hopper import Hopper
from ..promises import Acceptor, Clock, Dispenser, Link
from .coins import COINS, may_let_in
from .daybook import Daybook
from .notes import NOTES
from .plan import Plan


def ccnet_notes(link: Link, clock: Clock, book: Daybook, plan: Plan) -> Acceptor:
    return CcnetSession(link, clock, last=book.account.newest(NOTES), decimals=plan.terms.digits)


def cctalk_coins(
    bus: Bus, book: Daybook, *, address: int = COIN_ACCEPTOR, country: str = "", scale: int = 1
) -> Acceptor:
    return CoinAcceptor(
        bus,
        address=address,
        place=book.account.place(COINS),
        remember=lambda place: book.remember(COINS, place),
        country=country,
        scale=scale,
        opened=may_let_in(book),
    )


def cctalk_hoppers(bus: Bus, plan: Plan, addresses: Mapping[str, int]) -> dict[str, Dispenser]:
    """`addresses`: by unit."""
    return {unit: Hopper(bus, plan.unit(unit).denomination, address=at) for unit, at in addresses.items()}

