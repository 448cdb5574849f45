"""What stands on the pages: every page is whole, in both languages, for every role; JSON is what the verbs print."""

from __future__ import annotations

import re
from typing import Any

import lxml.html
import pytest
from browsing import Browser, faults, text, verb

SKIPPED = re.compile(r"^(https?:|#|mailto:)")


def links(page: Any) -> set[str]:
    found = {str(link) for link in page.xpath("//@href | //@src") if not SKIPPED.match(link)}
    return {link for link in found if not link.startswith("?")}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_every_page_that_can_be_reached_is_whole_and_every_link_leads_somewhere(
    visit: Any, role: str, language: str
) -> None:
    browser: Browser = visit(role, language)
    seen: set[str] = set()
    ahead = ["/", "/login", "/exports?start=3", "/log", "/settings", "/no/such/page", "/exports/4711"]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path, follow_redirects=True)
        assert answer.status_code in (200, 403, 404), (path, answer.status_code)
        if path not in ("/log", "/settings", "/no/such/page", "/exports/4711"):
            assert answer.status_code == 200, path
        if "html" not in answer.headers["content-type"]:
            continue
        page = lxml.html.document_fromstring(answer.text)
        assert faults(page) == [], path
        assert page.get("lang") == language
        ahead += sorted(links(page))
    for path in ("/exports/2", "/tills/5/1", "/tills/5/1/chunks/1", "/static/style.css", "/api/v1/openapi.json"):
        assert path in seen
    assert ("/tills/5/1/resync" in seen) == (role != "viewer")


def test_nothing_is_fetched_from_elsewhere(visit: Any) -> None:
    browser = visit("admin")
    for path in ("/", "/exports", "/api/v1", "/static/style.css"):
        assert not re.search(r"(?:src|href|url\()[=\"'(]*(?:https?:)?//", browser.get(path).text)


def test_what_came_from_outside_is_shown_and_never_run(visit: Any, served: Any) -> None:
    browser = visit("admin")
    assert "<script>alert" not in browser.get("/").text
    assert "&lt;script&gt;alert(1)" in browser.get("/").text
    assert "Чай <b>10</b>" in text(browser.get(f"/exports/{served.held}"))
    searched = browser.get("/exports", params={"name": '"><script>x</script>'})
    assert "<script>x" not in searched.text


def test_the_language_is_the_browsers_until_somebody_chooses(visit: Any) -> None:
    browser = visit("viewer", "ru-RU, ru;q=0.9, en;q=0.5")
    assert "Обзор" in text(browser.get("/"))
    assert "Overview" in text(browser.get("/", headers={"accept-language": "de, en;q=0.7, ru;q=0.2"}))
    assert "Overview" in text(browser.get("/", headers={"accept-language": "xx;q=nonsense,,;;"}))
    data = {"form": browser.token("/"), "language": "en", "to": "/exports?state=held"}
    answer = browser.http.post("/language", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/exports?state=held")
    assert "Exports" in text(browser.get("/exports"))
    browser.http.post("/language", data={**data, "language": "xx"})
    assert "Exports" in text(browser.get("/exports"))


def test_reasons_are_told_in_the_readers_language(visit: Any, served: Any) -> None:
    path = f"/exports/{served.held}"
    assert "would go" in text(visit("viewer").get(path))
    assert "исчезнет" in text(visit("viewer", "ru").get(path))


# --- the overview


def test_the_overview_shows_each_till_with_its_light_and_word_and_what_waits(visit: Any, served: Any) -> None:
    page = visit("viewer").page("/")
    tills = {row.xpath("string(th)"): row for row in page.xpath("//tr[th/a[contains(@href, '/tills/5/')]]")}
    assert sorted(tills) == ["Till 1", "Till 2"]
    assert tills["Till 1"].xpath(".//*[contains(@class, 'lamp busy')]/text()") == ["has chunks to take"]
    assert "nothing here reads this file" in tills["Till 2"].text_content()
    assert page.xpath("//*[contains(@class, 'lamp look')][text()='on hold']")
    assert page.xpath(f"//section[@aria-labelledby='waits']//a[@href='/exports/{served.held}']")
    assert len(page.xpath("//table[.//th[text()='Job']]/tbody/tr")) == 4


# --- exports


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["suspicious.xml", "torn.xml", "half.xml", "goods.xml"]),
        ("state=processed", ["half.xml", "goods.xml"]),
        ("state=processed&unwell=true", ["half.xml"]),
        ("state=processed&unwell=true&name=GOODS", []),
        ("name=ORN", ["torn.xml"]),
        ("kind=goods&state=held", ["suspicious.xml"]),
        ("kind=prices", []),
        ("shop=5", []),
        ("start=3", ["half.xml", "goods.xml"]),
    ],
)
def test_filters_of_exports_combine(visit: Any, query: str, found: list[str]) -> None:
    page = visit("viewer").page(f"/exports?{query}")
    assert [row.xpath("string(th/text())").strip() for row in page.xpath("//tbody/tr[th]")] == found


def test_an_export_shows_every_refused_record_with_its_reason(visit: Any, served: Any) -> None:
    browser = visit("viewer")
    (row,) = [row for row in browser.get("/api/v1/exports").json() if row["name"] == "half.xml"]
    page = browser.page(f"/exports/{row['arrival']}")
    refused = page.xpath("//section[@aria-labelledby='refused']//tbody/tr")
    assert len(refused) == row["refused"] == 1
    assert "1 2" in refused[0].text_content()


