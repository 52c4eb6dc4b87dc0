"""Every message that leaves for WeChat, by whichever road it may take."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from typing import Any

from bot.clock import Clock
from bot.wechat.answers import Content, Uploaded
from bot.wechat.calls import Refusal
from bot.wechat.capabilities import BY_KIND, Capabilities
from bot.wechat.client import ShopClient
from bot.wechat.given import Notebook, Painter, Words
from bot.wechat.notices import Form, Template, message_of
from bot.wechat.planning import Part, Plan, Planner, safe, split
from bot.wechat.troubles import ALREADY_SENT, FEATURE_OFF, MEDIUM_GONE, SETTINGS, TEXT_TOO_LONG, trouble
from membership.messages import Picture, Reply
from scheduler.messenger import NotSent, Sent, Trouble, Uncertain, Undeliverable
from services.outgoing import MassOutgoing, Outgoing

MEDIA_LIVES = timedelta(days=3) - timedelta(hours=2)  # WeChat keeps a temporary medium three days
BEGUN_MAX = 1000


class WeChatMessenger:
    """WeChat's way out (scheduler.messenger.Messenger), and the contents of passive answers.

    ``templates`` maps our message keys to the account's templates; ``alert`` tells the owner what must be mended;
    ``zone`` is the shop's.
    """

    def __init__(
        self,
        client: ShopClient,
        *,
        account: str,
        words: Words,
        painter: Painter,
        notebook: Notebook,
        clock: Clock,
        alert: Callable[[str], None],
        public_url: str = "",
        templates: Mapping[str, Template] | None = None,
        capabilities: Capabilities = BY_KIND["service"],
        zone: tzinfo = UTC,
    ) -> None:
        self.capabilities = capabilities
        self._client = client
        self._account = account
        self._zone = zone
        self._words = words
        self._painter = painter
        self._notebook = notebook
        self._clock = clock
        self._alert = alert
        self._public_url = public_url.rstrip("/")
        self._planner = Planner(words, public_url=public_url)
        self._templates = dict(templates or {})
        self._begun: OrderedDict[str, int] = OrderedDict()  # rows of several parts: how many have gone out

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one message by its road. Raises NotSent, Uncertain or Undeliverable."""
        road, _, key = outgoing.road.partition(":")
        try:
            if road == "template":
                return await self._send_template(outgoing, key)
            if road == "subscribe":
                return await self._send_subscribed(outgoing, key)
            return await self._send_parts(outgoing)
        except Refusal as no:
            raise self._trouble(no, outgoing.attempts) from None

    async def send_mass(self, letter: MassOutgoing) -> Sent:
        """Send one text to many (scheduler.messenger.MassMessenger). Raises NotSent, Uncertain or Undeliverable."""
        said = (safe(self._words.text(message, letter.language)) for message in letter.reply.messages)
        openids = [person.external_id for person in letter.people]
        return await self.mass("\n\n".join(said), client_id=letter.id, language=letter.language, openids=openids)

    async def mass(
        self,
        content: str | Picture,
        *,
        client_id: str,
        language: str,
        openids: Sequence[str] = (),
        tag: int | None = None,
    ) -> Sent:
        """Send one text or picture to many: to a tag, or to at least two openids (at most 10,000).

        The same ``client_id`` (at most 64 characters) is sent once, however often this is called within 24 hours; so
        one whose answer was lost may be asked for again. Raises NotSent, Uncertain or Undeliverable.
        """
        try:
            kind, body = await self._mass_body(content, language)
            to: dict[str, Any] = {"touser": list(openids)}
            if tag is not None:
                to = {"filter": {"is_to_all": False, "tag_id": tag}}
            path = "message/mass/send" if tag is None else "message/mass/sendall"
            answer = await self._client.ask(path, {**to, kind: body, "msgtype": kind, "clientmsgid": client_id})
        except Refusal as no:
            if no.code == ALREADY_SENT:
                return Sent()
            raise self._trouble(no, 0) from None
        return Sent(str(answer.get("msg_id", "")))

    async def compose(self, reply: Reply, language: str) -> tuple[Content, tuple[Part, ...]] | None:
        """Return what answers a push and what must follow it; None when nothing is to be said.

        Raises Trouble when the picture could not be uploaded.
        """
        plan = self._planner.plan(reply, language, self.capabilities)
        if plan is None:
            return None
        if isinstance(plan.passive, str):
            return plan.passive, plan.follow_ups
        try:
            return Uploaded(await self._media(plan.passive, language)), plan.follow_ups
        except Refusal as no:
            words = self._planner.plan(reply, language, BY_KIND["unverified"])
            if no.code in FEATURE_OFF and words is not None:  # not known yet, or taken away since it was found out
                return str(words.passive), ()
            raise self._trouble(no, 0) from None

    async def follow(self, openid: str, parts: Sequence[Part], language: str) -> None:
        """Say what belongs to a passive answer, right after it. Raises Trouble."""
        try:
            for part in parts:
                await self._say(openid, part, language)
        except Refusal as no:
            raise self._trouble(no, 0) from None

    async def _send_parts(self, outgoing: Outgoing) -> Sent:
        plan = self._planner.plan(outgoing.reply, outgoing.language, self.capabilities, marked=outgoing.marked)
        if plan is None:
            return Sent()
        if not self.capabilities.customer_service:
            raise Undeliverable("feature_off")
        await self._say_all(outgoing, plan)
        return Sent()

    async def _say_all(self, outgoing: Outgoing, plan: Plan) -> None:
        """Say the parts in order; a later attempt goes on where the last one stopped."""
        for number, part in enumerate(plan.parts):
            if number < self._begun.get(outgoing.id, 0):
                continue
            await self._say(outgoing.identity.external_id, part, outgoing.language)
            self._begun[outgoing.id] = number + 1
        self._begun.pop(outgoing.id, None)
        while len(self._begun) > BEGUN_MAX:
            self._begun.popitem(last=False)

    async def _say(self, openid: str, part: Part, language: str) -> None:
        if isinstance(part, Picture):
            await self._show(openid, part, language)
            return
        try:
            await self._client.message.send_text(openid, part)
        except Refusal as no:
            if no.code != TEXT_TOO_LONG:
                raise
            for piece in split(part, bytes_max=len(part.encode()) // 2 + 4):
                await self._client.message.send_text(openid, piece)

    async def _show(self, openid: str, picture: Picture, language: str) -> None:
        try:
            await self._client.message.send_image(openid, await self._media(picture, language))
        except Refusal as no:
            if no.code != MEDIUM_GONE:
                raise
            await self._client.message.send_image(openid, await self._media(picture, language, afresh=True))

    async def _media(self, picture: Picture, language: str, *, afresh: bool = False) -> str:
        """Return the media id of a picture, uploading it unless the platform still has the same bytes."""
        drawn = await self._painter.paint(picture, language)
        digest = hashlib.sha256(drawn).hexdigest()
        if afresh:
            await self._notebook.forget_media(self._account, digest)
        elif known := await self._notebook.find_media(self._account, digest):
            return known
        media_id = await self._upload(drawn)
        await self._notebook.keep_media(self._account, digest, media_id, until=self._clock.now() + MEDIA_LIVES)
        return media_id

    async def _upload(self, drawn: bytes) -> str:
        try:
            return await self._client.upload(drawn)
        except Uncertain as lost:  # nobody has seen it, so it may be uploaded again
            raise NotSent(f"upload_{lost}", after=1.0) from None

    async def _send_template(self, outgoing: Outgoing, key: str) -> Sent:
        template, data = self._filled(outgoing, key)
        body: dict[str, Any] = {"touser": outgoing.identity.external_id, "template_id": template.id, "data": data}
        body["client_msg_id"] = outgoing.id  # the platform takes the same id once, so a lost answer is no doubt
        if template.page and self._public_url:
            body["url"] = self._public_url + template.page
        try:
            answer = await self._client.ask("message/template/send", body)
        except Uncertain as lost:
            raise NotSent(f"again_{lost}", after=5.0) from None
        except Refusal as no:
            if no.code == ALREADY_SENT:
                return Sent()
            raise
        return Sent(str(answer.get("msgid", "")))

    async def _send_subscribed(self, outgoing: Outgoing, key: str) -> Sent:
        template, data = self._filled(outgoing, key)
        body: dict[str, Any] = {"touser": outgoing.identity.external_id, "template_id": template.id, "data": data}
        if template.page and self._public_url:
            body["page"] = self._public_url + template.page
        await self._client.ask("message/subscribe/bizsend", body)
        return Sent()

    def _filled(self, outgoing: Outgoing, key: str) -> tuple[Template, dict[str, dict[str, str]]]:
        template, message = self._templates.get(key), message_of(outgoing.reply, key)
        if template is None or message is None:
            self._alert(f"no_template {key}")
            raise Undeliverable("no_template")
        form = Form(self._words, language=outgoing.language, zone=self._zone)
        return template, form.fill(template, message)

    async def _mass_body(self, content: str | Picture, language: str) -> tuple[str, dict[str, str]]:
        if isinstance(content, Picture):
            return "image", {"media_id": await self._media(content, language)}
        return "text", {"content": content}

    def _trouble(self, refusal: Refusal, attempts: int) -> Trouble:
        if refusal.code in SETTINGS:
            self._alert(f"{SETTINGS[refusal.code]} {refusal.code}")
        return trouble(refusal, attempts=attempts, now=self._clock.now())
