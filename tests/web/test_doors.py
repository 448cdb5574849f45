"""Who may come in, and what keeps everybody else out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from browsing import PASSWORD, Browser, add_user, text, verb

PAGES = ["/", "/exports", "/exports/2", "/tills/5/1", "/tills/5/1/chunks/1", "/tills/5/1/resync", "/log", "/settings"]
ASKED = ["/api/v1/overview", "/api/v1/tills", "/api/v1/exports", "/api/v1/jobs", "/api/v1/log", "/api/v1/settings"]
ACTS = ["/exports/2/release", "/exports/2/refuse", "/tills/5/1/hold", "/tills/5/1/release", "/tills/5/1/resync"]
NEEDS = {"/tills/5/1/resync": "operator", "/log": "admin", "/settings": "admin"}


# --- nobody


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_before_the_log_in_which_leads_back_to_it(visit: Any, path: str) -> None:
    browser = visit()
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?to={path}")


def test_the_log_in_leads_back_to_the_page_that_was_wanted(visit: Any) -> None:
    browser: Browser = visit()
    (form,) = [form for form in browser.page("/exports?state=held&name=a%26b").forms if form.action == "/login"]
    answer = browser.http.post("/login", data={**dict(form.form_values()), "name": "admin", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/exports?state=held&name=a%26b")


@pytest.mark.parametrize("path", ASKED)
def test_a_program_without_a_token_is_told_so(visit: Any, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}):
        answer = visit().get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "web.log-in-first")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", [*ACTS, "/login", "/logout", "/language"])
def test_nothing_is_taken_that_did_not_come_from_a_form_of_ours(visit: Any, served: Any, path: str) -> None:
    before = verb(served.root, "till", "ls"), verb(served.root, "export", "ls")
    browser = visit("admin")
    for data in ({}, {"form": "0" * 64}, {"form": visit().token()}):
        assert browser.http.post(path, data=data).status_code == 403
        assert browser.http.post(f"/api/v1{path}", data=data).status_code in (403, 404)
    assert browser.get("/").status_code == 200
    after = verb(served.root, "till", "ls"), verb(served.root, "export", "ls")
    assert [[row.get("standing") for row in rows] for rows in after] == [
        [row.get("standing") for row in rows] for rows in before
    ]


@pytest.mark.parametrize("path", ACTS)
def test_nothing_changes_on_get(visit: Any, path: str) -> None:
    answer = visit("admin").get(path)
    assert answer.status_code == (200 if path.endswith("resync") else 405)


def test_a_token_opens_no_page_and_a_cookie_alone_changes_nothing(visit: Any, served: Any) -> None:
    bearer = {"authorization": f"Bearer {served.tokens['admin']}"}
    assert visit().get("/exports", headers=bearer).status_code == 303
    for headers in ({}, {"authorization": "Basic YTpi"}, {"x-form-token": "0" * 64}):
        assert visit("admin").http.post("/api/v1/tills/5/1/hold", headers=headers).status_code == 403


# --- roles


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_its_role(visit: Any, path: str, role: str) -> None:
    order = ["viewer", "operator", "admin"]
    may = order.index(role) >= order.index(NEEDS.get(path, "viewer"))
    answer = visit(role).get(path)
    assert answer.status_code == (200 if may else 403)
    assert may or f"yours is {role}" in text(answer)


@pytest.mark.parametrize("path", ACTS)
def test_a_viewer_changes_nothing(visit: Any, served: Any, path: str) -> None:
    browser = visit("viewer")
    assert browser.http.post(path, data={"form": browser.token("/")}).status_code == 403
    bearer = {"authorization": f"Bearer {served.tokens['viewer']}"}
    assert browser.http.post(f"/api/v1{path}", headers=bearer).json()["code"] == "web.role"
    buttons = browser.page("/tills/5/1").xpath("//main//button")
    assert buttons == []


# --- headers and cookies


@pytest.mark.parametrize("path", ["/", "/login", "/exports", "/no/such/page", "/api/v1/jobs", "/static/style.css"])
def test_every_answer_tells_the_browser_what_it_must_not_do(visit: Any, path: str) -> None:
    for browser in (visit(), visit("viewer")):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static/"))
        assert "server" not in headers


def test_cookies_are_hidden_from_scripts_and_other_sites(visit: Any) -> None:
    browser = visit()
    cookies = [browser.get("/login").headers["set-cookie"], browser.log_in("viewer").headers["set-cookie"]]
    data = {"form": browser.token("/"), "language": "ru"}
    cookies.append(browser.http.post("/language", data=data).headers["set-cookie"])
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_a_form_larger_than_any_of_ours_is_not_read(visit: Any) -> None:
    browser = visit()
    assert browser.http.post("/login", content=b"x" * 70_000).status_code == 413
    assert browser.http.post("/login", content=iter([b"x"] * 3)).status_code == 411


# --- coming and going


def test_the_session_of_the_log_in_is_another_one_than_before_and_ends_with_the_log_out(visit: Any) -> None:
    browser: Browser = visit()
    browser.token()
    before = browser.http.cookies["tillpost_session"]
    browser.log_in("viewer")
    session = browser.http.cookies["tillpost_session"]
    assert session != before
    assert browser.get("/").status_code == 200
    assert browser.submit("/", "/logout").url.path == "/login"
    assert visit().get("/", headers={"cookie": f"tillpost_session={session}"}).status_code == 303


def test_what_lies_in_the_database_opens_no_door(visit: Any, served: Any) -> None:
    browser: Browser = visit("viewer")
    kept = b"".join(file.read_bytes() for file in (served.root / "state").glob("books.sqlite*"))
    for secret in (browser.http.cookies["tillpost_session"], PASSWORD, *served.tokens.values()):
        assert secret.encode() not in kept


def test_whoever_is_logged_in_needs_no_log_in(visit: Any) -> None:
    answer = visit("viewer").get("/login?to=/exports")
    assert (answer.status_code, answer.headers["location"]) == (303, "/exports")


@pytest.mark.parametrize("place", ["//evil.example/", "https://evil.example/", "/\\evil.example", "exports", "/\nx"])
def test_the_log_in_leads_to_no_other_site(visit: Any, place: str) -> None:
    browser = visit()
    assert browser.log_in("viewer", to=place).headers["location"] == "/"


def test_a_wrong_password_is_told_without_saying_what_was_wrong(visit: Any, served: Any) -> None:
    add_user(served.root, "clumsy", "viewer")
    wrong = [visit().log_in("clumsy", "wrong horse")]
    wrong.append(visit().log_in("nobody", "wrong horse"))
    assert [answer.status_code for answer in wrong] == [401, 401]
    told = {text(answer).replace("clumsy", "").replace("nobody", "") for answer in wrong}
    assert len(told) == 1
    assert "the name or the password is wrong" in told.pop()
    assert visit().log_in("clumsy").status_code == 303  # and forgives the address


def test_a_page_that_refreshes_itself_goes_to_the_log_in_when_its_session_is_over(visit: Any) -> None:
    answer = visit().get("/", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/no/such/page", 404), ("/exports/4711", 404), ("/tills/5/9", 404), ("/tills/5/1/chunks/99", 404),
     ("/exports/abc", 400), ("/exports?start=x", 400), ("/exports/2?start=-1", 400), ("/docs", 404)],
)  # fmt: skip
def test_what_is_not_there_or_not_understood_is_told_on_a_page_and_to_programs(
    visit: Any, served: Any, path: str, status: int
) -> None:
    answer = visit("viewer").get(path)
    assert (answer.status_code, "Error" in text(answer)) == (status, True)
    if path.startswith("/exports/"):
        told: httpx.Response = visit("viewer").get(f"/api/v1{path.split('?')[0]}")
        assert set(told.json()) in ({"code", "text"}, told.json().keys())
