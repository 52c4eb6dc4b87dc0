"""The rehearsal's WeChat: an Official Account platform played strictly over real HTTP, and the phones of its people."""

from __future__ import annotations

from playground.wechat_api.platform import WeChatPlatform

__all__ = ["WeChatPlatform"]
