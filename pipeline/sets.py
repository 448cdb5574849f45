"""Full exports that come in parts: which parts belong together, and when their set is complete.

A part's records hold at once. Its claim to be complete holds for the set only: what no part named goes when the
set ends, by a flag file or after a quiet time, in a booking of its own with its own arrival and verdict. The same
part again, or a part after the end, begins a new set; a set with a part that was broken, refused or held deletes
nothing.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..converters.commerceml import part_of
from ..model import Extent, Header, Put, Refused
from .ledger import Export, Ledger, PartSet

REFUSED = "refused"  # stands for the kind of what could not be read


class Part:
    """A part on its way into its set, inside the transaction that books it."""

    def __init__(self, ledger: Ledger, part_set: PartSet, name: str) -> None:
        self._ledger = ledger
        self._set = part_set
        self._name = name

    @classmethod
    def of(cls, ledger: Ledger, export: Export) -> Part | None:
        """None for an export that is no part; nor is one that was held: its set did not wait for it."""
        if not _set_name(export) or export.closes or export.released:
            return None
        return cls(ledger, _open_set(ledger, export) or _new_set(export), export.name)

    @property
    def is_idle(self) -> bool:
        """Whether nobody needs to know what the export names."""
        return False

    def name(self, record: Put | Refused) -> None:
        _name(self._ledger, self._set, record)

    def join(self, extents: Iterable[Extent], now: float) -> None:
        merged = {*self._set.extents, *((extent.kind.value, extent.origin) for extent in extents)}
        self._ledger.save_set(
            msgspec.structs.replace(
                self._set, parts=(*self._set.parts, self._name), extents=tuple(sorted(merged)), last=now
            )
        )

    def spoil(self, now: float) -> None:
        """The part was not taken: its set still ends, and deletes nothing."""
        self._ledger.save_set(msgspec.structs.replace(self._set, spoilt=self._name, last=now))


class Between:
    """An export that is no part, and comes while sets of its scope are open: what it states stays when they end."""

    def __init__(self, ledger: Ledger, part_sets: list[PartSet]) -> None:
        self._ledger = ledger
        self._sets = part_sets

    @classmethod
    def of(cls, ledger: Ledger, scope: str) -> Between:
        return cls(ledger, [one for one in ledger.part_sets() if one.scope == scope and not one.closing])

    @property
    def is_idle(self) -> bool:
        return not self._sets

    def name(self, record: Put | Refused) -> None:
        for part_set in self._sets:
            _name(self._ledger, part_set, record)


def _name(ledger: Ledger, part_set: PartSet, record: Put | Refused) -> None:
    """A refused record was named all the same: its old value stays."""
    key = record.key if isinstance(record, Put) else (record.key,)
    ledger.name_in_set(part_set.key, record.kind if isinstance(record, Put) else REFUSED, key)


def _open_set(ledger: Ledger, export: Export) -> PartSet | None:
    """The set that waits for this part. One that has it already is over: it was never completed, and deletes
    nothing, since nobody can say which of its names the ERP still meant."""
    for part_set in ledger.part_sets():
        if (part_set.name, part_set.scope, part_set.closing) == (_set_name(export), _scope(export), False):
            if export.name not in part_set.parts:
                return part_set
            ledger.drop_set(part_set.key)
    return None


def _new_set(export: Export) -> PartSet:
    name = _set_name(export)
    header = export.header or Header(format="", kind="", part_of=name)
    return PartSet(f"{export.arrival:010}", name, _scope(export), header)


def _scope(export: Export) -> str:
    """Of a part so broken that its root could not be read, the folder is known."""
    return export.scope or export.shop


def _set_name(export: Export) -> str:
    return export.header.part_of if export.header else set_of(export.name)


def set_of(name: str) -> str:
    """The set that a file belongs to by its name, which may be all that is known of a broken one; "" = none."""
    part = part_of(name)
    return part[0] if part else ""


def complete(ledger: Ledger, flagged: frozenset[tuple[str, str]], now: float, quiet_seconds: float) -> list[PartSet]:
    """Sets that have ended: flagged by the ERP, as (shop, set name), or quiet for long enough."""
    return [
        part_set
        for part_set in ledger.part_sets()
        if not part_set.closing and ((part_set.scope, part_set.name) in flagged or now - part_set.last >= quiet_seconds)
    ]


def named_in(ledger: Ledger, key: str, kind: str, name: tuple[str, ...]) -> bool:
    """Whether a part of the set named this fact, were it only to be refused."""
    return (
        ledger.named_in_set(key, kind, name)
        or ledger.named_in_set(key, REFUSED, name[:1])
        or ledger.named_in_set(key, REFUSED, ("#".join(name),))
    )
