"""How a message leaves the house: what a platform must be able to do, and the ways it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from services.outgoing import MassOutgoing, Outgoing


class Trouble(Exception):
    """The network or a platform failed; never the shop's rules and never a bug."""


class NotSent(Trouble):
    """The message certainly did not leave: it may be tried again, after ``after`` seconds.

    ``scope`` says what must wait: "bot" (everything on this account), "chat" (this person) or "" (only this message).
    """

    def __init__(self, reason: str, *, after: float = 0.0, scope: Literal["", "chat", "bot"] = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.scope = scope


class Uncertain(Trouble):
    """The platform may or may not have taken the message: the answer was lost."""


class Undeliverable(Trouble):
    """The platform refused for good. ``person`` tells that it concerns the person, not just this message."""

    def __init__(self, reason: str, *, person: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.person = person


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took the message; ``platform_id`` is its id there (empty where the platform tells none)."""

    platform_id: str = ""


class Messenger(Protocol):
    """One channel's way out. It renders words, draws pictures and calls the platform; it never touches the memory."""

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send or edit one message. Raises NotSent, Uncertain or Undeliverable."""


class MassMessenger(Protocol):
    """A channel that can say one text to many people in one call."""

    async def send_mass(self, letter: MassOutgoing) -> Sent:
        """Send one text to at least two people; the same ``letter.id`` is sent once, however often it is asked.

        Raises NotSent (it certainly did not leave this time), Uncertain (ask again under the same id) or
        Undeliverable; the reason ``mass_quota`` tells that the account has used up what it may send.
        """
