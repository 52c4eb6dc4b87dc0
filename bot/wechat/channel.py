"""The whole WeChat channel, from its keys to its open doors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import aiohttp
import structlog
from starlette.routing import Route

from bot.clock import Clock
from bot.desk import Desk
from bot.notebook import Notebook
from bot.painter import Painter
from bot.settings import Wechat
from bot.wechat import menus
from bot.wechat.callback import WeChatCallback
from bot.wechat.calls import Api, Refusal
from bot.wechat.client import ShopClient, stable_token
from bot.wechat.crypto import Seal
from bot.wechat.notices import Template
from bot.wechat.outgoing import WeChatMessenger
from bot.wechat.setup import Setup
from bot.wechat.sign_in import WeChatSignIn
from bot.wechat.token import Tokens
from locales import Words
from membership.member import Who
from membership.rules import ShopRules
from scheduler.messenger import Trouble

log = structlog.get_logger(__name__)


class WeChatChannel:
    """WeChat's wires: ``messenger`` sends, ``routes`` let pushes in, ``close`` lets what was begun end."""

    def __init__(
        self,
        settings: Wechat,
        *,
        http: aiohttp.ClientSession,
        words: Words,
        painter: Painter,
        notebook: Notebook,
        clock: Clock,
        public_url: str,
        shop: ShopRules,
    ) -> None:
        self._settings = settings
        self._words = words
        self._clock = clock
        self._language = shop.languages[0]
        self._menu = tuple(key for key in menus.KEYS if key not in shop.lacking)
        self.account = settings.app_id
        api = Api(http, settings.api_url)
        fetch = stable_token(api, app_id=settings.app_id, app_secret=settings.app_secret.get_secret_value())
        tokens = Tokens(account=self.account, fetch=fetch, notebook=notebook, clock=clock, alert=_alert)
        self._client = ShopClient(settings.app_id, api=api, tokens=tokens)
        self.setup = Setup(self._client, account=self.account, notebook=notebook, clock=clock)
        self.messenger = WeChatMessenger(
            self._client,
            account=self.account,
            words=words,
            painter=painter,
            notebook=notebook,
            clock=clock,
            alert=_alert,
            public_url=public_url,
            templates={key: Template(**told) for key, told in settings.templates.items()},
            zone=shop.zone,
        )
        secret = settings.app_secret.get_secret_value()
        self.sign_in = WeChatSignIn(api, app_id=settings.app_id, app_secret=secret, allowed=self._may_sign_in)
        self._callback: WeChatCallback | None = None
        self._arranged: asyncio.Task[None] | None = None

    def routes(self, desk: Desk, read_codes: Callable[[bytes], Awaitable[tuple[str, ...]]]) -> list[Route]:
        """Return the routes WeChat calls."""
        settings = self._settings
        seal = Seal(
            token=settings.token.get_secret_value(), aes_key=settings.aes_key.get_secret_value(), app_id=settings.app_id
        )
        self._callback = WeChatCallback(
            account=self.account,
            seal=seal,
            desk=desk,
            answers=self.messenger,
            clock=self._clock,
            fetch=self._client.download,
            read_codes=read_codes,
        )
        return self._callback.routes()

    async def open(self) -> None:
        """Find out what the account may do, and arrange menus meanwhile."""
        self._arranged = asyncio.create_task(self.arrange())

    async def arrange(self, *, afresh: bool = False) -> None:
        """Learn what the account may do and set its menus; trouble is logged, and tried again at the next start."""
        try:
            can = await self.setup.capabilities(self._settings.account, afresh=afresh)
            self.messenger.capabilities = can
            if can.menus:
                everybody = menus.default_menu(self._words, self._language, keys=self._menu)
                tagged = {
                    tag: menus.staff_menu(self._words, self._language, role=role, keys=self._menu)
                    for role, tag in menus.TAGS.items()
                }
                await self.setup.set_menus(everybody, tagged)
        except (Trouble, Refusal) as trouble:
            log.warning("wechat_not_arranged", why=str(trouble))

    async def show_menus(self, who: Who) -> None:
        """Show the menu of the person's role; whoever has none sees the members' one."""
        if not self.messenger.capabilities.menus:
            return
        try:
            await self.setup.show_menu(who.identity.external_id, who.roles[0].name if who.roles else "")
        except (Trouble, Refusal) as trouble:
            log.warning("wechat_menu_not_shown", why=str(trouble))

    def _may_sign_in(self) -> bool:
        return self.messenger.capabilities.sign_in

    async def close(self) -> None:
        """Let what was begun end."""
        if self._arranged is not None:
            self._arranged.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._arranged
        if self._callback is not None:
            await self._callback.close()


def _alert(what: str) -> None:
    log.error("wechat_needs_mending", what=what)
