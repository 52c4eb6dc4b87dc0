"""`python -m locales [LANGUAGE …]`: every text of a language with sample facts, for reading aloud."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from locales import samples
from locales.catalogue import Catalogue, load
from locales.words import FALLBACK, Words
from membership.messages import say

ZONE = ZoneInfo("Asia/Shanghai")


def read_aloud(language: str) -> Iterator[str]:
    """Give one line a text, key first, texts that are missing last; what it says is shown with sample facts."""
    catalogues, words = load(), Words.open(zone=ZONE)
    catalogue = catalogues[language]
    yield f"{language}: {words.completeness(language)} %"
    for key in sorted(catalogue.keys):
        yield from _aloud(catalogue, words, key, language)
    yield from (f"{key}  (missing)" for key in sorted(catalogues[FALLBACK].keys - catalogue.keys))


def _aloud(catalogue: Catalogue, words: Words, key: str, language: str) -> Iterator[str]:
    if key.startswith("keyword."):
        yield f"{key}  {catalogue.forms(key)[0].text}"
        return
    names = catalogue.names(key)
    for number in (1, 3) if len(catalogue.forms(key)) > 1 else (None,):
        facts = samples.facts(key, names)
        counted = {} if number is None else dict.fromkeys(names & {"count", "points"}, number)
        yield f"{key}  {words.text(say(key, **facts | counted), language)}"


def main(languages: Sequence[str]) -> None:
    """Read these languages aloud, all of them if none is named."""
    for language in languages or sorted(load()):
        for line in read_aloud(language):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
