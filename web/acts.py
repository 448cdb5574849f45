"""What the pages change, for people and for programs alike: each act with its name, what it is about, and what it says
came of it. The work is that of the verbs.

Failures: those of the pipeline's functions.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import Reason
from ..pipeline import archive, held, root
from ..pipeline.acting import about_archive, about_export, about_till, decided, filled, holding
from ..pipeline.ledger import Export
from ..pipeline.office import Office
from .site import Site


def release_export(site: Site, who: str, arrival: int) -> int:
    return _decide(site, who, "held release", arrival, held.release)


def refuse_export(site: Site, who: str, arrival: int) -> int:
    return _decide(site, who, "held refuse", arrival, held.refuse)


def _decide(site: Site, who: str, verb: str, arrival: int, decide: Callable[[Office, int], Export]) -> int:
    def work(office: Office) -> Reason:
        decide(office, arrival)
        return decided(office, arrival)

    return site.act(who, verb, about_export(arrival), work)


def hold_till(site: Site, who: str, shop: str, till: str) -> int:
    return _hold(site, who, "queue hold", shop, till, on_hold=True)


def release_till(site: Site, who: str, shop: str, till: str) -> int:
    return _hold(site, who, "queue release", shop, till, on_hold=False)


def _hold(site: Site, who: str, verb: str, shop: str, till: str, *, on_hold: bool) -> int:
    def work(office: Office) -> Reason:
        root.hold(office, shop, till, held=on_hold)
        return holding(held=on_hold)

    return site.act(who, verb, about_till(shop, till), work)


def resync_till(site: Site, who: str, shop: str, till: str) -> int:
    """Empties it and fills it anew, in the hours in which that is allowed."""

    def work(office: Office) -> Reason:
        return filled(root.resync(office, shop, till, now=False))

    return site.act(who, "till resync", about_till(shop, till), work)


def restore_file(site: Site, who: str, name: str, member: str) -> int:
    """Brings a file of an archive back to where it lay."""

    def work(office: Office) -> Reason:
        row = archive.restore(office, archive.one(office, name), member)
        return Reason("archives.restored", path=row["path"])

    return site.act(who, "archive restore", about_archive(name), work)
