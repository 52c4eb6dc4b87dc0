"""Run every bench, one after the other."""

from __future__ import annotations

import asyncio
import runpy

from bench import lots, pictures, tills, turns

if __name__ == "__main__":
    runpy.run_module("bench.storage", run_name="__main__")
    asyncio.run(turns.main())
    asyncio.run(lots.main([]))
    pictures.main()
    asyncio.run(tills.main([]))
