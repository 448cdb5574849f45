"""How host and SSP device come to terms: in step again, on a key where one is wanted, on a protocol version; and who
the device is.

Failures: `Unanswered` as the line says; `Halt` (ssp.no-encryption) where a key is wanted and nothing can encrypt. What
the device does not answer, or refuses, is told by a None: it is met again later.
"""

from __future__ import annotations

from .cipher import Cipher, Exchange, eight_bytes, number
from .dialogue import Dialogue
from .events import HIGHEST
from .frames import Answer, Command
from .messages import Setup, serial, setup

LOWEST = 4  # of protocol versions; older ones speak of notes in the same way


def meet(dialogue: Dialogue, *, key: int | None, decimals: int) -> tuple[str, Setup] | None:
    """Its serial number, and what it says of itself. `key`: the fixed half of its key, None = in the clear."""
    dialogue.encrypt(None)
    if dialogue.ask(Command.SYNC) is None or (key is not None and not _agree(dialogue, key)):
        return None
    for version in range(HIGHEST, LOWEST - 1, -1):
        answer = dialogue.ask(Command.VERSION, bytes([version]))
        if answer is None:
            return None
        if answer[0] == Answer.OK:
            break
    who = _told(dialogue, Command.SERIAL)
    what = who and _told(dialogue, Command.SETUP)
    try:
        return (serial(who), setup(what, decimals)) if who and what else None
    except ValueError:
        return None


def _agree(dialogue: Dialogue, key: int) -> bool:
    exchange = Exchange()
    theirs = (
        _told(dialogue, Command.GENERATOR, exchange.generator)
        and _told(dialogue, Command.MODULUS, exchange.modulus)
        and _told(dialogue, Command.KEY_EXCHANGE, exchange.intermediate)
    )
    if not theirs or len(theirs) != 9:
        return False
    dialogue.encrypt(Cipher(exchange.agreed(number(theirs[1:])), key))
    return True


def _told(dialogue: Dialogue, what: Command, value: int | None = None) -> bytes | None:
    body = dialogue.ask(what, b"" if value is None else eight_bytes(value))
    return body if body is not None and body[0] == Answer.OK else None
