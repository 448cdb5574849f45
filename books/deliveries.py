"""What the ERP is to get of the books, and whether it has it: due -> written -> taken.

A document is made when what it tells of is booked, in the same transaction, and kept until the ERP has taken it and
its time has passed. A name is given once for ever: what says something else about the same subject is a new version.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_, update

from .nouns import Delivery, DeliveryState, Sent
from .session import Session, batched, batches
from .tables import DELIVERIES

_HEAD = (
    DELIVERIES.c.id,
    DELIVERIES.c.kind,
    DELIVERIES.c.subject,
    DELIVERIES.c.version,
    DELIVERIES.c.name,
    DELIVERIES.c.state,
    DELIVERIES.c.made,
)


class Deliveries:
    """The part of a transaction that knows the ERP's documents."""

    _session: Session

    def deliver(self, delivery: Delivery, now: float, *, again: bool = False) -> str | None:
        """The name of the document's file; None where the subject's last version says the same, unless it is wanted
        `again`."""
        return self._deliver([delivery], now, again)[0]

    def deliver_all(self, deliveries: Iterable[Delivery], now: float) -> list[str | None]:
        """`deliver` for many, in a few round trips. They may be made from `untold` as they are asked for."""
        names: list[str | None] = []
        for batch in batched(iter(deliveries)):
            names += self._deliver(batch, now)
        return names

    def _deliver(self, batch: Sequence[Delivery], now: float, again: bool = False) -> list[str | None]:
        last = self._last_versions({one.subject for one in batch})
        used = self._used_versions({one.stem for one in batch})
        row_id = self._session.greatest(DELIVERIES)
        names: list[str | None] = []
        rows = []
        for one in batch:
            version, content = last.get(one.subject, (0, b""))
            if version and content == one.content and not again:
                names.append(None)
                continue
            version = max(version, used.get(one.stem, 0)) + 1
            name = f"{one.stem}.xml" if version == 1 else f"{one.stem}_v{version}.xml"
            last[one.subject], used[one.stem] = (version, one.content), version
            row_id += 1
            due = DeliveryState.DUE.value
            rows.append(
                (
                    row_id,
                    one.kind,
                    one.subject,
                    version,
                    one.stem,
                    name,
                    one.content,
                    due,
                    now,
                    None,
                    None,
                    one.body(version),
                )
            )
            names.append(name)
        self._session.append(DELIVERIES, rows)
        return names

    def _last_versions(self, subjects: set[str]) -> dict[str, tuple[int, bytes]]:
        newest = (
            select(DELIVERIES.c.subject, func.max(DELIVERIES.c.version))
            .where(DELIVERIES.c.subject.in_(subjects))
            .group_by(DELIVERIES.c.subject)
        )
        keys = [tuple(row) for row in self._session.rows(newest)]
        if not keys:
            return {}
        both = tuple_(DELIVERIES.c.subject, DELIVERIES.c.version)
        found = self._session.rows(
            select(DELIVERIES.c.subject, DELIVERIES.c.version, DELIVERIES.c.content).where(both.in_(keys))
        )
        return {row.subject: (row.version, row.content) for row in found}

    def _used_versions(self, stems: set[str]) -> dict[str, int]:
        used = (
            select(DELIVERIES.c.stem, func.max(DELIVERIES.c.version).label("version"))
            .where(DELIVERIES.c.stem.in_(stems))
            .group_by(DELIVERIES.c.stem)
        )
        return {row.stem: row.version for row in self._session.rows(used)}

    # --- their way

    def due(self, limit: int) -> list[Sent]:
        """With their bodies, in the order in which they were made."""
        wanted = select(*_HEAD, DELIVERIES.c.body).where(DELIVERIES.c.state == DeliveryState.DUE.value)
        return [_sent(row) for row in self._session.rows(wanted.order_by(DELIVERIES.c.id).limit(limit))]

    def written(self) -> list[Sent]:
        """Those that the ERP has not taken, as far as is known; in their order, without their bodies."""
        wanted = select(*_HEAD).where(DELIVERIES.c.state == DeliveryState.WRITTEN.value)
        return [_sent(row) for row in self._session.rows(wanted.order_by(DELIVERIES.c.id))]

    def last_written(self) -> int:
        """The id of the newest document that the ERP has not taken, as far as is known; 0 = there is none. Where it is
        as it was, no further one was written meanwhile."""
        wanted = select(func.max(DELIVERIES.c.id)).where(DELIVERIES.c.state == DeliveryState.WRITTEN.value)
        return int(self._session.first(wanted)[0] or 0)

    def taken_among(self, names: Iterable[str]) -> list[str]:
        """Those of these files that the ERP took."""
        wanted = select(DELIVERIES.c.name).where(DELIVERIES.c.state == DeliveryState.TAKEN.value)
        some = batches(sorted(names))
        return [row.name for few in some for row in self._session.rows(wanted.where(DELIVERIES.c.name.in_(few)))]

    def undelivered(self) -> int:
        """How many documents the ERP has not taken, as far as is known."""
        wanted = DELIVERIES.c.state.in_((DeliveryState.DUE.value, DeliveryState.WRITTEN.value))
        return int(self._session.first(select(func.count().label("documents")).where(wanted)).documents)

    def mark_written(self, ids: Iterable[int], now: float) -> None:
        self._mark(ids, {"state": DeliveryState.WRITTEN.value, "written": now})

    def mark_taken(self, ids: Iterable[int], now: float) -> None:
        self._mark(ids, {"state": DeliveryState.TAKEN.value, "taken": now})

    def mark_due(self, ids: Iterable[int]) -> None:
        """They were written, and went without having been taken."""
        self._mark(ids, {"state": DeliveryState.DUE.value, "written": None})

    def _mark(self, ids: Iterable[int], values: dict[str, Any]) -> None:
        for batch in batches(list(ids)):
            self._session.run(update(DELIVERIES).where(DELIVERIES.c.id.in_(batch)).values(values))

    def drop_bodies(self, before: float) -> int:
        """Drops the bodies of what was taken before `before`; how many. Their names stay, and are never used again."""
        old = (DELIVERIES.c.taken < before) & DELIVERIES.c.body.is_not(None)
        taken = DELIVERIES.c.state == DeliveryState.TAKEN.value
        return self._session.run(update(DELIVERIES).where(old & taken).values(body=None))

    def deliveries(self, limit: int, state: DeliveryState | None = None) -> list[Sent]:
        """Newest first, without their bodies."""
        wanted = select(*_HEAD).order_by(DELIVERIES.c.id.desc()).limit(limit)
        if state is not None:
            wanted = wanted.where(DELIVERIES.c.state == state.value)
        return [_sent(row) for row in self._session.rows(wanted)]


def _sent(row: Any) -> Sent:
    body = row._mapping.get("body") or b""
    return Sent(row.id, row.kind, row.subject, row.version, row.name, DeliveryState(row.state), row.made, bytes(body))
