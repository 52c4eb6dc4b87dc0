"""The use cases: what can be done, each a plain function of an open transaction."""

from __future__ import annotations

from storage.database import Database, Tx

__all__ = ["Database", "Tx"]
