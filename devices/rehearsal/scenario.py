"""Scenario files: what happens to a cash machine, step by step, and what is there afterwards. YAML, read strictly.

    title: A sale with change
    about: why anybody should read it
    machine: {fill: {ten: 60, five: 20, one: 40}, rule: exact}
    steps:
      - sale: 237
      - note: 500
      - wait: fixed
      - end: change
    expected:
      told: |
        …

A step is a word of `compositeplay` or `gloryplay`, with its arguments after the colon. What is expected are lines of
`retelling`.

Failures: `Misuse` for a file that is no scenario: scenario.yaml where it is no YAML, else rehearsal.script with the
line of what is wrong; the same for a step that cannot be carried out.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

import msgspec
import yaml

from ...errors import Reason
from ...model import Noun
from ..machine.plan import Late, Plan, Rounding
from ..money.blocking import Rule
from ..nouns import Misuse
from . import compositeplay, gloryplay, gloryworld, retelling, world
from .compositeplay import CompositePlay
from .gloryplay import GloryPlay
from .gloryworld import GloryWorld
from .script import Order, Words, order
from .world import World

EXPECTED = "expected:"
"""From this line on a file tells what is to come out."""


class Kind(StrEnum):
    """What a machine is made of."""

    COMPOSITE = "composite"
    GLORY = "glory"


class Setting(Noun, frozen=True):
    """What the machine is. `fill`: pieces that staff has put into each unit, where not as `FILLS` has it. `most`: as
    `Plan.most`."""

    kind: Kind = Kind.COMPOSITE
    fill: dict[str, int] = msgspec.field(default_factory=dict)
    rule: Rule = Rule.EXACT
    rounding: Rounding = Rounding.REFUSE
    late: Late = Late.RETURN
    most: int = 0

    def begin(self) -> CompositePlay | GloryPlay:
        fill = {**FILLS[self.kind], **self.fill}
        if self.kind is Kind.GLORY:
            return GloryPlay(GloryWorld(self._agreed(gloryworld.roubles(self.rule)), fill))
        return CompositePlay(World(self._agreed(world.roubles(self.rule)), fill=fill))

    def _agreed(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, rounding=self.rounding, late=self.late, most=self.most)


FILLS: dict[Kind, dict[str, int]] = {Kind.COMPOSITE: world.FIRST_FILL, Kind.GLORY: gloryworld.FIRST_FILL}
WORDS: dict[Kind, Words] = {Kind.COMPOSITE: compositeplay.WORDS, Kind.GLORY: gloryplay.WORDS}


class Seen(Noun, frozen=True):
    """What came of a scenario, in lines."""

    told: tuple[str, ...] = ()  # the steps, and what the machine told
    journal: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()  # what each unit holds at the end, and what waits for a person


class Step(NamedTuple):
    line: int
    order: Order


class Scenario(NamedTuple):
    title: str
    about: str
    setting: Setting
    steps: tuple[Step, ...]
    expected: Seen


def played(scenario: Scenario) -> CompositePlay | GloryPlay:
    """To its end, in a world of its own. Raises Misuse."""
    play = scenario.setting.begin()
    for line, said in scenario.steps:
        try:
            play.act(said)
        except Misuse as wrong:
            raise _wrong(line, wrong) from wrong
    play.finish()
    return play


def seen(play: CompositePlay | GloryPlay) -> Seen:
    return Seen(
        tuple(play.told),
        tuple(retelling.journal(play.entries)),
        tuple(retelling.document(paper) for paper in play.documents),
        tuple(retelling.standing(play.world.machine.status, play.world.difference())),
    )


def difference(expected: Seen, came: Seen) -> Reason | None:
    """The first, in words; None = there is none."""
    for part in Seen.__struct_fields__:
        lines = zip_longest(getattr(expected, part), getattr(came, part))
        for number, (wanted, found) in enumerate(lines, 1):
            if wanted is None:
                return Reason("scenario.more", part=part, line=number, found=found)
            if found is None:
                return Reason("scenario.less", part=part, line=number, wanted=wanted)
            if wanted != found:
                return Reason("scenario.other", part=part, line=number, wanted=wanted, found=found)
    return None


def with_expected(text: str, expected: Seen) -> str:
    """The file's `text`, which expects this from now on."""
    kept = text.partition(f"\n{EXPECTED}")[0].rstrip("\n")
    blocks = [
        "\n".join((f"  {part}: |", *(f"    {line}" for line in getattr(expected, part))))
        for part in Seen.__struct_fields__
        if getattr(expected, part)
    ]
    return "\n".join((kept, EXPECTED, *blocks, ""))


