"""The pictures of what the shop offers: files beside shop.toml, looked at before they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from membership.offers import Offer
from pictures import goods
from pictures.decoding import UnreadablePicture

CURES: Final[Mapping[str, str]] = {
    "too_large": "is larger than 2 MB; make it smaller",
    "too_many_pixels": "has more than 25 million pixels; make it smaller",
    "not_a_picture": "is no JPEG or PNG; save it as one",
    "broken": "is damaged; save it anew",
}


class PictureWrong(Exception):
    """Pictures that shop.toml names cannot be shown; the text lists all of them, each with its cure."""


def read(folder: Path, offers: Iterable[Offer]) -> dict[str, bytes]:
    """Return the picture of each offer that names one, by the offer's id. Raises PictureWrong."""
    found, wrong = dict[str, bytes](), list[str]()
    for offer in offers:
        if not offer.picture:
            continue
        try:
            content = (folder / offer.picture).read_bytes()
            goods.check(content)
        except OSError:
            wrong.append(f'offers "{offer.id}": there is no file {offer.picture} beside shop.toml; put it there')
        except UnreadablePicture as no:
            wrong.append(f'offers "{offer.id}": {offer.picture} {CURES.get(no.reason, CURES["broken"])}')
        else:
            found[offer.id] = content
    if wrong:
        raise PictureWrong("\n".join(wrong))
    return found
