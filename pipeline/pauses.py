"""How long to wait before the next try of what the world was not ready for.

Failures: none.
"""

from __future__ import annotations

LONGEST = 15 * 60.0  # seconds


def pause(first: float, tries: int) -> float:
    """Seconds before the next try: `first` after the first, twice as long after each further one, up to LONGEST."""
    return min(LONGEST, first * 2.0 ** min(tries, 10))
