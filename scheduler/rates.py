"""How fast messages may leave: the pace of each account and chat, and the silences a platform asks for."""

from __future__ import annotations

from collections.abc import Callable

PER_ACCOUNT = 30.0
"""Telegram: about 30 messages a second to different chats (core.telegram.org/bots/faq)."""

PER_CHAT = 1.0
"""Telegram: about one message a second to one chat; an answer may exceed it, what follows then waits longer."""

BURST = 3
TINY = 1e-6
CHATS_MAX = 10_000


class Rates:
    """Gives each message its turn; everything is counted in seconds of the clock that only grows.

    A message asks for its chat first and for its account right before it leaves, so a chat that must wait holds up
    nobody else. ``chat`` is any name of the one who is written to.
    """

    def __init__(
        self, monotonic: Callable[[], float], *, per_account: float = PER_ACCOUNT, per_chat: float = PER_CHAT
    ) -> None:
        self._monotonic = monotonic
        self._account_gap = 1.0 / per_account
        self._chat_gap = 1.0 / per_chat
        self._accounts: dict[str, float] = {}  # when the next one may leave, if it keeps the pace exactly
        self._chats: dict[str, float] = {}
        self._silences: dict[str, float] = {}

    def wait_for_chat(self, chat: str) -> float:
        """Take the chat's next turn and return how many seconds away it is."""
        now = self._monotonic()
        turn = max(now, self._chats.get(chat, now))
        self._chats[chat] = turn + self._chat_gap
        self._forget(now)
        return turn - now

    def wait_for_account(self, account: str) -> float:
        """Take the account's next turn and return how many seconds away it is; a few may go at once after a rest."""
        now = self._monotonic()
        earliest = now - (BURST - 1) * self._account_gap
        turn = max(earliest, self._accounts.get(account, earliest))
        self._accounts[account] = turn + self._account_gap
        return turn - now if turn - now > TINY else 0.0

    def note_answer(self, chat: str) -> None:
        """Count a message that left without asking: the answer to somebody who waits for it."""
        now = self._monotonic()
        self._chats[chat] = max(now, self._chats.get(chat, now)) + self._chat_gap

    def halt(self, scope: str, seconds: float) -> None:
        """Keep an account or a chat silent for so long; a silence is never cut short."""
        self._silences[scope] = max(self._silences.get(scope, 0.0), self._monotonic() + seconds)

    def silence(self, *scopes: str) -> float:
        """Return how many seconds the longest silence of these scopes still lasts; 0.0 where all may speak."""
        now = self._monotonic()
        return max(0.0, *(self._silences.get(scope, now) - now for scope in scopes))

    def _forget(self, now: float) -> None:
        if len(self._chats) > CHATS_MAX:
            self._chats = {chat: turn for chat, turn in self._chats.items() if turn > now}
            self._silences = {scope: end for scope, end in self._silences.items() if end > now}
