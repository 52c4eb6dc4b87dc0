"""How a reply looks in a WeChat chat, which has no buttons: numbers and words to tap under the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from bot.wechat.capabilities import Capabilities
from bot.wechat.given import Words
from handlers.router import QUESTIONS
from membership.messages import Button, Picture, Reply

TEXT_BYTES_MAX = 2048  # passive and customer-service texts alike (45002 beyond)
DOCUMENT_PARTS_MAX = 4  # of the five messages that one contact allows
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
TAG = re.compile(r"<(?=[/!?A-Za-z])")  # what WeChat's app could take for a link or another mark-up
# Characters that would end the address of a clickable word; their full-width twins read the same.
LABEL = str.maketrans({"&": "＆", '"': "”", "<": "＜", ">": "＞", "#": "＃", "%": "％", "+": "＋", "\n": " "})

Part = str | Picture


@dataclass(frozen=True, slots=True)
class Plan:
    """What is said in the answer to the push itself, and what follows by customer-service messages."""

    passive: Part
    follow_ups: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.passive, *self.follow_ups)


class Planner:
    """Plans replies with the catalogues' words; pages of the shop are linked below ``public_url``."""

    def __init__(self, words: Words, *, public_url: str = "") -> None:
        self._words = words
        self._public_url = public_url.rstrip("/")

    def plan(self, reply: Reply, language: str, can: Capabilities, *, marked: bool = False) -> Plan | None:
        """Return how this reply is said, or None when it says nothing.

        ``marked`` numbers its choices #1, #2 … although it asks nothing itself.

        A picture goes first, its words and choices follow, because a passive picture has no caption. An account
        that may not send pictures, or may not send anything after its answer, says the words alone.
        """
        mark = "#" if marked or (reply.question is not None and reply.question.name in QUESTIONS) else ""
        texts = list(self._texts(reply, language, mark))
        if reply.picture is not None and can.pictures and can.customer_service:
            return Plan(reply.picture, tuple(texts))
        if not texts:
            return None
        if len(texts) > 1 and not can.customer_service:
            return Plan(self._cut(texts[0], reply, language, mark))
        return Plan(texts[0], tuple(texts[1:]))

    def _texts(self, reply: Reply, language: str, mark: str) -> Iterator[str]:
        paragraphs = [safe(self._words.text(message, language)) for message in reply.messages]
        if not paragraphs and reply.picture is None and reply.toast is not None:
            paragraphs = [safe(self._words.text(reply.toast, language))]  # else a tap would stay unanswered
        said = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
        tapped, plain = (self._choices(reply, language, mark, taps=taps) for taps in (True, False))
        yield from fitting(said, tapped, plain)
        if reply.document is not None:
            yield from _document(*reply.document)

    def _cut(self, text: str, reply: Reply, language: str, mark: str) -> str:
        """Return one text for an account that has one answer only: the choices whole, the words as far as they go."""
        choices = self._choices(reply, language, mark, taps=False)
        room = TEXT_BYTES_MAX - len(f"…\n\n{choices}".encode())
        return f"{next(split(text, bytes_max=max(room, 4)))}…\n\n{choices}".strip()

    def _choices(self, reply: Reply, language: str, mark: str, *, taps: bool) -> str:
        """Return the choices, a line each; where a number would answer an open question, "#1" stands for the first."""
        buttons = [button for row in reply.buttons for button in row]
        numbers = (f"{mark}{number}" for number in range(1, len(buttons) + 1))
        lines = [
            self._line(button, self._label(button, language), next(numbers) if button.word else "", taps=taps)
            for button in buttons
        ]
        return "\n".join(line for line in lines if line)

    def _label(self, button: Button, language: str) -> str:
        return CONTROL.sub("", self._words.text(button.label, language)).translate(LABEL).strip()

    def _line(self, button: Button, label: str, number: str, *, taps: bool) -> str:
        if number and taps:
            word = quote(button.word, safe="")
            return f'{number} <a href="weixin://bizmsgmenu?msgmenucontent={label}&msgmenuid={word}">{label}</a>'
        if number:
            return f"{number} {label}"
        if button.page and self._public_url:
            return _link(self._public_url + button.page, label)
        return _link(button.url, label) if button.url else ""  # sharing a contact: the question says to type it


def safe(text: str) -> str:
    """Return text in which nothing can be taken for mark-up or break the message."""
    return TAG.sub("＜", CONTROL.sub("", text)).strip()


def fitting(said: str, tapped: str, plain: str) -> Iterator[str]:
    """Yield texts of at most 2048 bytes: words with clickable choices, else with plain numbers, else split."""
    for choices in (tapped, plain):
        whole = "\n\n".join(part for part in (said, choices) if part)
        if len(whole.encode()) <= TEXT_BYTES_MAX:
            if whole:
                yield whole
            return
    yield from split(said)
    yield from split(tapped if len(tapped.encode()) <= TEXT_BYTES_MAX else plain)


def split(text: str, *, bytes_max: int = TEXT_BYTES_MAX) -> Iterator[str]:
    """Yield the text in pieces of at most so many bytes of UTF-8, broken between lines where there are any."""
    pieces = [""]
    for line in _lines(text, bytes_max):
        if len((pieces[-1] + line).encode()) > bytes_max:
            pieces.append("")
        pieces[-1] += line
    yield from filter(None, (piece.strip("\n") for piece in pieces))


def _lines(text: str, bytes_max: int) -> Iterator[str]:
    """Yield lines with their ends, none over the limit."""
    for line in text.splitlines(keepends=True):
        start = 0
        while len(line[start:].encode()) > bytes_max:
            end = start + len(line[start:].encode()[:bytes_max].decode("utf-8", "ignore"))
            yield line[start:end]
            start = end
        yield line[start:]


def _document(name: str, text: str) -> Iterator[str]:
    pieces = list(split(safe(f"{name}\n{text}")))
    yield from pieces[:DOCUMENT_PARTS_MAX]
    if len(pieces) > DOCUMENT_PARTS_MAX:
        yield "…"


def _link(address: str, label: str) -> str:
    return f'<a href="{quote(address, safe=":/?#[]@!$&()*+,;=%~._-")}">{label}</a>'
