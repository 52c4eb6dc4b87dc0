"""The way to a platform's own sign-in page and back: begun by one browser, ended once, by the same one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from membership.errors import SignInExpired
from membership.moment import Moment
from services import Tx
from services.sessions import Door
from storage import tickets

WAY_LIFE: Final = timedelta(minutes=5)
STATE_BYTES: Final = 16
_DOOR: Final = "way"


def begin(tx: Tx, to: Door, *, browser: str, moment: Moment) -> str:
    """Return the random state a browser takes along to the platform and brings back within five minutes.

    ``browser`` is the secret of its cookie: only who shows it again may end what it began.
    """
    state = moment.draw("state", STATE_BYTES).hex()
    facts = {"to": to, "browser": tickets.digest(browser).hex()}
    when: dict[str, Any] = {"at": moment.now, "expires_at": moment.now + WAY_LIFE}
    tickets.add(tx, moment.new_id("way"), tickets.digest(f"{_DOOR}:{state}"), door=_DOOR, facts=facts, **when)
    return state


def finish(tx: Tx, state: str, *, browser: str, moment: Moment) -> Door:
    """Use the state up and return the page it began for.

    Raises SignInExpired for a state that is unknown, another browser's, used or old. Another browser's is not used up
    by the attempt.
    """
    row = tickets.find(tx, tickets.digest(f"{_DOOR}:{state}"), _DOOR)
    if row is None or not browser or row.facts["browser"] != tickets.digest(browser).hex():
        raise SignInExpired
    if not tickets.use(tx, row.id, row.facts, moment.now):
        raise SignInExpired
    to: Door = row.facts["to"]
    return to