def test_a_held_export_shows_its_plan(visit: Any, served: Any) -> None:
    shown = text(visit("viewer").get(f"/exports/{served.held}"))
    for words in ("What it changes at shop 5", "What it changes at shop 6", "Goods that go", "Why it is held"):
        assert words in shown


# --- the till


def test_a_chunk_shows_its_commands(visit: Any, served: Any) -> None:
    commands = verb(served.root, "queue", "show", "5", "1", "1")
    page = visit("viewer").page("/tills/5/1/chunks/1")
    assert len(page.xpath("//tbody/tr/td/code")) == len(commands)
    assert f"1 to {len(commands)} of {len(commands)}" in page.text_content()
    behind = visit("viewer").page("/tills/5/1/chunks/1?start=2")
    assert behind.xpath("string(//tbody/tr[1]/td[1])") == "3"


# --- the log


def test_the_log_tells_what_happened_beside_what_people_did_with_links(visit: Any, served: Any) -> None:
    page = visit("admin").page("/log")
    rows = [" ".join(" ".join(row.itertext()).split()) for row in page.xpath("//tbody/tr")]
    assert [word for row in rows for word in ("export held", "partly refused") if word in row] == ["export held"]
    assert any("broken sales file" in row and "bad.json" in row for row in rows)
    assert page.xpath(f"//td/a[@href='/exports/{served.held}']/text()") == [f"export {served.held}"]
    acts = visit("admin").page("/log?kind=acts").xpath("//tbody/tr/th")
    assert {head.text_content().strip() for head in acts} == {"queue hold", "user add", "token add"}
    assert visit("admin").page("/log?kind=exports&about=till+5/1").xpath("//*[@class='calm']")
    assert "выгрузка задержана" in text(visit("admin", "ru").get("/log?kind=exports"))


# --- settings


def test_settings_are_shown_as_they_are_with_what_was_changed_marked(visit: Any) -> None:
    page = visit("admin").page("/settings")
    assert "[arrival]" in page.xpath("//h2/text()")
    assert "scan_seconds" in page.xpath("//tr/th/text()")
    assert not page.xpath("//main//form")


# --- JSON

SAME = {
    "/api/v1/tills": ("till", "ls"),
    "/api/v1/tills?shop=5": ("till", "ls", "5"),
    "/api/v1/tills/5/1/chunks": ("queue", "ls", "5", "1"),
    "/api/v1/tills/5/1/chunks/1": ("queue", "show", "5", "1", "1"),
    "/api/v1/exports": ("export", "ls"),
    "/api/v1/exports?state=held&limit=1": ("export", "ls", "--state", "held", "--limit", "1"),
    "/api/v1/exports/2": ("export", "show", "2"),
    "/api/v1/jobs": ("jobs", "ls"),
    "/api/v1/settings": ("config", "show"),
    "/api/v1/log?limit=3": ("user", "log", "--limit", "3"),
}
GROWS = {"oldest_seconds", "age_seconds", "next"}


def still(value: Any) -> Any:
    """Without what changes while one looks."""
    if isinstance(value, list):
        return [still(one) for one in value]
    if isinstance(value, dict):
        return {key: still(one) for key, one in value.items() if key not in GROWS}
    return value


@pytest.mark.parametrize("path", SAME)
def test_json_is_what_the_verb_prints(visit: Any, served: Any, path: str) -> None:
    bearer = {"authorization": f"Bearer {served.tokens['admin']}"}
    answer = visit().get(path, headers=bearer)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert still(answer.json()) == still(verb(served.root, *SAME[path]))


def test_the_overview_as_json_has_the_same_tills_and_what_is_held(visit: Any, served: Any) -> None:
    found = visit("viewer").get("/api/v1/overview").json()
    assert [shop["shop"] for shop in found["shops"]] == ["5", "6"]
    tills = {(till["shop"], till["till"]): till for shop in found["shops"] for till in shop["tills"]}
    for row in verb(served.root, "till", "ls"):
        assert still(row).items() <= still(tills[row["shop"], row["till"]]).items()
    assert found["held"] == verb(served.root, "held", "ls")
    assert tills["5", "1"]["last_sale"] == "2026-11-20T10:00:00"
    assert tills["5", "2"]["last_error"]["name"] == "bad.json"


def test_exports_as_json_are_read_on_from_where_the_page_before_ended(visit: Any, served: Any) -> None:
    browser, found, start = visit("viewer"), [], ""
    while True:
        answer = browser.get(f"/api/v1/exports?limit=1{start}")
        found += answer.json()
        if "x-older" not in answer.headers:
            break
        start = f"&start={answer.headers['x-older']}"
    assert found == verb(served.root, "export", "ls")


def test_the_description_names_every_address_and_its_page_lists_them(visit: Any) -> None:
    browser = visit("viewer")
    paths = browser.get("/api/v1/openapi.json").json()["paths"]
    assert {path.split("?")[0] for path in SAME if "/5/1" not in path and "/exports/2" not in path} <= set(paths)
    shown = text(browser.get("/api/v1"))
    assert all(f"{method.upper()} {path}" in shown for path, methods in paths.items() for method in methods)
