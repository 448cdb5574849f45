"""The rules that hold the rooms together, read off the source itself: layers, headers, texts, the list of packages."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path
from string import Formatter

import pytest
import tillpost
from jinja2 import Environment
from jinja2.nodes import Call, Const, Name

PACKAGE = Path(tillpost.__file__).parent
BESIDE = Path(__file__).parents[1]  # what lies beside the tests: the checkout, or a copy of its documents
LANGUAGES = ("en", "ru")


def folders() -> list[Path]:
    """The package's own folders. The package may be the checkout, so tests and virtual environments lie in it."""
    rooms = [init.parent for init in PACKAGE.glob("*/__init__.py")]
    return [PACKAGE, *sorted(init.parent for room in rooms for init in room.rglob("__init__.py"))]


MODULES = [path for folder in folders() for path in sorted(folder.glob("*.py"))]
ROOMS = {folder.name for folder in folders()[1:]} | {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), name_of(path))


def settings(name: str) -> ConfigParser:
    parser = ConfigParser()
    parser.read_string((BESIDE / name).read_text("utf-8"))
    return parser


# --- layers


def layers(lines: list[str]) -> list[set[str]]:
    return [{room.strip() for room in line.split("|")} for line in lines]


def test_architecture_names_the_layers_that_the_linter_keeps() -> None:
    kept = settings(".importlinter")["importlinter:contract:rooms"]["layers"]
    drawn = re.search(r"^ +cli ->.*(?:\n .*->.*)*", (BESIDE / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    assert drawn, "ARCHITECTURE.md draws no line that begins with `cli ->`"
    arrows = re.sub(r"\(.*?\)|all of them", "", drawn[0])
    assert layers(kept.strip().split("\n")) == layers(arrows.split("->"))


def test_wheel_lists_every_folder_of_the_package() -> None:
    listed = settings("setup.cfg")["options"]["packages"].split()
    assert sorted(listed) == sorted(
        ".".join(["tillpost", *folder.relative_to(PACKAGE).parts]) for folder in folders()
    )


DATA = [
    ("xsd", "*.xsd"),
    ("etc/texts", "*.toml"),
    (".", "py.typed"),
    ("web/templates", "*.html"),
    ("web/static", "*.css"),
    ("web/static", "*.js"),
]


@pytest.mark.parametrize(("folder", "pattern"), DATA)
def test_data_lies_in_the_package(folder: str, pattern: str) -> None:
    assert list(PACKAGE.joinpath(folder).glob(pattern))


@pytest.mark.skipif(PACKAGE == BESIDE, reason="the checkout is the package; make wheel asks the installed one")
def test_nothing_generic_is_installed_beside_the_package() -> None:
    tops = {Path(path).parts[0] for path in metadata.files("tillpost") or ()} - {"..", "__pycache__"}
    assert {re.sub(r"^tillpost-.*\.dist-info$", "tillpost", top) for top in tops} == {"tillpost"}


def imports(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(level, name) of every import: level 0 is absolute."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_are_imported_relatively_and_never_by_their_bare_names(path: Path) -> None:
    """`python cli.py` must work too, so cli alone does it the other way round."""
    found = list(imports(tree(path)))
    absolute = {name.split(".")[0] for level, name in found if level == 0}
    assert not absolute & ROOMS
    if path == PACKAGE / "cli.py":
        assert not [name for level, name in found if level]
    else:
        assert "tillpost" not in absolute


# --- headers


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=name_of)
def test_header_says_which_failures_to_expect(path: Path) -> None:
    assert re.search(r"^Failures\b.*:", ast.get_docstring(tree(path)) or "", re.MULTILINE)


# --- texts

PAGES = sorted((PACKAGE / "etc" / "texts").glob("*.toml"))
TEXTS = {code: text for page in PAGES for code, text in tomllib.loads(page.read_text("utf-8")).items()}


def fields(text: str) -> set[str]:
    """The {parts} of a text, by the name of the argument that fills them."""
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name is not None}


def reasons() -> Iterator[tuple[str, str, set[str] | None]]:
    """(where, code, names of the parts given, None where they come from elsewhere) of every Reason in the package."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).split(".")[-1] == "Reason":
                given = {keyword.arg for keyword in node.keywords}
                named = None if None in given else {name for name in given if name}
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"{name_of(path)}:{node.lineno}", part.value, named


def strings() -> set[str]:
    """Every string literal of the package, its templates included: codes also stand in tables."""
    nodes = (node for path in MODULES for node in ast.walk(tree(path)))
    told = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return told | {code for _, code, _ in told_in_templates()}


def told_in_templates() -> Iterator[tuple[str, str, set[str]]]:
    """(where, code, names of the parts given) of every text that a template asks for."""
    for path in sorted(PACKAGE.glob("web/templates/*.html")):
        template = Environment().parse(path.read_text("utf-8"))
        for call in template.find_all(Call):
            if isinstance(call.node, Name) and call.node.name == "t" and isinstance(call.args[0], Const):
                yield f"{path.name}:{call.lineno}", call.args[0].value, {pair.key for pair in call.kwargs}
        for pair in template.find_all(Const):
            if isinstance(pair.value, str) and re.fullmatch(r"web\.[a-z-]+", pair.value):
                yield f"{path.name}:{pair.lineno}", pair.value, set(fields(TEXTS.get(pair.value, {}).get("en", "")))


def test_every_reason_has_a_text() -> None:
    assert [(where, code) for where, code, _ in reasons() if code not in TEXTS] == []


def test_every_reason_gives_the_parts_that_its_text_wants() -> None:
    lacking = [
        (where, code, missing)
        for where, code, given in reasons()
        if code in TEXTS and given is not None and (missing := fields(TEXTS[code]["en"]) - given)
    ]
    assert lacking == []


def test_templates_ask_for_texts_that_there_are_with_the_parts_that_these_want() -> None:
    found = list(told_in_templates())
    assert [(where, code) for where, code, _ in found if code not in TEXTS] == []
    assert [(where, code) for where, code, given in found if fields(TEXTS[code]["en"]) - given] == []
    assert len(found) > 50


def test_every_text_is_used() -> None:
    assert sorted(TEXTS.keys() - strings()) == []


def test_no_code_is_told_in_two_pages() -> None:
    codes = [code for page in PAGES for code in tomllib.loads(page.read_text("utf-8"))]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_text_is_one_line_in_both_languages_with_the_same_parts(code: str) -> None:
    text = TEXTS[code]
    assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*", code)
    assert set(text) == set(LANGUAGES)
    assert all(line.strip() and "\n" not in line for line in text.values())
    assert fields(text["en"]) == fields(text["ru"])
    assert re.search("[а-яё]", text["ru"], re.IGNORECASE)
    assert not re.search("[а-яё]", text["en"], re.IGNORECASE)
