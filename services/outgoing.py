"""A message on its way to one person, as the outbox hands it to a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from membership.member import Identity
from membership.messages import Reply

Class = Literal["reply", "receipt", "reminder", "offer", "staff"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outbox row, opened: to whom, what, and by which road.

    ``id`` is the row's (also the client id at platforms that know one). ``road`` is how the platform is to be asked:
    ``reply`` (Telegram: send or edit; WeChat: customer-service message), ``template:<message key>``,
    ``subscribe:<message key>``. ``edits`` is the platform's id of the message to change instead of sending a new one
    (empty: send). ``callback`` is Telegram's id of the button press to be answered, else empty.
    ``epoch`` guards the settling: a late answer of a lost lease changes nothing. ``marked`` tells that its choices are
    numbered #1, #2 … where the platform shows numbers: plain ones belong to what is open with the person.
    """

    id: str
    kind: str
    kind_class: Class
    identity_id: str
    identity: Identity
    language: str
    reply: Reply
    road: str = "reply"
    epoch: int = 0
    edits: str = ""
    attempts: int = 0
    marked: bool = False


@dataclass(frozen=True, slots=True)
class MassOutgoing:
    """One text on its way to many people in one call.

    ``id`` is the client id (at most 64 characters): the platform sends one message for it, however often it is asked.
    ``until`` ends the lease (UTC) and guards the settling. ``again`` tells that it was asked for before and may have
    been sent then.
    """

    id: str
    language: str
    reply: Reply
    people: tuple[Identity, ...]
    until: datetime
    again: bool = False
