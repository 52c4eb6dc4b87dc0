"""One thing a person said or did, the same from every platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from membership.member import Identity
from membership.messages import Question

Kind = Literal["text", "press", "scan", "photo", "contact", "follow", "return", "leave", "grant", "note"]


@dataclass(frozen=True, slots=True)
class Said:
    """What arrived from one person in one event.

    ``event`` is the platform's own id of it, made unique with channel and account: the same event has the same id
    however often it is delivered. ``kind`` is what was done:

    * text: ``text`` was typed (a command keeps its slash)
    * press: a button or clickable word was tapped, or a menu entry chosen; ``word`` is what it says
    * scan, photo: ``codes`` are the texts read from the picture; none means nothing was found
    * contact: ``phone`` was shared through the platform; ``own`` says whether it is the sender's own
    * follow, leave: followed, unfollowed or blocked; ``source`` is the deep link's or scene's text
    * return: unblocked; the person can be reached again, and speaks next
    * grant: one later message was allowed; ``word`` is the template's id
    * note: the platform reports something about an earlier message; nobody is answered (``word`` says what)

    ``source`` also comes with a text of "/start …". ``window`` says whether the act opens WeChat's long (48 h) or
    short (1 min) window. ``pressed`` is the platform's id of the message whose button was tapped, and ``refused`` a
    reason (a key) why a photo could not be read. Of a typed text ``word`` is the keyword it is, and ``near`` the
    keyword it is most like where it is none, and ``labels`` the keys of the buttons that say just this; the desk fills
    them in. ``open`` is the question that is open with the person; the router fills it in.
    """

    event: str
    identity: Identity
    kind: Kind
    at: datetime
    text: str = ""
    word: str = ""
    codes: tuple[str, ...] = ()
    phone: str = ""
    own: bool = False
    source: str = ""
    name: str = ""
    language: str = ""
    window: Literal["", "long", "short"] = ""
    pressed: str = ""
    refused: str = ""
    picture: bytes = b""
    near: str = ""
    labels: frozenset[str] = frozenset()
    open: Question | None = None

    def known(self, *names: str) -> Mapping[str, Any] | None:
        """Return what the open question remembers if it is one of these; None where another one is open, or none."""
        return self.open.data if self.open is not None and self.open.name in names else None
