"""The description of the API under schemathesis: what it says of each answer, errors included, is what is answered,
whatever is asked; and it says whatever is to be answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi import checks as told  # noqa: E402

CHECKS = [
    not_a_server_error,
    told.status_code_conformance,
    told.content_type_conformance,
    told.response_headers_conformance,
    told.response_schema_conformance,
]
TRIES = 6  # of each route and kind of value
# names of what there is: else hardly an answer would be more than that there is no such thing
REAL = {"shop": ["5"], "till": ["1"], "number": [1], "shift": [12], "row": [1], "arrival": [2, 3, 4]}
NOWHERE = {"shop": "nowhere", "till": "9", "number": 99, "shift": 99, "row": 99, "arrival": 10**6}
MORE: dict[str, list[dict[str, str]]] = {"/api/v1/recon/{shop}": [{"by": by} for by in ("", "shifts", "departments")]}
UNHURRIED = settings(
    max_examples=TRIES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def routes(served: Any) -> list[Any]:
    """Those that are described, which are all that there are."""
    description = httpx.get(f"{served.place}api/v1/openapi.json", verify=False).json()
    found = [one.ok() for one in schemathesis.openapi.from_dict(description).get_all_operations()]
    assert len(found) >= 26
    return found


def looking(route: Any, served: Any, seen: set[tuple[str, int]]) -> Callable[[], None]:
    """Tries a route; one that changes something with a token that may not: others look at the same root."""
    headers = {"authorization": f"Bearer {served.tokens['viewer' if route.method == 'post' else 'admin']}"}

    @UNHURRIED
    @given(case=route.as_strategy(), data=st.data())
    def look(case: Any, data: st.DataObject) -> None:
        for name in sorted(set(REAL) & set(case.path_parameters)):
            if data.draw(st.booleans(), label=f"real {name}"):
                case.path_parameters[name] = data.draw(st.sampled_from(REAL[name]), label=name)
        answer = case.call(base_url=served.place, headers=headers, verify=False)
        case.validate_response(answer, checks=CHECKS)
        seen.add((route.label, answer.status_code))

    return look


def test_what_is_answered_is_what_is_described(served: Any, routes: list[Any]) -> None:
    seen: set[tuple[str, int]] = set()
    for route in routes:
        looking(route, served, seen)()
    assert {status for _, status in seen} >= {200, 400, 403, 404}


def test_what_there_is_is_told_as_described(served: Any, routes: list[Any]) -> None:
    headers = {"authorization": f"Bearer {served.tokens['admin']}"}
    for route in routes:
        if route.method == "get" and "{folder}" not in route.path:
            named = {name: real[0] for name, real in REAL.items() if f"{{{name}}}" in route.path}
            for query in MORE.get(route.path, [{}]):
                case = route.Case(path_parameters=named, query=query)
                answer = case.call(base_url=served.place, headers=headers, verify=False)
                assert answer.status_code == 200, (route.label, answer.text)
                case.validate_response(answer, checks=CHECKS)


def test_who_has_no_token_or_too_small_a_role_is_told_so_as_described(served: Any, routes: list[Any]) -> None:
    fields = {"member": "x", "shift": "1"}
    with httpx.Client(base_url=served.place, verify=False, timeout=60) as client:
        for route in routes:
            changes = route.method == "post"
            path = re.sub(r"{(\w+)}", lambda one: str(NOWHERE.get(one[1], "x")), route.path)
            for token, status in (("", 401), ("x" * 43, 401), (served.tokens["viewer"], 403)):
                headers = {"authorization": f"Bearer {token}"} if token else {}
                answer = client.request(route.method, path, headers=headers, data=fields if changes else None)
                assert str(answer.status_code) in route.definition.raw["responses"], (route.label, answer.text)
                if status == 401 or changes:
                    assert answer.status_code == status, (route.label, answer.text)
                    assert answer.json().keys() == {"code", "text"}
