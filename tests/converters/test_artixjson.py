"""What is remembered of the values of an Artix till's JSON; their forms are tried with those who read them."""

from __future__ import annotations

from tillpost.converters.artixjson import Known


def test_what_is_remembered_of_values_is_bounded_and_made_again_when_it_was_forgotten() -> None:
    made: list[int] = []

    def double(value: int) -> int:
        made.append(value)
        return 2 * value

    known = Known(double)
    assert [known[value] for value in (1, 2, 1)] == [2, 4, 2]
    assert made == [1, 2]
    assert all(known[value] == 2 * value for value in range(2 * Known.MOST))
    assert len(known) <= Known.MOST
    assert known[1] == 2
    assert made[-1] == 1
