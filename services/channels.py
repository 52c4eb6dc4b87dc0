"""What a channel asks the memory to remember for it."""

from __future__ import annotations

from storage.channels import find, find_media, forget, forget_media, keep, keep_media

__all__ = ["find", "find_media", "forget", "forget_media", "keep", "keep_media"]
