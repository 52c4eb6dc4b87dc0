"""Mass messages at work: gathered, asked for one call at a time, and settled with what came of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from membership.moment import Moment
from membership.routing import AccountKind
from scheduler.delivery import Clock
from scheduler.messenger import MassMessenger, NotSent, Uncertain, Undeliverable
from services import Database, mass
from services.outgoing import MassOutgoing

log = structlog.get_logger(__name__)

PAUSE_SECONDS_MIN = 30.0
"""How long a mass message that did not leave waits at least."""

AGAIN_SECONDS = 60.0
"""When one whose answer was lost is asked for again."""


class MassSender:
    """Sends what waits for a mass message.

    ``messenger`` is None where no channel can; ``kind`` tells the kind of the account (it may change while we run).
    """

    def __init__(
        self, database: Database, messenger: MassMessenger | None, *, clock: Clock, kind: Callable[[], AccountKind]
    ) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._kind = kind

    async def run_once(self, moment: Moment) -> int:
        """Take one mass message, see it through, and return how many rows were looked at; 0 when nothing is left."""
        kind: AccountKind = "unverified" if self._messenger is None else self._kind()
        taken = await self._database.write(mass.take, kind, moment)
        if taken.letter is not None and self._messenger is not None:
            await self._send(taken.letter, self._messenger)
        return taken.seen

    async def _send(self, letter: MassOutgoing, messenger: MassMessenger) -> None:
        write = self._database.write
        try:
            sent = await messenger.send_mass(letter)
        except NotSent as trouble:
            seconds = max(trouble.after, PAUSE_SECONDS_MIN)
            await write(mass.put_off, letter, trouble.reason, until=self._in(seconds))
        except Undeliverable as trouble:
            await write(mass.refused, letter, trouble.reason, now=self._clock.now())
        except Uncertain:
            await write(mass.doubt, letter, until=self._in(AGAIN_SECONDS))
        except Exception as bug:  # the door where a mass message that breaks the program ends: it dies alone
            log.exception("mass_failed", batch=letter.id)
            await write(mass.refused, letter, f"bug: {type(bug).__name__}", now=self._clock.now())
        else:
            await write(mass.sent, letter, sent.platform_id, now=self._clock.now())

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)
