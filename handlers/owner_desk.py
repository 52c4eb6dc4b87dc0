"""What the owner can say: the report and the broadcast, on one page."""

from __future__ import annotations

from handlers.broadcasts import broadcast, take_text
from handlers.reports import show_report

__all__ = ["broadcast", "show_report", "take_text"]
