"""A plan says what the feed would do, and does nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from another_process import held_by_another
from commerceml_pages import page
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from post_office import PostOffice, export, good, goods
from tillpost.pipeline.ledger import Export, Ledger, Verdict
from tillpost.pipeline.office import open_office
from tillpost.pipeline.plan import plan
from tillpost.pipeline.verdicts import told

pytestmark = pytest.mark.usefixtures("unsynced")

TEN = [good(str(number)) for number in range(10)]
PAGES = {
    "changes": goods(good("0", "11.00"), good("new", "5.00"), full=False),
    "full": goods(*TEN[:9]),
    "nothing new": goods(*TEN),
    "suspicious": goods(TEN[0]),
    "broken": goods(*TEN)[:-30],
    "no XML": "not at all",
    "unknown shop": goods(*TEN, shop="77"),
    "refused records": goods(*TEN, good("10", "-1")),
    "old number": goods(*TEN, number=3),
    "repeat": None,
    "gap": goods(TEN[0], full=False, number=9),
    "commerceml": page("abc"),
}
FIRST = goods(*TEN, number=5)


def planned(office: PostOffice, content: str, name: str = "new.xml", shop: str = "") -> tuple[Export, Verdict]:
    """The plan, made beside whoever has the lock."""
    file = office.root.parent / name
    file.write_text(content, "utf-8")
    with open_office(office.root, weighing=True, clock=office.clock) as opened:
        return plan(opened, file, shop)


def everything(office: PostOffice) -> dict[str, str]:
    """The digests of all files of a root, but for the log and LMDB's table of readers."""
    files = (path for path in office.root.rglob("*") if path.is_file())
    kept = (path for path in files if path.name not in ("lock.mdb", "tillpost.log"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.fixture
def filled(office: PostOffice) -> PostOffice:
    office.send("first.xml", FIRST)
    return office


@pytest.mark.parametrize("content", PAGES.values(), ids=PAGES)
def test_plan_changes_nothing(filled: PostOffice, content: str | None) -> None:
    before = everything(filled)
    planned(filled, content or FIRST)
    assert everything(filled) == before


@pytest.mark.parametrize("content", PAGES.values(), ids=PAGES)
def test_feed_does_what_the_plan_says(filled: PostOffice, content: str | None) -> None:
    export, verdict = planned(filled, content or FIRST)
    done = filled.send("new.xml", content or FIRST)
    assert done == export.state.value
    with filled.open() as opened, opened.store.read() as txn:
        newest = next(Ledger(txn).exports())
        booked = Ledger(txn).verdict(newest.arrival)
    assert told(verdict, "en") == told(booked, "en")
    assert (export.reason, export.digest, export.header) == (newest.reason, newest.digest, newest.header)


def test_plan_uses_up_no_arrival_number(filled: PostOffice) -> None:
    export, _ = planned(filled, PAGES["changes"] or "")
    again, _ = planned(filled, PAGES["changes"] or "")
    assert export.arrival == again.arrival


def test_plan_is_made_while_another_process_has_the_lock(filled: PostOffice) -> None:
    with held_by_another(filled.root):
        export, verdict = planned(filled, PAGES["changes"] or "")
    assert export.state.value == "processed"
    assert [(shop.added, shop.changed) for shop in verdict.shops] == [(1, 1)]


def test_plan_for_a_shops_folder_concerns_that_shop(make_office) -> None:
    office = make_office({"5": ["1"], "6": ["1"]})
    _, verdict = planned(office, goods(*TEN), shop="6")
    assert [shop.shop for shop in verdict.shops] == ["6"]


def test_plan_of_a_part_deletes_nothing(office: PostOffice) -> None:
    office.send("import0_1.xml", page("abcdefghij"))
    _, verdict = planned(office, page("abcdefghi"), "import0_2.xml")
    assert [count.deleted for count in verdict.counts if count.kind == "good"] == [0]
    with office.open() as opened, opened.store.read() as txn:
        assert [part_set.parts for part_set in Ledger(txn).part_sets()] == [("import0_1.xml",)]


codes = st.sampled_from([str(number) for number in range(12)])
prices = st.sampled_from(["10.00", "9.99", "25.00", "0.00", "-1"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(codes, prices, min_size=1, max_size=8), max_size=3), st.booleans(), st.booleans())
def test_plan_equals_the_feed_for_any_export(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[dict[str, str]], full: bool, priced: bool
) -> None:
    office = PostOffice(tmp_path_factory.mktemp("plan") / "root", {"5": ["1"], "6": ["1"]})
    office.send("first.xml", goods(*TEN))
    for number, records in enumerate(rounds):
        content = _prices(records, full) if priced else goods(*(good(*one) for one in records.items()), full=full)
        name = f"{number}.xml"
        export, verdict = planned(office, content, name)
        assert office.send(name, content) == export.state.value
        reply = office.reply(f"{name}.json")
        assert [shop["commands"] for shop in reply["shops"]] == [shop.commands for shop in verdict.shops]
        assert reply["counts"] == told(verdict, "en")["counts"]


def _prices(records: dict[str, str], full: bool) -> str:
    stated = "".join(f'<price good="{code}">{price}</price>' for code, price in records.items())
    return export("prices", stated, full=full)


def test_file_that_is_not_there_is_no_plan(office: PostOffice) -> None:
    with open_office(office.root, weighing=True) as opened, pytest.raises(Exception, match="nowhere"):
        plan(opened, Path("/nowhere/export.xml"))
