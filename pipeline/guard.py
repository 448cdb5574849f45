"""What makes a correct export suspicious: it deletes too much, or moves too many prices too far.

Pure: it is shown what an export would change and says what it thinks of that.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import Reason
from .ledger import ShopPlan
from .settings import Guard


def suspicions(plans: Iterable[ShopPlan], guard: Guard, *, full: bool) -> list[Reason]:
    """Why a person should look first; [] when nobody need. Full exports are weighed, and the prices of the
    others too where `guard.changes` says so."""
    found: list[Reason] = []
    for plan in plans:
        if full:
            found.extend(_deletions(plan, guard))
        if full or guard.changes:
            found.extend(_moves(plan, guard))
    return found


def _deletions(plan: ShopPlan, guard: Guard) -> Iterator[Reason]:
    if plan.goods and plan.dropped > guard.deleted_share * plan.goods:
        yield Reason(
            "guard.deletes",
            shop=plan.shop,
            gone=plan.dropped,
            goods=plan.goods,
            share=_percent(plan.dropped, plan.goods),
            limit=f"{guard.deleted_share:.0%}",
        )


def _moves(plan: ShopPlan, guard: Guard) -> Iterator[Reason]:
    if plan.priced and plan.moved > guard.moved_share * plan.priced:
        yield Reason(
            "guard.moves",
            shop=plan.shop,
            moved=plan.moved,
            priced=plan.priced,
            share=_percent(plan.moved, plan.priced),
            factor=f"{guard.moved_factor:g}",
            limit=f"{guard.moved_share:.0%}",
        )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}"
