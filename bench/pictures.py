"""How long a card takes to draw and to read back, a large photo to read and a bad file to refuse, in one run.

Run `python -m bench.pictures`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from pictures.card import CardFacts, draw_card
from pictures.reader import Limits, Reader, UnreadablePicture, read_codes
from tests.pictures.test_reader import BAD_FILES, held_far_away

FACTS = CardFacts(
    shop="晨光咖啡", name="林小雨", tier="金卡会员", tier_colour="gold", points_label="积分", points="1,280",
    code="M1-" + "A" * 58, digits="12345 67890", valid_until="14:32 前有效", hint="结账时向店员出示",
)  # fmt: skip
ROUNDS = 20


async def received() -> tuple[float, str, float]:
    """Return the slowest refusal of a bad file and its name, and how long the large photo took; each at its best."""
    reader, photo, refused = Reader(), held_far_away(FACTS), {}
    try:
        for name, (picture, _) in BAD_FILES.items():
            refused[name] = min([await refusal(reader, picture) for _ in range(3)])
        taken = []
        for _ in range(3):
            begun = time.perf_counter()
            await reader.read(photo)
            taken.append(time.perf_counter() - begun)
    finally:
        await reader.close()
    slowest = max(refused, key=refused.__getitem__)
    return refused[slowest], slowest, min(taken)


async def refusal(reader: Reader, picture: bytes) -> float:
    begun = time.perf_counter()
    with suppress(UnreadablePicture):
        await reader.read(picture)
    return time.perf_counter() - begun


def main() -> None:
    card = draw_card(FACTS)
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        draw_card(FACTS)
    drawn = (time.perf_counter() - begun) / ROUNDS
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        read_codes(card, limits=Limits())
    read = (time.perf_counter() - begun) / ROUNDS
    slowest, name, photo = asyncio.run(received())
    print(f"pictures: a card drawn in {drawn * 1000:.0f} ms, read in {read * 1000:.0f} ms, {len(card) // 1024} kB")
    print(f"pictures: a photo of 12 megapixels read in {photo * 1000:.0f} ms ({photo / read:.0f} × a card)")
    print(
        f"pictures: bad files refused within {slowest * 1000:.0f} ms (slowest: {name}; {slowest / read:.1f} × a card)"
    )


if __name__ == "__main__":
    main()
