"""How a root comes to be, and what a person does with its tills: add, fill anew, hold.

Failures: `Reject` where the folder holds something else already, or there is no such shop or till, or it is there
already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ..errors import Fault, Reason, Reject, Retry
from ..queues.disk import LocalDisk
from ..queues.durable import publish
from ..queues.layout import Layout
from . import views
from .delivery import Delivery, want_full
from .ledger import Ledger
from .office import Office, open_office
from .settings import FILE_NAME, check_id, template

SETTINGS_MODE = 0o640


def make(root: Path, tills: Mapping[str, Sequence[str]]) -> None:
    """A new root with its shops and their tills. A root that is there already is left as it is: Reject."""
    for shop, names in tills.items():
        check_id("shop", shop)
        for name in names:
            check_id("till", name)
    if (root / FILE_NAME).exists():
        raise Reject(Reason("root.there", root=root), Fault.ERROR)
    if root.exists() and any(root.iterdir()):
        raise Reject(Reason("root.not-empty", root=root), Fault.ERROR)
    root.parent.mkdir(parents=True, exist_ok=True)
    layout = Layout.of(root)
    disk = LocalDisk(layout.tops())
    layout.create(disk)
    publish(disk, root / FILE_NAME, template(list(tills)).encode(), SETTINGS_MODE)
    with open_office(root, ours=True) as office:
        for shop, names in tills.items():
            add_tills(office, shop, names)


def add_tills(office: Office, shop: str, names: Iterable[str]) -> None:
    """Adds tills to a shop; the next delivery fills each, as its first epoch."""
    if shop not in office.settings.shops:
        raise Reject(Reason("root.no-shop", shop=shop, known=", ".join(office.settings.shops) or "-"), Fault.ERROR)
    added = []
    with office.store.read() as txn:
        known = {state.till.lower() for state in Ledger(txn).tills(shop)}
    for name in names:
        check_id("till", name)
        if name.lower() in known:
            raise Reject(Reason("root.till-there", shop=shop, till=name), Fault.ERROR)
        known.add(name.lower())
        added.append(office.new_till(shop, name))
    with office.store.write() as txn:
        Ledger(txn).save_tills(added)
    office.log.info("tills_added", shop=shop, tills=[state.till for state in added])


def resync(office: Office, shop: str, till: str, *, now: bool) -> int:
    """Begins a new epoch: the till is emptied and filled anew, behind what stands in its folder. Returns the
    commands offered; 0 where it begins later: the shop's hours for clears are not now, and `now` does not override
    them. Raises Retry where the disk does not take it now; the next delivery will."""
    state = views.till(office, shop, till)
    wanting = want_full(state)
    with office.store.write() as txn:
        Ledger(txn).save_tills([wanting])
    office.log.info("resync_asked", shop=shop, till=till)
    delivered = Delivery(office).round(at_once=(shop, till) if now else None)
    if shop in delivered.put_off:
        raise Retry(delivered.put_off[shop])
    after = views.till(office, shop, till)
    if after.wants_full:
        return 0
    return sum(chunk.objects for chunk in after.outstanding if chunk.number >= after.first_number)


def resync_size(office: Office, shop: str, till: str) -> int:
    """How many commands a resync would send."""
    state = views.till(office, shop, till)
    with office.store.read() as txn:
        return office.catalogue(txn).size(state.shop)


def hold(office: Office, shop: str, till: str, *, held: bool) -> None:
    """Offers a till nothing more, or goes on."""
    state = views.till(office, shop, till)
    with office.store.write() as txn:
        Ledger(txn).save_tills([msgspec.structs.replace(state, held=held)])
    office.log.info("till_held" if held else "till_released", shop=shop, till=till)
