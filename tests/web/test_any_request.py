"""The API under whatever a program may send: each path of its own description, with values of every kind."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ANSWERS = (200, 400, 404, 409)  # of a GET: here it is; not understood; not there; not as it stands
WORDS = st.sampled_from(["5", "6", "1", "2", "3", "goods", "held", "true", "-1", "0", "1e3", "4" * 40, "%00", "'", "*"])
LETTERS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
VALUES = (WORDS | st.integers().map(str) | LETTERS).filter(lambda value: value not in (".", ".."))


@pytest.fixture(scope="module")
def described(served: Any) -> dict[str, dict[str, Any]]:
    """Paths, and what may be asked of each, by method."""
    answer = httpx.get(f"{served.place}api/v1/openapi.json", verify=False)
    paths: dict[str, dict[str, Any]] = answer.json()["paths"]
    return paths


@pytest.fixture(scope="module")
def program(served: Any) -> Any:
    with httpx.Client(base_url=served.place, verify=False, timeout=60) as client:
        yield client


def address(data: st.DataObject, path: str, told: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """One path with its places filled in, and some of its questions."""
    questions = {}
    for one in told.get("parameters", ()):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote(data.draw(VALUES, label=one["name"]), safe=""))
        elif data.draw(st.booleans(), label=f"with {one['name']}"):
            questions[one["name"]] = data.draw(VALUES, label=one["name"])
    return path, questions


@settings(max_examples=150)
@given(st.data())
def test_whatever_is_asked_is_answered_in_json_and_never_by_a_fault_of_ours(
    described: Any, program: Any, served: Any, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(path for path, methods in described.items() if "get" in methods)))
    asked, questions = address(data, path, described[path]["get"])
    answer = program.get(asked, params=questions, headers={"authorization": f"Bearer {served.tokens['admin']}"})
    assert answer.status_code in ANSWERS, answer.text
    assert answer.headers["content-type"] == "application/json"
    if answer.status_code == 200:
        assert isinstance(answer.json(), list | dict)
    else:
        assert answer.json().keys() == {"code", "text"}


@settings(max_examples=50)
@given(st.data())
def test_nothing_is_changed_for_a_program_that_may_only_look_or_that_nobody_knows(
    described: Any, program: Any, served: Any, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(path for path, methods in described.items() if "post" in methods)))
    asked, questions = address(data, path, described[path]["post"])
    token = data.draw(st.sampled_from([served.tokens["viewer"], "x" * 43, "-"]))
    answer = program.post(asked, params=questions, headers={"authorization": f"Bearer {token}"})
    # a number that is none is told before the role is looked at
    assert answer.status_code in (400, 401, 403, 404), answer.text
    assert answer.json().keys() == {"code", "text"}
