"""What the outbox must not be believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from post_office import PostOffice
from sales_pages import log_on, page, receipt, shift
from tillpost.queues.outbox import Outbox


def test_outbox_that_goes_away_while_it_is_looked_into_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    office.sell("sale_12.json", page([shift(gain=52.5)], [receipt(1)], [log_on()]))
    office.collect()
    written = office.outbox()
    away, look = office.root / "outbox", Outbox.there

    def unmount(outbox: Outbox) -> set[str]:
        away.rename(tmp_path / "share")
        away.mkdir()
        return look(outbox)

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "there", unmount)
        assert office.collect().outgone.taken == 0
    away.rmdir()
    (tmp_path / "share").rename(away)
    assert office.collect().outgone.taken == 0
    assert office.outbox() == written
    office.erp_takes()
    assert office.collect().outgone.taken == len(written) > 0
