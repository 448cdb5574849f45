"""What `make bench-collect` feeds: the same sales files from the same seed, of which every object is taken."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from tillpost.converters.artixsales import ArtixSales
from tillpost.model import Document, RefusedSale, SalesOptions, ShiftRecord

SALES: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "salesfiles.py"))


def test_sales_of_a_benchmark_come_again_from_their_seed_and_are_taken_whole(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other", "another")]
    for folder, seed in zip(folders, (7, 7, 8), strict=True):
        assert SALES["write"](folder, 500, seed) == 500
    one, other, another = ((folder / "1" / "sale_1_1.json").read_bytes() for folder in folders)
    assert one == other != another
    with (folders[0] / "1" / "sale_1_1.json").open("rb") as source:
        events = list(ArtixSales().read(source, SalesOptions()))
    assert not [event for event in events if isinstance(event, RefusedSale)]
    (record,) = (event for event in events if isinstance(event, ShiftRecord))
    receipts = [event for event in events if isinstance(event, Document)]
    assert {(len(receipt.positions), len(receipt.payments)) for receipt in receipts} == {(10, 2)}
    assert record.gain == sum(receipt.sum for receipt in receipts)
