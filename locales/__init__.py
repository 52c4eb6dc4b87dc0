"""The words: one message and one language in, one text out."""

from __future__ import annotations

from locales.words import Words

__all__ = ["Words"]
