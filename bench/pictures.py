"""How long a card takes to draw and to read back, in one run.

Run `python -m bench.pictures`.
"""

from __future__ import annotations

import time

from pictures.card import CardFacts, draw_card
from pictures.reader import Limits, read_codes

FACTS = CardFacts(
    shop="晨光咖啡", name="林小雨", tier="金卡会员", tier_colour="gold", points_label="积分", points="1,280",
    code="M1-" + "A" * 58, digits="12345 67890", valid_until="14:32 前有效", hint="结账时向店员出示",
)  # fmt: skip
ROUNDS = 20


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
    print(f"pictures: a card drawn in {drawn * 1000:.0f} ms, read in {read * 1000:.0f} ms, {len(card) // 1024} kB")


if __name__ == "__main__":
    main()
