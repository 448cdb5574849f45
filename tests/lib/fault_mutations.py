"""Files as they should not be: the samples, changed by chance. A number says which mutant it is, for ever.

Most of the changes know the format (an element twice, a value of another kind, a section that never ends), the others
bytes alone. What the files are to become is not said here: any verdict will do, if it is one.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import cash_papers
from lxml import etree

SAMPLES = Path(__file__).parents[2] / "samples"
MOST_CHANGES = 4  # of one mutant
NASTY = (
    "", " ", "0", "-0", "-1", "00012", "1e400", "1E-400", "9" * 40, "0." + "3" * 40, "NaN", "INF", "-Infinity", "1,5",
    "1 000", "null", "true", "2026-02-30", "0000-00-00T00:00:00", "9999-12-31T23:59:60Z", "../../etc/passwd", "..",
    "a\nb", "a\tb", "\u202eabc", "\ufeff", "\U0001f9fe", "e\u0301", "\u00e9", "<![CDATA[", "&#0;", "'; --", "%s{0}",
    "x" * 300, "ы" * 5000,
)  # fmt: skip
_HOSTILE = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    b'<!DOCTYPE r SYSTEM "file:///etc/passwd">',
    b"<?xml-stylesheet href='http://127.0.0.1:9/x'?>",
    b"<!-- -- -->",
    b"&#x1F;",
    b"&undefined;",
    b"\0" * 16,
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"]]>",
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8-r", "utf-8-sig", "utf-32")
_NUMBER = re.compile(rb' number="[0-9]+"')
_RULE = re.compile(rb"(?m)^(---|### .* ###)$")

Change = Callable[[random.Random, bytes], bytes]


@cache
def exports() -> tuple[tuple[str, bytes], ...]:
    """Name and bytes of every sample export; without its number, which would use up that of the next mutant."""
    found = sorted(path for path in SAMPLES.glob("*/*.xml") if path.parent.name not in ("sales", "cash"))
    return tuple((path.name, _NUMBER.sub(b"", path.read_bytes(), count=1)) for path in found)


@cache
def sales() -> tuple[tuple[str, bytes], ...]:
    """Name and bytes of every sample of what till 1 sends, and of a document of its cash machine."""
    found = sorted((SAMPLES / "sales" / "1").rglob("*.json"))
    with TemporaryDirectory() as folder:
        drawer = cash_papers.page(Path(folder))
    return *((path.name, path.read_bytes()) for path in found), ("cash_M1_0000000006.xml", drawer)


def mutant(samples: tuple[tuple[str, bytes], ...], number: int) -> tuple[str, bytes]:
    """The name of the sample that was changed, and what became of it."""
    chance = random.Random(number)
    name, data = samples[chance.randrange(len(samples))]
    other = samples[chance.randrange(len(samples))][1]
    knows = chance.random() < 0.6
    for _ in range(chance.randint(1, MOST_CHANGES)):
        data = chance.choice(_known(data))(chance, data) if knows else _bytes(chance, data, other)
    return name, data


def _known(data: bytes) -> tuple[Change, ...]:
    return _XML if data.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<") else _SECTIONS


# --- what knows bytes alone


def _bytes(chance: random.Random, data: bytes, other: bytes) -> bytes:
    at, till = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    piece = data[at:till][: chance.choice((1, 8, 200, 20_000))]
    behind = data[at + len(piece) :]
    match chance.randrange(9):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + behind
        case 2:
            return data[:at] + piece * chance.choice((2, 3, 50 if len(piece) < 500 else 2)) + behind
        case 3:
            return data[:at] + bytes(byte ^ (1 << chance.randrange(8)) for byte in piece[:8]) + data[at + 8 :]
        case 4:
            return data[:at] + chance.randbytes(len(piece[:8])) + data[at + 8 :]
        case 5:
            return data[:at] + bytes(len(piece)) + behind
        case 6:
            return data[:at] + chance.choice(_HOSTILE) + data[at:]
        case 7:
            return data + other[chance.randrange(len(other)) :]  # the tail of an older, longer file
        case _:
            return data.decode("utf-8", "replace").encode(chance.choice(_ENCODINGS), "replace")


# --- what knows XML


def _tree(change: Callable[[random.Random, etree._Element], None]) -> Change:
    """The change of one element below the root; nothing where there is no tree any more."""

    def changed(chance: random.Random, data: bytes) -> bytes:
        try:
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=False))
        except (etree.XMLSyntaxError, ValueError):
            return data
        elements = [element for element in root.iterdescendants() if isinstance(element.tag, str)]
        if elements:
            change(chance, chance.choice(elements))
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    return changed


def _again(chance: random.Random, element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.append(copy.deepcopy(element))


def _gone(chance: random.Random, element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _deeper(chance: random.Random, element: etree._Element) -> None:
    for _ in range(chance.choice((1, 5, 60, 150))):
        inner = etree.SubElement(element, element.tag)
        inner.text, element = element.text, inner


def _valued(chance: random.Random, element: etree._Element) -> None:
    value = chance.choice([one for one in NASTY if one.isprintable() or one.isspace()])
    if element.attrib and chance.random() < 0.6:
        element.set(chance.choice(list(element.attrib)), value)
    else:
        element.text = value


def _renamed(chance: random.Random, element: etree._Element) -> None:
    namespace, _, name = element.tag.rpartition("}")
    element.tag = chance.choice((name, f"{namespace}}}{name}s" if namespace else f"{name}s", "delete", "{urn:x}y"))


def _moved(chance: random.Random, element: etree._Element) -> None:
    root = element.getroottree().getroot()
    root.insert(0, element)


def _told(chance: random.Random, element: etree._Element) -> None:
    element.tail = chance.choice(NASTY[2:12])


def _named(chance: random.Random, element: etree._Element) -> None:
    element.set(chance.choice(("code", "unknown", "shop", "{urn:x}y", "number", "from")), chance.choice(NASTY[2:12]))


_XML = tuple(map(_tree, (_again, _gone, _deeper, _valued, _valued, _valued, _renamed, _moved, _told, _named)))


# --- what knows the sections of a till's file


def _objects(chance: random.Random, data: bytes) -> bytes:
    """One object with one field that is another one's, of another kind, twice, or gone."""
    parts = _RULE.split(data)
    places = [at for at, part in enumerate(parts) if part.strip().startswith(b"{")]
    if not places:
        return data
    at = chance.choice(places)
    try:
        tree = json.loads(parts[at])
    except (ValueError, RecursionError):
        return data
    node, key = _field(chance, tree)
    value = chance.choice((None, True, [], {}, [[]], -1, 1e308, 10**30, 0.1 + 0.2, *NASTY))
    match chance.randrange(4):
        case 0:
            node.pop(key, None)
        case 1:
            node[f"{key}"] = [node.get(key)] * 3
        case _:
            node[key] = value
    text = json.dumps(tree, ensure_ascii=chance.random() < 0.3)
    if chance.random() < 0.15:
        text = text.replace("{", '{"docNum": 7, "shift": 1, "docType": 99, ', 1)
    if chance.random() < 0.05:
        depth = chance.choice((60, 70, 10_000))
        text = text.replace("{", '{"deep": ' + "[" * depth + "]" * depth + ", ", 1)
    parts[at] = b"\n" + text.encode("utf-8", "surrogatepass") + b"\n"
    return b"".join(parts)


def _field(chance: random.Random, tree: object) -> tuple[dict[str, object], str]:
    """A field, most often near the surface."""
    node = tree if isinstance(tree, dict) else {}
    while node:
        key = chance.choice(list(node))
        inner = node[key][0] if isinstance(node[key], list) and node[key] else node[key]
        if not isinstance(inner, dict) or not inner or chance.random() < 0.4:
            return node, key
        node = inner
    return node, "docNum"


def _rules(chance: random.Random, data: bytes) -> bytes:
    """A separator that is gone, comes twice, or is another one."""
    rules = list(_RULE.finditer(data))
    if not rules:
        return data
    rule, other = chance.choice(rules), chance.choice(rules)
    fresh = chance.choice((b"", rule[0] + b"\n" + rule[0], other[0], b"### new data begin ###", b"----", b"### ###"))
    return data[: rule.start()] + fresh + data[rule.end() :]


_SECTIONS: tuple[Change, ...] = (_objects, _objects, _objects, _rules)
