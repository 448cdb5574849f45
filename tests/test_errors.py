"""Reasons in words for people, one line each."""

from __future__ import annotations

from tillpost.errors import Reason


def test_what_could_hide_or_move_a_line_is_escaped() -> None:
    assert Reason("view.no-shop", shop="5\n\u202e", known="-").text().count("\\") == 2


def test_firm_spaces_between_thousands_stay() -> None:
    assert "12\u202f345" in Reason("view.no-shop", shop="12\u202f345", known="-").text()
