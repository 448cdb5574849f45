"""Exports by what is wanted of them, page by page."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from post_office import PostOffice, good, goods
from tillpost.pipeline import exportsearch, views
from tillpost.pipeline.exportsearch import Wanted, search


@pytest.fixture
def told(office: PostOffice) -> PostOffice:
    """Seven exports, every other one broken; the first of those that are not has a refused record."""
    office.drop("goods0.xml", goods(good("1"), good("x y"), good("2"), number=1))
    for number in range(1, 7):
        office.drop(f"goods{number}.xml", "<torn" if number % 2 else goods(good("1"), good("2"), number=1 + number))
    office.feed()
    return office


def names(rows: list[views.Row]) -> set[object]:
    return {row["name"] for row in rows}


def test_without_wishes_it_is_the_list_of_all(told: PostOffice) -> None:
    with told.open() as office:
        found = search(office, Wanted(), 100)
        assert (found.rows, found.older, found.looked_at) == (views.exports(office, 100), None, 7)


def test_wishes_combine(told: PostOffice) -> None:
    with told.open() as office:
        assert names(search(office, Wanted(state="broken"), 9).rows) == {f"goods{number}.xml" for number in (1, 3, 5)}
        assert names(search(office, Wanted(unwell=True), 9).rows) == {"goods0.xml"}
        assert names(search(office, Wanted(state="processed", name="GOODS4"), 9).rows) == {"goods4.xml"}
        assert names(search(office, Wanted(kind="goods", state="broken"), 9).rows) == set()
        assert names(search(office, Wanted(shop="5"), 9).rows) == set()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    limit=st.integers(1, 9),
    looked_at=st.integers(1, 9),
    wanted=st.builds(Wanted, state=st.sampled_from(["", "broken", "held"]), name=st.sampled_from(["", "3", "x"])),
)
def test_pages_one_after_another_are_all_there_is_once_and_none_looks_at_too_many(
    told: PostOffice, limit: int, looked_at: int, wanted: Wanted
) -> None:
    with told.open() as office, pytest.MonkeyPatch.context() as patched:
        whole = search(office, wanted, 100).rows
        patched.setattr(exportsearch, "LOOKED_AT", looked_at)
        pages, start = [], None
        while True:
            page = search(office, wanted, limit, start)
            assert page.looked_at <= looked_at
            assert len(page.rows) <= limit
            pages += page.rows
            if page.older is None:
                break
            start = page.older
    assert pages == whole