# --- reading


def scenario(text: str) -> Scenario:
    """Reads a whole file before anything is played. Raises Misuse."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Misuse(Reason("scenario.yaml", detail=" ".join(str(error).split()))) from error
    fields = _fields(root, ("title", "about", "machine", "steps", "expected"), ("title", "steps"))
    steps = fields["steps"]
    if not isinstance(steps, yaml.SequenceNode):
        raise _wrong(_line(steps), Reason("scenario.no-list"))
    setting = _setting(fields["machine"]) if "machine" in fields else Setting()
    return Scenario(
        _word(fields["title"]),
        _word(fields["about"]) if "about" in fields else "",
        setting,
        tuple(Step(_line(step), _order(step, WORDS[setting.kind])) for step in steps.value),
        _expected(fields["expected"]) if "expected" in fields else Seen(),
    )


def _order(node: yaml.Node, words: Words) -> Order:
    if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
        word, arguments = node.value[0]
        said = f"{_word(word)} {_word(arguments)}"
    else:
        said = _word(node)
    try:
        found = order(said, words)
    except Misuse as wrong:
        raise _wrong(_line(node), wrong) from wrong
    if found is None:
        raise _wrong(_line(node), Reason("scenario.no-word"))
    return found


def _setting(node: yaml.Node) -> Setting:
    fields = _fields(node, Setting.__struct_fields__)
    fill = fields.pop("fill", None)
    plain: dict[str, object] = {name: _word(value) for name, value in fields.items()}
    if fill is not None:
        known = FILLS[Kind.GLORY if plain.get("kind") == Kind.GLORY else Kind.COMPOSITE]
        plain["fill"] = {unit: _word(count) for unit, count in _fields(fill, known).items()}
    try:
        return msgspec.convert(plain, Setting, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(_line(node), Reason("scenario.setting", detail=error)) from error


def _expected(node: yaml.Node) -> Seen:
    fields = _fields(node, Seen.__struct_fields__)
    return Seen(**{name: tuple(_word(value).splitlines()) for name, value in fields.items()})


def _fields(node: yaml.Node | None, known: Collection[str], needed: Collection[str] = ()) -> dict[str, yaml.Node]:
    """Each once, none that is not `known`, all that are `needed`."""
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(_line(node), Reason("scenario.no-names", known=", ".join(known)))
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = _word(key)
        if name not in known:
            raise _wrong(_line(key), Reason("scenario.no-name", name=name, known=", ".join(known)))
        if name in found:
            raise _wrong(_line(key), Reason("scenario.twice", name=name))
        found[name] = value
    for name in needed:
        if name not in found:
            raise _wrong(_line(node), Reason("scenario.missing", name=name))
    return found


def _word(node: yaml.Node) -> str:
    """As it is written: 237.50, out and no are words here."""
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong(_line(node), Reason("scenario.no-word"))
    return str(node.value)


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node and node.start_mark else 1


def _wrong(line: int, wrong: Reason | Misuse) -> Misuse:
    reason = wrong if isinstance(wrong, Reason) else wrong.reason
    return Misuse(Reason("rehearsal.script", line=line, detail=reason.text()))
