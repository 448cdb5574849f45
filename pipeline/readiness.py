"""Whether what was found may be taken now, and a file's digest once it was: the same for exports and sales files.

Failures: those of the disk, as `digest` reads.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import Reason
from ..queues.disk import Disk
from ..queues.durable import pieces
from ..queues.inbox import Found, refusal
from ..queues.settling import Settling, Wait
from .clock import Clock


def why_not(found: Found, settling: Settling, clock: Clock, *, once: bool) -> Reason | None:
    """Why what was found cannot be taken yet; None = it can. What can be no file of ours is taken, to be refused.
    `once`: nobody comes again soon."""
    if refusal(found.kind, found.name):
        return None
    judged = settling.judge_once(found, clock.now()) if once else settling.judge(found, clock.monotonic())
    return judged.reason if isinstance(judged, Wait) else None


def digest(disk: Disk, path: Path) -> str:
    """The file's SHA-256, as records and replies spell it."""
    summed = hashlib.sha256()
    for piece in pieces(disk, path):
        summed.update(piece)
    return f"sha256:{summed.hexdigest()}"
