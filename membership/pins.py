"""What a PIN looks like: digits only, long enough, and not one that everybody tries first."""

from __future__ import annotations

import re
from itertools import pairwise

from membership.errors import InvalidPin

MEMBER, STAFF = r"[0-9]{6}", r"[0-9]{4,6}"


def check(pin: str, *, staff: bool = False) -> None:
    """Refuse what is no PIN: six digits for a member, four to six for ``staff``; no run (123456) and no 000000.

    Raises:
        InvalidPin: it will not do.

    """
    if not re.fullmatch(STAFF if staff else MEMBER, pin) or _steps(pin) in ({0}, {1}, {-1}):
        raise InvalidPin


def _steps(pin: str) -> set[int]:
    """Return by how much each digit differs from the one before."""
    return {int(after) - int(before) for before, after in pairwise(pin)}
